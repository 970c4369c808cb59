"""What ``fils payments`` prints: facts, the command that ends it, and nothing that moves the cursor."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from fils.cli.resolutions import NOTHING, attention_text, preview_text, repeated, resolved_text
from fils.domain.resolving import Effect
from fils.operations.messages.payments import (
    AttemptEntry,
    AttentionList,
    KnetWord,
    PersonsWord,
    ResolutionEffect,
)

AT = datetime(2026, 11, 22, 10, 50, tzinfo=UTC)
ENTRY = AttemptEntry(
    attempt_id="att_4gubyq2w335upc54dx7a4257lq",
    payment_id="pay_4gubyq2w335upc54dx7a4257lq",
    account_id="cli_vkuhvk4vjn2edkps7dfsq6emqm",
    account_name="Shop",
    reference="ORD-1",
    status="Pending",
    amount_minor=1500,
    other_amount_minor=None,
    currency="KWD",
    terminal_id="trm_4gubyq2w335upc54dx7a4257lq",
    track_id="T1",
    started_at=AT,
    state="open",
    counts=False,
    attention="KNET calls the transaction suspect",
    attention_since=AT,
    knet=KnetWord(result="SUSPECT", error="IPAY0100200", carried_by="inquiry", received_at=AT),
    person=None,
    next_step="look_up",
)
SURPLUS = msgspec.structs.replace(ENTRY, state="captured", next_step="give_back")
WORD = PersonsWord(is_captured=False, by="Noura", why="report 14", at=AT)


def listed(*entries: AttemptEntry, next_after: str | None = None, settings: str = "") -> str:
    return attention_text(AttentionList(entries, next_after), settings=settings)


def test_nothing_is_said_plainly() -> None:
    assert listed() == NOTHING == "Nothing needs a person."
    later = attention_text(AttentionList((), None), settings="", is_first=False)
    assert later == "Nothing more needs a person after that attempt."


def test_an_entry_can_be_read_as_a_whole() -> None:
    assert (
        listed(ENTRY)
        == """\
1 payment attempt needs a person.

  Amount     1.500 KWD, Shop
  Payment    pay_4gubyq2w335upc54dx7a4257lq, Pending, reference ORD-1
  Attempt    att_4gubyq2w335upc54dx7a4257lq, open, started 2026-11-22 10:50 UTC
  Track id   T1
  Why        KNET calls the transaction suspect, since 2026-11-22 10:50 UTC
  KNET said  SUSPECT IPAY0100200 (inquiry, 2026-11-22 10:50 UTC)
  Next       Look the track id up in the bank's report or portal, then say what you found:

    fils payments resolve att_4gubyq2w335upc54dx7a4257lq --captured --evidence "WHERE IT IS WRITTEN"
    fils payments resolve att_4gubyq2w335upc54dx7a4257lq --not-captured --evidence "WHERE IT IS WRITTEN\""""
    )


def test_what_is_not_known_is_left_out_or_said() -> None:
    bare = msgspec.structs.replace(
        ENTRY, reference=None, knet=None, attention_since=None, currency="XTS", next_step="pray"
    )
    text = listed(bare)
    assert "Pending\n" in text
    assert "KNET said  nothing that can be read\n" in text
    assert "suspect\n" in text
    assert "1500 minor units of XTS" in text
    assert "Amount     asked 1.500 KWD, KNET says 0.001 KWD, Shop\n" in listed(
        msgspec.structs.replace(ENTRY, other_amount_minor=1)
    )
    assert "Next       pray\n" in text


def test_a_surplus_capture_is_to_be_given_back_and_an_earlier_word_is_shown() -> None:
    text = listed(msgspec.structs.replace(SURPLUS, person=WORD))
    assert "captured beside another capture (surplus), started" in text
    assert "Give it back at the bank and say --not-captured;\n             if you" in text
    assert "A person   said not captured: Noura, 2026-11-22 10:50 UTC, citing “report 14”\n" in text
    assert "said captured: Noura" in listed(
        msgspec.structs.replace(SURPLUS, person=msgspec.structs.replace(WORD, is_captured=True))
    )


def test_a_next_page_is_offered_with_the_settings_of_this_one() -> None:
    text = listed(ENTRY, ENTRY, next_after="att_2", settings=" --database 'my db'")
    assert text.startswith("2 payment attempts need a person.\n")
    assert text.endswith("There are more: fils payments attention --database 'my db' --after att_2")
    assert text.count("fils payments resolve --database 'my db' att_") == 4


def test_texts_of_others_do_not_move_the_cursor() -> None:
    text = listed(msgspec.structs.replace(ENTRY, reference="a\x1b[2J\u202eb", account_name="c\nd"))
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("effect", Effect)
def test_every_effect_is_told_before_it_happens(effect: Effect) -> None:
    text = preview_text(ResolutionEffect(ENTRY, effect), by="Noura")
    assert "Said by    Noura\n" in text
    assert f"Effect     {effect}" not in text


def test_an_effect_of_another_version_is_named() -> None:
    assert "Effect     freezes" in preview_text(ResolutionEffect(ENTRY, "freezes"), by="Noura")


@pytest.mark.parametrize(
    ("effect", "changes", "said"),
    [
        (Effect.COUNTS, {"status": "Captured", "attention": None}, "is Captured."),
        (
            Effect.SURPLUS,
            {},
            "is Pending. The attempt still needs a person: KNET calls the transaction suspect.",
        ),
        (Effect.DEALT_WITH, {"attention": None, "status": "Captured"}, "is Captured."),
        (
            Effect.DEALT_WITH,
            {"attention": None},
            "is Pending. It ends once the surplus money has been given back and you say so with --not-captured.",
        ),
        (Effect.ENDS, {"attention": None}, "is Pending. It ends when no other attempt can be paid any more."),
        (Effect.ENDS, {"attention": None, "status": "Expired"}, "is Expired."),
    ],
)
def test_what_was_done_is_told_with_what_is_left_to_do(
    effect: Effect, changes: dict[str, str | None], said: str
) -> None:
    entry = msgspec.structs.replace(ENTRY, **changes)
    assert resolved_text(ResolutionEffect(entry, effect)) == f"Recorded. Payment {ENTRY.payment_id} {said}"


def test_options_are_repeated_for_a_shell() -> None:
    assert repeated({"database": None, "mode": None}) == ""
    assert repeated({"mode": "sandbox", "database": "my db"}) == " --database 'my db' --mode sandbox"
    assert repeated({"config": "a.toml", "master_key_file": "k"}) == " --config a.toml --master-key-file k"
