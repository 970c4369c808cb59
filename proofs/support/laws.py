"""
The laws about money, checked in both books after everything has come to rest. Each names what breaks it.

What one payment's records show by themselves are the laws of ``fils verify``; here is what needs the bank's books,
what was told to shops, and an end of all waiting.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from fils.application.laws import PaymentRecords
from fils.application.laws import broken_laws as broken_laws_of_payment
from fils.domain.events import Event
from fils.domain.evidence import Evidence
from fils.domain.identifiers import PaymentId
from fils.domain.payment import PaymentStatus
from fils.domain.payment_attempt import AttemptState, PaymentAttempt
from fils.domain.settling import Case
from proofs.support.books import Books
from proofs.support.traffic import Told

_OVERDUE: Final = timedelta(seconds=10)
"""How long after its time a payment may still be waiting for the settling loop."""

Law = Callable[[Books], Iterator[str]]
T = TypeVar("T", PaymentAttempt, Evidence, Event)


def unsettled(books: Books) -> Iterator[str]:
    """What time and inquiries have yet to decide. In the end it is nothing."""
    for attempt in books.attempts:
        if attempt.state is AttemptState.OPEN:
            yield f"{attempt.id} of {attempt.payment_id} is open: {attempt.attention or 'no reason'}"
    attempts = {attempt.id: attempt for attempt in books.attempts}
    for item in books.evidence:
        attempt = attempts[item.attempt_id]
        # A late customer's payment is known from a notification before the inquiry about it is due, and until a bank
        # that was killed answers it. Once captured it is not asked about again, whoever brings the news of it then.
        is_asked = attempt.inquired_at is not None and attempt.inquired_at >= item.received_at
        is_answered = is_asked and attempt.unanswered_since is None
        if item.is_notification and not is_answered and attempt.state is not AttemptState.CAPTURED:
            yield f"{item.attempt_id} was notified and not answered about since"
    captured = {order.track_id for order in books.orders if order.is_captured}
    for attempt in books.attempts:
        # Nobody told us of a late customer who left with the news, and the bank that was asked may have been down; the
        # next of the planned inquiries finds it.
        if (
            attempt.state is AttemptState.NEGATIVE
            and attempt.track_id in captured
            and attempt.payment_id in books.due_at
        ):
            yield f"{attempt.id} was captured late and not asked about since"
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
    """Everything that breaks a law, once nothing is unsettled any more and KNET never contradicted itself."""
    laws: Mapping[str, Law] = {
        "settled": unsettled,
        "nobody is called without need": _called_persons,
        "nothing waits without a reason": _waiting_for_nothing,
    }
    found = [f"{law}: {fault}" for law, check in laws.items() for fault in check(books)]
    told_otherwise = [f"I7 what was told stays so: {fault}" for fault in _forgotten(books, told)]
    return found + broken_laws_of_money(books) + told_otherwise


def broken_laws_of_money(books: Books) -> list[str]:
    """Everything that breaks a law about money, once every attempt is closed, whatever KNET said on the way."""
    found = [
        f"{violation.law}: {violation.subject} {violation.what}"
        for records in _payments(books)
        for violation in broken_laws_of_payment(records)
    ]
    laws: Mapping[str, Law] = {
        "I2 both books are equal": _differences,
        "I5 what is named counts": _counted_nowhere,
    }
    return found + [f"{law}: {fault}" for law, check in laws.items() for fault in check(books)]


def _differences(books: Books) -> Iterator[str]:
    ours = Counter(
        (attempt.track_id, attempt.captured_amount.amount)
        for attempt in books.attempts
        if attempt.captured_amount is not None
    )
    banks = Counter((order.track_id, order.amount_minor) for order in books.orders if order.is_captured)
    for track_id, amount in (ours - banks).elements():
        yield f"{track_id} over {amount} is captured only in ours"
    for track_id, amount in (banks - ours).elements():
        yield f"{track_id} over {amount} is captured only in the bank's"


def _counted_nowhere(books: Books) -> Iterator[str]:
    counted = {attempt.id: attempt.setup_id for attempt in books.attempts if attempt.counts}
    for setup in books.setups:
        name = setup.counted_attempt_id
        if name is not None and counted.get(name) != setup.id:
            yield f"{setup.id} counts {name}, which does not count for it"


def _called_persons(books: Books) -> Iterator[str]:
    """Only a surplus capture is for a person to see to, as long as KNET says one thing."""
    for attempt in books.attempts:
        if attempt.attention is not None and not attempt.is_surplus:
            yield f"{attempt.id} needs a person: {attempt.attention}"


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


def _payments(books: Books) -> Iterator[PaymentRecords]:
    setups = {setup.id: setup for setup in books.setups}
    attempts = _by_payment(books.attempts)
    evidence = _by_payment(books.evidence)
    events = _by_payment(books.events)
    for payment in books.payments:
        case = Case(
            setup=setups[payment.setup_id],
            payment=payment,
            attempts=tuple(attempts[payment.id]),
            evidence=tuple(evidence[payment.id]),
        )
        ordered = tuple(sorted(events[payment.id], key=lambda event: event.sequence))
        yield PaymentRecords(case, ordered, is_due=payment.id in books.due_at)


def _by_payment(parts: Iterable[T]) -> Mapping[PaymentId, list[T]]:
    grouped: dict[PaymentId, list[T]] = defaultdict(list)
    for part in parts:
        grouped[part.payment_id].append(part)
    return grouped
