"""The laws about money, checked in both books after everything has come to rest. Each names what breaks it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from fils.domain.events import Event, EventType
from fils.domain.evidence import Evidence, EvidenceKind, Outcome
from fils.domain.identifiers import PaymentId
from fils.domain.payment import TRANSITIONS, Payment, PaymentStatus
from fils.domain.payment_attempt import AttemptState, PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.storage import rows
from proofs.support.traffic import Told

T = TypeVar("T")

_OVERDUE: Final = timedelta(seconds=10)
"""How long after its time a payment may still be waiting for the settling loop."""


@dataclass(frozen=True, slots=True)
class BankOrder:
    """A line of the bank's books."""

    track_id: str
    amount_minor: int
    is_captured: bool
    """Captured, and not reversed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Both books, as they stand."""

    setups: tuple[PaymentSetup, ...]
    payments: tuple[Payment, ...]
    attempts: tuple[PaymentAttempt, ...]
    evidence: tuple[Evidence, ...]
    events: tuple[Event, ...]
    due_at: Mapping[PaymentId, datetime]
    orders: tuple[BankOrder, ...]

    def attempts_of(self, payment: Payment) -> list[PaymentAttempt]:
        """The attempts of one payment."""
        return [attempt for attempt in self.attempts if attempt.payment_id == payment.id]


Law = Callable[[Books], Iterator[str]]


def read_books(database: Path, bank_books: Path) -> Books:
    """Both books, read without writing to either."""
    with _reading(bank_books) as bank:
        orders = tuple(
            BankOrder(track_id, amount, result == "CAPTURED" and news != "REFUSED")
            for track_id, amount, result, news in bank.execute(
                "SELECT track_id, amount_minor, result, news FROM orders"
            )
        )
    with _reading(database) as fils:
        fils.execute("BEGIN")  # one moment for all tables
        due = fils.execute("SELECT payment_id, due_at_us FROM due_payments").fetchall()
        return Books(
            setups=_documents(fils, "payment_setups", rows.PAYMENT_SETUPS),
            payments=_documents(fils, "payments", rows.PAYMENTS),
            attempts=_documents(fils, "payment_attempts", rows.PAYMENT_ATTEMPTS),
            evidence=_documents(fils, "evidence", rows.EVIDENCE),
            events=_documents(fils, "events", rows.EVENTS),
            due_at={PaymentId(name): datetime.fromtimestamp(us / 1e6, UTC) for name, us in due},
            orders=orders,
        )


def unsettled(books: Books) -> Iterator[str]:
    """What time and inquiries have yet to decide. In the end it is nothing."""
    for attempt in books.attempts:
        if attempt.state is AttemptState.OPEN:
            yield f"{attempt.id} of {attempt.payment_id} is open: {attempt.attention or 'no reason'}"
    inquired_at = {attempt.id: attempt.inquired_at for attempt in books.attempts}
    for item in books.evidence:
        asked_at = inquired_at[item.attempt_id]
        # A late customer's payment is known from a notification before the inquiry about it is due.
        if item.kind is EvidenceKind.NOTIFICATION and (asked_at is None or asked_at < item.received_at):
            yield f"{item.attempt_id} was notified and not asked about since"
    surplus = {attempt.payment_id for attempt in books.attempts if attempt.is_surplus}
    for payment in books.payments:
        # A payment whose only capture is surplus waits for a person.
        if not payment.is_decided and payment.id not in surplus:
            yield f"{payment.id} is Pending"
    now = datetime.now(UTC)
    for payment_id, due_at in books.due_at.items():
        if due_at + _OVERDUE < now:
            yield f"{payment_id} has been due since {due_at}"


def broken_laws(books: Books, told: Told) -> list[str]:
    """Everything that breaks a law, once nothing is unsettled any more."""
    laws: Mapping[str, Law] = {
        "settled": unsettled,
        "I1 no capture without KNET's evidence": _captures_without_evidence,
        "I2 both books are equal": _differences,
        "I4 one event for each transition": _wrong_events,
        "I5 one capture counts": _wrong_counts,
        "I6 statuses follow the table": _wrong_statuses,
        "nothing waits without a reason": _waiting_for_nothing,
    }
    found = [f"{law}: {fault}" for law, check in laws.items() for fault in check(books)]
    return found + [f"I7 what was told stays so: {fault}" for fault in _forgotten(books, told)]


def _captures_without_evidence(books: Books) -> Iterator[str]:
    confirmed = {
        (item.attempt_id, item.statement.track_id, item.statement.amount)
        for item in books.evidence
        if item.kind is EvidenceKind.INQUIRY and item.statement and item.statement.outcome is Outcome.CAPTURED
    }
    for attempt in books.attempts:
        if attempt.state is not AttemptState.CAPTURED:
            continue
        if (attempt.id, attempt.track_id, attempt.amount) not in confirmed:
            yield f"{attempt.id} is captured and no inquiry said so"


def _differences(books: Books) -> Iterator[str]:
    ours = Counter(
        (attempt.track_id, attempt.amount.amount)
        for attempt in books.attempts
        if attempt.state is AttemptState.CAPTURED
    )
    banks = Counter((order.track_id, order.amount_minor) for order in books.orders if order.is_captured)
    for track_id, amount in (ours - banks).elements():
        yield f"{track_id} over {amount} is captured only in ours"
    for track_id, amount in (banks - ours).elements():
        yield f"{track_id} over {amount} is captured only in the bank's"


def _wrong_events(books: Books) -> Iterator[str]:
    for payment, events in _histories(books):
        if [event.sequence for event in events] != list(range(1, payment.event_count + 1)):
            yield f"{payment.id} has {payment.event_count} events, stored are {[e.sequence for e in events]}"
        captured = sum(event.type is EventType.PAYMENT_CAPTURED for event in events)
        if captured != int(payment.is_captured):
            yield f"{payment.id} is {payment.status} with {captured} events of a capture"


def _wrong_statuses(books: Books) -> Iterator[str]:
    for payment, events in _histories(books):
        status: PaymentStatus | None = None
        for event in events:
            following = TRANSITIONS[status].get(event.type)
            if following is None:
                yield f"{payment.id}: {event.type} after {status}"
                break
            status = following
        if status is not payment.status:
            yield f"{payment.id} is {payment.status} and its events say {status}"


def _wrong_counts(books: Books) -> Iterator[str]:
    payments = {payment.id: payment for payment in books.payments}
    counted: dict[str, list[PaymentAttempt]] = {}
    for attempt in books.attempts:
        if attempt.counts:
            counted.setdefault(attempt.setup_id, []).append(attempt)
        if attempt.counts and attempt.state is not AttemptState.CAPTURED:
            yield f"{attempt.id} counts and is {attempt.state}"
        if attempt.counts and payments[attempt.payment_id].decided_by != attempt.id:
            yield f"{attempt.id} counts and did not decide {attempt.payment_id}"
        if attempt.attention is not None and not attempt.is_surplus:
            yield f"{attempt.id} needs a person: {attempt.attention}"
        if attempt.is_surplus and attempt.attention is None:
            yield f"{attempt.id} is surplus and nobody is told"
    for setup in books.setups:
        ids = [attempt.id for attempt in counted.get(setup.id, [])]
        if ids != ([setup.counted_attempt_id] if setup.counted_attempt_id else []):
            yield f"{setup.id} counts {setup.counted_attempt_id}, its attempts {ids}"
    paid = {attempt.payment_id for attempts in counted.values() for attempt in attempts}
    for payment in books.payments:
        if payment.is_captured != (payment.id in paid):
            yield f"{payment.id} is {payment.status}, which its attempts do not bear out"


def _waiting_for_nothing(books: Books) -> Iterator[str]:
    """Only an attempt that ended without money is still asked about, until its horizon."""
    hopeful = {item.payment_id for item in books.attempts if item.state is AttemptState.NEGATIVE}
    for payment in books.payments:
        if payment.id in books.due_at and payment.id not in hopeful:
            yield f"{payment.id} is due at {books.due_at[payment.id]} for no reason"


def _forgotten(books: Books, told: Told) -> Iterator[str]:
    setups = {str(setup.id) for setup in books.setups}
    statuses = {str(payment.id): payment.status for payment in books.payments}
    yield from (f"{name} is gone" for name in told.setups if name not in setups)
    yield from (f"{name} is gone" for name in told.payments if name not in statuses)
    for name in told.captured:
        if statuses.get(name) is not PaymentStatus.CAPTURED:
            yield f"{name} was Captured and is {statuses.get(name)}"


def _histories(books: Books) -> Iterator[tuple[Payment, list[Event]]]:
    events: dict[PaymentId, list[Event]] = {}
    for event in books.events:
        events.setdefault(event.payment_id, []).append(event)
    for payment in books.payments:
        yield payment, sorted(events.get(payment.id, []), key=lambda event: event.sequence)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        yield connection


def _documents(connection: sqlite3.Connection, table: str, decoder: msgspec.json.Decoder[T]) -> tuple[T, ...]:
    # The names of the tables are constants of this module.
    found = connection.execute(f"SELECT document FROM {table}")  # noqa: S608
    return tuple(rows.read_document(decoder, document) for (document,) in found)
