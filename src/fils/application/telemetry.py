"""
What the use cases and the adapters tell of their work, as a port: it becomes lines of the log and metrics.

Whoever listens never slows the work down and never fails it, and is told nothing that is secret.
"""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from fils.domain.errors import RefusalReason
from fils.domain.evidence import Evidence
from fils.domain.identifiers import TerminalId
from fils.domain.payment import Payment
from fils.domain.settling import Case

REQUEST_ACCOUNT: Final = "fils.account_id"
"""Where an edge notes, in the scope of a request, whose request it is."""


def stopwatch_us() -> int:
    """Microseconds since some moment; two readings tell how long something took. An event loop's clock is coarser."""
    return time.perf_counter_ns() // 1000


class Repeat(StrEnum):
    """What became of a request with an idempotency key that had been used before."""

    REPLAYED = "replayed"
    """It got the answer that was kept."""
    REFUSED = "refused"
    """The key belongs to a request with another body."""
    BUSY = "busy"
    """Too many with the same key waited already."""


class AnsweredRequest(NamedTuple):
    """A request of HTTP and how it was answered. What came from outside is as it came, and no reader may trust it."""

    route: str
    """The template of its address, never the address."""
    method: str
    status: int
    duration_us: int
    """From its head to the end of the answer, in microseconds."""
    request_id: str | None
    account_id: str | None
    """Whose key it showed."""
    setup_id: str | None
    payment_id: str | None
    """As its address names them."""
    source: str | None
    """The address of whoever asked."""


class Telemetry(Protocol):
    """What is told. Everything has happened and is stored by the time it is told."""

    def request_answered(self, request: AnsweredRequest) -> None:
        """A request was answered, or its client went away."""

    def inquiry_ended(self, *, terminal_id: TerminalId, track_id: str, result: str, duration_us: int) -> None:
        """
        KNET answered an inquiry, or did not.

        Args:
            terminal_id: The attempt's terminal.
            track_id: The attempt's name there.
            result: An ``Outcome``, or ``not_sent`` or ``no_answer``.
            duration_us: How long it took, in microseconds.
        """

    def payment_made(self, payment: Payment) -> None:
        """A confirm made *payment*."""

    def case_changed(self, before: Case, after: Case) -> None:
        """A case was stored as *after*, whose ``happened`` are the events since *before*."""

    def evidence_taken(self, evidence: Evidence) -> None:
        """Something that came from outside was stored. The same piece may be told again."""

    def message_refused(self, reason: RefusalReason, *, is_delayed: bool) -> None:
        """What came in the bank's name was refused; *is_delayed* if its source has been refused often."""

    def key_repeated(self, repeat: Repeat) -> None:
        """An idempotency key was shown again."""

    def round_ended(self, *, settled_count: int, duration_us: int, is_whole: bool) -> None:
        """
        A round of the settling loop ended.

        Args:
            settled_count: How many due payments were taken in hand.
            duration_us: How long it took, in microseconds.
            is_whole: Whether every one of them could be settled.
        """

    def group_written(self, *, change_count: int, duration_us: int, is_written: bool) -> None:
        """
        The store tried to commit a group of changes.

        Args:
            change_count: How many changes shared the commit.
            duration_us: From the begin of the transaction to the end of its commit, in microseconds.
            is_written: Whether the database answered; false if nothing was written or nobody can tell.
        """


class Silence:
    """Tells nobody: for commands and tests."""

    def request_answered(self, request: AnsweredRequest) -> None:
        """Nothing."""

    def inquiry_ended(self, *, terminal_id: TerminalId, track_id: str, result: str, duration_us: int) -> None:
        """Nothing."""

    def payment_made(self, payment: Payment) -> None:
        """Nothing."""

    def case_changed(self, before: Case, after: Case) -> None:
        """Nothing."""

    def evidence_taken(self, evidence: Evidence) -> None:
        """Nothing."""

    def message_refused(self, reason: RefusalReason, *, is_delayed: bool) -> None:
        """Nothing."""

    def key_repeated(self, repeat: Repeat) -> None:
        """Nothing."""

    def round_ended(self, *, settled_count: int, duration_us: int, is_whole: bool) -> None:
        """Nothing."""

    def group_written(self, *, change_count: int, duration_us: int, is_written: bool) -> None:
        """Nothing."""
