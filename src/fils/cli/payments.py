"""``fils payments``: what needs a person, and a person's word that ends it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from fils.cli.screen import CommandFailed
from fils.cli.setting_options import setting_options
from fils.config import process_environment, read_settings

if TYPE_CHECKING:
    from fils.operations.messages import Answer, Request
    from fils.operations.messages.payments import ResolutionEffect

REFUSED: Final = 1
UNKNOWN: Final = 3
"""Exit codes of ``fils payments``; 2 is that of a wrong call."""


class RequestRefused(CommandFailed):
    """Fils was asked and did nothing; its text says why."""

    exit_code = REFUSED


class OutcomeUnknown(CommandFailed):
    """Fils was asked and ended before it answered."""

    exit_code = UNKNOWN


@click.group(short_help="See what needs a person, and end it.")
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
@setting_options("database", "mode")
def attention(limit: int, after: str | None, as_json: bool, database: str | None, mode: str | None) -> None:
    """
    List the payment attempts that need a person, the oldest first.

    Each is shown with why and since when it needs one, what KNET said last, and the commands that end it. Until then
    the API says what it said before, mostly Pending. The exit code is 0 whether or not there are any.
    """
    from fils.cli.resolutions import attention_text, repeated
    from fils.operations.messages import write_message
    from fils.operations.messages.payments import AttentionList, ListAttention

    page = _ask(ListAttention(limit=limit, after=after), database=database, mode=mode)
    if not isinstance(page, AttentionList):
        raise _unexpected(page)
    if as_json:
        click.echo(write_message(page), nl=False)
    else:
        click.echo(attention_text(page, settings=repeated({"--database": database, "--mode": mode})))


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
@setting_options("database", "mode")
def resolve(
    name: str,
    is_captured: bool | None,
    evidence: str,
    by: str | None,
    yes: bool,
    database: str | None,
    mode: str | None,
) -> None:
    """
    Say that an attempt was --captured or --not-captured, and what that rests on.

    ID is an attempt's (att_...), or a payment's (pay_...) if only one of its attempts can be meant. Your word decides
    the payment as KNET's own answer would. KNET saying otherwise later does not undo it, but brings it to the list
    again. On a terminal you are shown the effect first and asked.

    \b
    Exit codes:
      0  recorded
      1  refused, or you said no: nothing was changed
      2  wrong call, or the database was not reached: nothing was changed
      3  Fils ended before it answered: look again before you repeat it
    """
    from fils.cli.resolutions import preview_text, resolved_text
    from fils.operations.messages.payments import PreviewResolution, ResolveAttempt

    if is_captured is None:
        raise click.UsageError("Say which it was: --captured or --not-captured.")
    person = by if by is not None else _login_name()
    question = PreviewResolution(name=name, is_captured=is_captured, by=person, why=evidence)
    preview = _effect(_ask(question, database=database, mode=mode))
    if not yes and sys.stdin.isatty():
        click.echo(preview_text(preview, by=person))
        if not click.confirm("\nRecord this?"):
            raise RequestRefused("nothing was changed")
    word = ResolveAttempt(
        # The attempt that was shown, whichever the payment's id would mean by now.
        name=preview.attempt.attempt_id,
        is_captured=is_captured,
        by=person,
        why=evidence,
        expected=preview.effect,
    )
    click.echo(resolved_text(_effect(_ask(word, database=database, mode=mode))))


@payments.command(short_help="Show everything that was said about a payment.")
@click.argument("payment_id", metavar="PAYMENT_ID")
@click.option(
    "--raw", is_flag=True, help="Open the raw messages too. Your name and --why are recorded first."
)
@click.option("--why", default="", metavar="TEXT", help="Why the raw messages have to be read.")
@click.option("--by", metavar="NAME", help="Who reads them. Default: your login name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@setting_options("database", "mode")
def evidence(
    payment_id: str,
    raw: bool,
    why: str,
    by: str | None,
    as_json: bool,
    database: str | None,
    mode: str | None,
) -> None:
    """
    Show what KNET, browsers and people said about a payment, in the order it arrived.

    Fils keeps each raw message encrypted. --raw opens them, after it has been recorded who reads them and --why; all
    such readings are shown at the end.
    """
    from fils.cli.evidence_text import evidence_text
    from fils.operations.messages import write_message
    from fils.operations.messages.payments import EvidenceList, ListEvidence, ReadRawEvidence

    request: Request = ListEvidence(payment_id)
    if raw:
        request = ReadRawEvidence(payment_id, by if by is not None else _login_name(), why)
    found = _ask(request, database=database, mode=mode)
    if not isinstance(found, EvidenceList):
        raise _unexpected(found)
    click.echo(write_message(found) if as_json else evidence_text(found), nl=not as_json)


def _ask(request: Request, *, database: str | None, mode: str | None) -> Answer:
    from fils.bootstrap.operations import perform
    from fils.operations.messages import Refused, Unanswered

    settings = read_settings(process_environment(), database=database, mode=mode)
    try:
        answer = perform(settings, request)
    except Unanswered as error:
        raise OutcomeUnknown(
            "Fils ended before it answered, so it may be done or not. See `fils payments attention`, then repeat it"
        ) from error
    if isinstance(answer, Refused):
        raise RequestRefused(answer.text)
    return answer


def _effect(answer: Answer) -> ResolutionEffect:
    from fils.operations.messages.payments import ResolutionEffect

    if not isinstance(answer, ResolutionEffect):
        raise _unexpected(answer)
    return answer


def _unexpected(answer: Answer) -> CommandFailed:
    return CommandFailed(
        f"Fils answered something else ({type(answer).__name__}); use the command of its version"
    )


def _login_name() -> str:
    """The name of the user whose process this is; the environment could say anything."""
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise CommandFailed("this user has no name here; say who you are with --by") from error
