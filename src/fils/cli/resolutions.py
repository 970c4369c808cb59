"""What ``fils payments`` says about attempts and about a person's word: text made from the answers, no I/O."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from fils.cli.screen import plain
from fils.config import SETTINGS
from fils.domain.money import Currency, Money
from fils.domain.resolving import Effect

if TYPE_CHECKING:
    from fils.operations.messages.payments import AttemptEntry, AttentionList, ResolutionEffect

NOTHING: Final = "Nothing needs a person."
NOTHING_MORE: Final = "Nothing more needs a person after that attempt."

_NEXT_STEPS: Final = {
    "look_up": "Look the track id up in the bank's report or portal, then say what you found:",
    "look_up_capture": "Ask the bank whether this capture still stands, then say what you found:",
    "give_back": (
        "This money is not for this payment. Give it back at the bank and say --not-captured;\n"
        "             if you dealt with it in another way, say --captured:"
    ),
}

_WILL: Final[Mapping[str, str]] = {
    Effect.COUNTS: "The attempt counts as captured, and its payment becomes Captured: the shop will deliver.",
    Effect.SURPLUS: "The capture is kept beside the one that counts, as surplus, and stays on the list of what "
    "needs a person until it is dealt with.",
    Effect.CONFIRMED: "The capture stands, and the payment stays Captured.",
    Effect.DEALT_WITH: "The surplus capture counts as dealt with. It stays surplus, and the payment as it is.",
    Effect.ENDS: "The attempt ends without money, and its payment too if no other attempt can be paid any more.",
    Effect.STAYS_ENDED: "The attempt stays ended without money, and its payment as it is.",
    Effect.VOIDS: "The capture counts as taken back: the payment becomes Voided, which is final.",
    Effect.GIVEN_BACK: "The surplus capture counts as given back to the customer.",
}
"""What a person is told before their word is taken."""


def attention_text(page: AttentionList, *, settings: str, is_first: bool = True) -> str:
    """
    The attempts that need a person, each with why, since when, and the command that ends it.

    Args:
        page: As answered.
        settings: The options with which the same database is found, to be repeated in the commands shown.
        is_first: Whether the page is the first one; an empty later one says nothing of those before.
    """
    if not page.attempts:
        return NOTHING if is_first else NOTHING_MORE
    count = len(page.attempts)
    head = "1 payment attempt needs a person." if count == 1 else f"{count} payment attempts need a person."
    parts = [head, *("\n".join(_entry_lines(entry, settings)) for entry in page.attempts)]
    if page.next_after is not None:
        parts.append(f"There are more: fils payments attention{settings} --after {page.next_after}")
    return "\n\n".join(parts)


def preview_text(preview: ResolutionEffect, *, by: str) -> str:
    """What a person's word would do, before it is taken."""
    rows = {
        **_facts(preview.attempt),
        "Said by": by,
        "Effect": _WILL.get(preview.effect, preview.effect),
    }
    return "\n".join(_rows(rows))


def resolved_text(done: ResolutionEffect) -> str:
    """What a person's word has done."""
    entry = done.attempt
    text = f"Recorded. Payment {entry.payment_id} is {plain(entry.status)}."
    if entry.attention is not None:
        text += f" The attempt still needs a person: {plain(entry.attention)}."
    elif done.effect == Effect.DEALT_WITH and entry.status == "Pending":
        text += " It ends once the surplus money has been given back and you say so with --not-captured."
    elif done.effect == Effect.ENDS and entry.status == "Pending":
        text += " It ends when no other attempt can be paid any more."
    return text


def _entry_lines(entry: AttemptEntry, settings: str) -> Iterator[str]:
    yield from _rows({**_facts(entry), "Next": _NEXT_STEPS.get(entry.next_step, entry.next_step)})
    yield ""
    for word in ("--captured", "--not-captured"):
        yield f'    fils payments resolve{settings} {entry.attempt_id} {word} --evidence "WHERE IT IS WRITTEN"'


def _facts(entry: AttemptEntry) -> dict[str, str]:
    reference = f", reference {entry.reference}" if entry.reference else ""
    rows = {
        "Amount": f"{_asked_and_captured(entry)}, {entry.account_name}",
        "Payment": f"{entry.payment_id}, {entry.status}{reference}",
        "Attempt": f"{entry.attempt_id}, {entry.state}{_surplus(entry)}, started {_time(entry.started_at)}",
        "Track id": entry.track_id,
    }
    if entry.attention is not None:
        since = f", since {_time(entry.attention_since)}" if entry.attention_since else ""
        rows["Why"] = f"{entry.attention}{since}"
    rows["KNET said"] = _knet(entry)
    if entry.person is not None:
        said = "captured" if entry.person.is_captured else "not captured"
        rows["A person"] = (
            f"said {said}: {entry.person.by}, {_time(entry.person.at)}, citing “{entry.person.why}”"
        )
    return rows


def _rows(rows: Mapping[str, str]) -> Iterator[str]:
    for name, value in rows.items():
        lines = value.split("\n")
        yield f"  {name:<10} {plain(lines[0])}"
        yield from lines[1:]


def _surplus(entry: AttemptEntry) -> str:
    return " beside another capture (surplus)" if entry.state == "captured" and not entry.counts else ""


def _knet(entry: AttemptEntry) -> str:
    if entry.knet is None:
        return "nothing that can be read"
    error = f" {entry.knet.error}" if entry.knet.error else ""
    how = entry.knet.carried_by.replace("_", " ")
    return f"{entry.knet.result}{error} ({how}, {_time(entry.knet.received_at)})"


def _asked_and_captured(entry: AttemptEntry) -> str:
    asked = _amount(entry.amount_minor, entry.currency)
    if entry.other_amount_minor is None:
        return asked
    return f"asked {asked}, KNET says {_amount(entry.other_amount_minor, entry.currency)}"


def _amount(amount_minor: int, currency_code: str) -> str:
    currency = Currency.__members__.get(currency_code)
    if currency is None:
        return f"{amount_minor} minor units of {currency_code}"
    return str(Money(amount_minor, currency))


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def repeated(options: Mapping[str, str | None]) -> str:
    """
    The options of a command as they have to be written again, with a space before; nothing for those not given.

    Args:
        options: By the name of the setting that each is.
    """
    given = ((setting.option, options.get(setting.name)) for setting in SETTINGS)
    return "".join(f" {option} {shlex.quote(value)}" for option, value in given if value is not None)
