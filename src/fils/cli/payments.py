"""``fils payments``: what needs a person, and a person's word that ends it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from fils.cli.asking import (
    EXIT_CODES,
    RequestRefused,
    ask,
    installation,
    operator_options,
    person,
    show,
)

if TYPE_CHECKING:
    from fils.config import Settings
    from fils.operations.messages import Request
    from fils.operations.messages.payments import ResolutionEffect

_LOOK: Final = "fils payments attention"
"""What shows whether a lost answer was one to something done."""


@click.group(short_help="See what needs a person, and end it.", epilog=EXIT_CODES)
def payments() -> None:
    """
    See which payments need a person, and end what no inquiry can decide.

    These commands ask the Fils that runs on this machine; if none runs, they open its database themselves. Run them as
    the same user, in the same folder and with the same settings as `fils serve`.
    """


@payments.command(short_help="List what needs a person.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many at most.")
@click.option("--after", metavar="ATTEMPT_ID", help="Begin after this attempt: the next page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def attention(*, limit: int, after: str | None, as_json: bool, **options: str | None) -> None:
    """
    List the payment attempts that need a person, the oldest first.

    Each is shown with why and since when it needs one, what KNET said last, and the commands that end it. Until then
    the API says what it said before, mostly Pending. The exit code is 0 whether or not there are any.
    """
    from fils.cli.resolutions import attention_text, repeated
    from fils.operations.messages.payments import AttentionList, ListAttention

    page = ask(installation(**options), ListAttention(limit=limit, after=after), AttentionList, look=_LOOK)
    shown = repeated(options)
    show(page, lambda: attention_text(page, settings=shown, is_first=after is None), as_json=as_json)


@payments.command(short_help="Say what became of an attempt, and what that rests on.")
@click.argument("name", metavar="ID")
@click.option(
    "--captured/--not-captured",
    "is_captured",
    default=None,
    help="Whether the customer's money came and is still there.",
)
@click.option(
    "--evidence",
    required=True,
    metavar="TEXT",
    help="What it rests on, such as the line of the bank's report. It is kept, with your name.",
)
@click.option("--by", metavar="NAME", help="Who says so. Default: your login name.")
@click.option("--yes", is_flag=True, help="Do not ask before it is done.")
@operator_options
def resolve(
    name: str,
    *,
    is_captured: bool | None,
    evidence: str,
    by: str | None,
    yes: bool,
    **options: str | None,
) -> None:
    """
    Say that an attempt was --captured or --not-captured, and what that rests on.

    ID is an attempt's (att_...), or a payment's (pay_...) if only one of its attempts can be meant. Your word decides
    the payment as KNET's own answer would. KNET saying otherwise later does not undo it, but brings it to the list
    again. On a terminal you are shown the effect first and asked.

    \b
    Exit codes:
      0    recorded
      1    refused, or you said no: nothing was changed
      2    wrong call, or the database was not reached: nothing was changed
      3    Fils ended before it answered: look again before you repeat it
      130  stopped with Ctrl-C: the same
    """
    from fils.cli.resolutions import preview_text, resolved_text
    from fils.operations.messages.payments import PreviewResolution, ResolveAttempt

    if is_captured is None:
        raise click.UsageError("Say which it was: --captured or --not-captured.")
    settings, who = installation(**options), person(by)
    question = PreviewResolution(name=name, is_captured=is_captured, by=who, why=evidence)
    preview = _effect(settings, question)
    if not yes and sys.stdin.isatty():
        click.echo(preview_text(preview, by=who))
        if not click.confirm("\nRecord this?"):
            raise RequestRefused("nothing was changed")
    word = ResolveAttempt(
        # The attempt that was shown, whichever the payment's id would mean by now.
        name=preview.attempt.attempt_id,
        is_captured=is_captured,
        by=who,
        why=evidence,
        expected=preview.effect,
    )
    click.echo(resolved_text(_effect(settings, word)))


@payments.command(short_help="Show everything that was said about a payment.")
@click.argument("payment_id", metavar="PAYMENT_ID")
@click.option(
    "--raw", is_flag=True, help="Open the raw messages too. Your name and --why are recorded first."
)
@click.option("--why", default="", metavar="TEXT", help="Why the raw messages have to be read.")
@click.option("--by", metavar="NAME", help="Who reads them. Default: your login name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def evidence(
    payment_id: str,
    *,
    raw: bool,
    why: str,
    by: str | None,
    as_json: bool,
    **options: str | None,
) -> None:
    """
    Show what KNET, browsers and people said about a payment, in the order it arrived.

    Fils keeps each raw message encrypted. --raw opens them, after it has been recorded who reads them and --why; all
    such readings are shown at the end.
    """
    from fils.cli.evidence_text import evidence_text
    from fils.operations.messages.payments import EvidenceList, ListEvidence, ReadRawEvidence

    request: Request = ListEvidence(payment_id)
    if raw:
        request = ReadRawEvidence(payment_id, person(by), why)
    found = ask(installation(**options), request, EvidenceList, look=_LOOK)
    show(found, lambda: evidence_text(found), as_json=as_json)


def _effect(settings: Settings, request: Request) -> ResolutionEffect:
    from fils.operations.messages.payments import ResolutionEffect

    return ask(settings, request, ResolutionEffect, look=_LOOK)
