"""What the use cases and the store tell, as lines of the log and as measurements."""

from __future__ import annotations

import asyncio
import math
from typing import Final

from fils.application.settling import LEASE
from fils.application.telemetry import AnsweredRequest, Repeat
from fils.domain.errors import RefusalReason
from fils.domain.events import EventType
from fils.domain.evidence import Evidence, EvidenceKind
from fils.domain.identifiers import TerminalId
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.settling import Case
from fils.telemetry import lines
from fils.telemetry import metrics_table as metrics
from fils.telemetry.lines import is_told, tell
from fils.telemetry.meters import Meters

LINES_APART_S: Final = 60
"""How far apart the lines about one thing are that others can cause, so that nobody can fill the log."""
_TROUBLE_APART_S: Final = 10
_MICROSECONDS: Final = 1_000_000


class Watch:
    """Implements the port ``Telemetry``, in the running event loop."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._pace = Pace()
        self._refused_counts = dict.fromkeys(RefusalReason, 0)
        self._failed_count = 0

    def request_answered(self, request: AnsweredRequest) -> None:
        """A request was answered, or its client went away."""
        self._meters.add(metrics.REQUESTS, request.route, request.method, str(request.status))
        self._meters.observe(metrics.REQUEST_SECONDS, request.duration_us / _MICROSECONDS, request.route)
        if is_told(lines.REQUEST):
            tell(
                lines.REQUEST,
                route=request.route,
                method=request.method,
                status=request.status,
                duration_ms=request.duration_us / 1000,
                request_id=request.request_id,
                account_id=request.account_id,
                setup_id=request.setup_id,
                payment_id=request.payment_id,
                source=request.source,
            )

    def inquiry_ended(self, *, terminal_id: TerminalId, track_id: str, result: str, duration_us: int) -> None:
        """KNET answered an inquiry, or did not."""
        self._meters.add(metrics.INQUIRIES, result)
        self._meters.observe(metrics.INQUIRY_SECONDS, duration_us / _MICROSECONDS)
        tell(
            lines.INQUIRY,
            result=result,
            duration_ms=duration_us / 1000,
            terminal_id=terminal_id,
            track_id=track_id,
        )

    def payment_made(self, payment: Payment) -> None:
        """A confirm made *payment*."""
        self._tell_event(payment, EventType.PAYMENT_PENDING)

    def case_changed(self, before: Case, after: Case) -> None:
        """A case was stored as *after*, whose ``happened`` are the events since *before*."""
        known = {attempt.id: attempt for attempt in before.attempts}
        for attempt in after.attempts:
            earlier = known.get(attempt.id)
            if earlier is None:
                self._tell_start(attempt)
            elif earlier is not attempt:
                self._tell_attempt(earlier, attempt)
        for event in after.happened:
            self._tell_event(after.payment, event)

    def evidence_taken(self, evidence: Evidence) -> None:
        """Something that came from outside was stored."""
        self._meters.add(metrics.EVIDENCE_TAKEN, evidence.kind.value)
        if evidence.kind is EvidenceKind.INQUIRY:
            return  # it has a line of its own
        tell(
            lines.EVIDENCE_TAKEN,
            kind=evidence.kind.value,
            payment_id=evidence.payment_id,
            attempt_id=evidence.attempt_id,
        )

    def message_refused(self, reason: RefusalReason, *, is_delayed: bool) -> None:
        """What came in the bank's name was refused."""
        self._meters.add(metrics.MESSAGES_REFUSED, reason.value)
        if is_delayed:
            self._meters.add(metrics.REFUSALS_DELAYED)
        self._refused_counts[reason] += 1
        if self._pace.is_due(reason.value, apart_s=LINES_APART_S):
            tell(lines.MESSAGE_REFUSED, reason=reason.value, count=self._refused_counts[reason])

    def key_repeated(self, repeat: Repeat) -> None:
        """An idempotency key was shown again."""
        self._meters.add(metrics.KEYS_REPEATED, repeat.value)

    def round_ended(self, *, settled_count: int, duration_us: int, is_whole: bool) -> None:
        """A round of the settling loop ended."""
        self._meters.add(metrics.ROUNDS, "whole" if is_whole else "failed")
        self._meters.add(metrics.SETTLED, count=settled_count)
        if settled_count and duration_us > LEASE.total_seconds() * _MICROSECONDS:
            tell(lines.LEASE_OUTLIVED, duration_ms=duration_us // 1000, count=settled_count)

    def group_written(self, *, change_count: int, duration_us: int, is_written: bool) -> None:
        """The store tried to commit a group of changes."""
        self._meters.observe(metrics.COMMIT_SECONDS, duration_us / _MICROSECONDS)
        self._meters.observe(metrics.COMMIT_CHANGES, change_count)
        if is_written:
            return
        self._meters.add(metrics.COMMITS_FAILED)
        self._failed_count += change_count
        if self._pace.is_due("store", apart_s=_TROUBLE_APART_S):
            tell(lines.STORE_UNAVAILABLE, count=self._failed_count)

    def _tell_event(self, payment: Payment, event: EventType) -> None:
        self._meters.add(metrics.PAYMENT_EVENTS, event.value)
        tell(
            lines.PAYMENT_EVENT,
            result=event.value,
            payment_id=payment.id,
            attempt_id=payment.decided_by,
            account_id=payment.account_id,
        )

    def _tell_start(self, attempt: PaymentAttempt) -> None:
        self._meters.add(metrics.ATTEMPTS_STARTED)
        tell(
            lines.ATTEMPT_STARTED,
            payment_id=attempt.payment_id,
            attempt_id=attempt.id,
            account_id=attempt.account_id,
            terminal_id=attempt.terminal_id,
            track_id=attempt.track_id,
        )

    def _tell_attempt(self, before: PaymentAttempt, after: PaymentAttempt) -> None:
        if after.is_surplus and not before.is_surplus:
            self._meters.add(metrics.SURPLUS_CAPTURES)
            tell(
                lines.CAPTURE_SURPLUS,
                payment_id=after.payment_id,
                attempt_id=after.id,
                account_id=after.account_id,
                terminal_id=after.terminal_id,
                track_id=after.track_id,
            )
        if after.attention == before.attention:
            return
        if before.attention is None:
            self._meters.add(metrics.ATTENTION_RAISED)
        tell(
            lines.ATTENTION_NEEDED if after.attention is not None else lines.ATTENTION_ENDED,
            why=after.attention,
            payment_id=after.payment_id,
            attempt_id=after.id,
            account_id=after.account_id,
        )


class Pace:
    """Which lines are due, so that nobody can fill the log. Few things are told of, so none is forgotten."""

    def __init__(self) -> None:
        self._told_at: dict[str, float] = {}

    def is_due(self, about: str, *, apart_s: float) -> bool:
        """Whether *about* was not told of in the last *apart_s* seconds; then it is now."""
        now = asyncio.get_running_loop().time()
        if now < self._told_at.get(about, -math.inf) + apart_s:
            return False
        self._told_at[about] = now
        return True
