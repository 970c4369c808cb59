"""
Whether a terminal can be used: one inquiry about a track id that cannot exist.

A bank that takes the terminal's id and password says "not found". An inquiry moves no money. It is not encrypted
either (K-064, tranPipe), so it says nothing about the terminal resource key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fils.application.ports import Inquiry, Ports
from fils.application.terminals import find_terminal
from fils.domain.errors import CertificateRefused, CommandRefused, NotSent, OutcomeUnknown
from fils.domain.evidence import Outcome
from fils.domain.money import KWD, Money
from fils.domain.terminal import Terminal, check_password

_ANY_AMOUNT: Final = Money(1_000, KWD)


class Verdict(StrEnum):
    """What the bank's answer, or the lack of one, shows."""

    WORKS = "works"
    """The bank was reached and takes the terminal's id and password."""
    REFUSED = "refused"
    """The bank answered with an error code."""
    STRANGE = "strange"
    """The bank answered something else than "not found"."""
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    """The bank's certificate is none that this machine trusts."""
    NO_ANSWER = "no_answer"
    """The bank was reached, and no answer came that can be read."""


@dataclass(frozen=True, slots=True)
class TerminalTest:
    """What came of a test."""

    terminal: Terminal
    credentials_version: int
    verdict: Verdict
    code: str | None = None
    """The bank's error code."""
    detail: str = ""
    """More about it, from the connector or the bank; for people."""


async def check_terminal(
    ports: Ports, name: str, *, version: int | None = None, new_password: str | None = None
) -> TerminalTest:
    """
    Ask the bank about a track id that cannot exist, with the terminal's newest credentials or those of *version*.

    Args:
        ports: The use cases' parts.
        name: What names the terminal.
        version: Of its credentials; None means the newest.
        new_password: Tried in the place of theirs, before it is stored.

    Raises:
        CommandRefused: If there is no such terminal, or no such version of its credentials, or the new password cannot
            be the bank's.
    """
    terminal = await find_terminal(ports, name)
    if new_password is not None:
        check_password(new_password)
    chosen = version or terminal.newest.version
    if chosen not in {item.version for item in terminal.credentials}:
        raise CommandRefused(
            "credentials_unknown", f"terminal {terminal.name} has no version {chosen} of its credentials"
        )
    inquiry = Inquiry(
        terminal_id=terminal.id,
        credentials_version=chosen,
        track_id=ports.ids.track_id(),
        amount=_ANY_AMOUNT,
        only_with_these=True,
        new_password=new_password,
    )
    try:
        statement = (await ports.connector.inquire(inquiry)).statement
    except CertificateRefused as error:
        return TerminalTest(terminal, chosen, Verdict.CERTIFICATE, detail=str(error))
    except NotSent as error:
        return TerminalTest(terminal, chosen, Verdict.UNREACHABLE, detail=str(error))
    except OutcomeUnknown as error:
        return TerminalTest(terminal, chosen, Verdict.NO_ANSWER, detail=str(error))
    if statement.outcome is Outcome.NOT_FOUND:
        return TerminalTest(terminal, chosen, Verdict.WORKS)
    verdict = Verdict.STRANGE if statement.error is None else Verdict.REFUSED
    return TerminalTest(terminal, chosen, verdict, statement.error, statement.result)
