"""The laws about money, checked in both books after everything has come to rest. Each names what breaks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from fils.domain.events import Event, EventType
from fils.domain.evidence import EvidenceKind, Outcome
from fils.domain.identifiers import PaymentId
from fils.domain.payment import TRANSITIONS, Payment, PaymentStatus
from fils.domain.payment_attempt import AttemptState, PaymentAttempt
from proofs.support.books import Books
from proofs.support.traffic import Told

_OVERDUE: Final = timedelta(seconds=10)
"""How long after its time a payment may still be waiting for the settling loop."""

Law = Callable[[Books], Iterator[str]]


def unsettled(books: Books) -> Iterator[str]:
    """What time and inquiries have yet to decide. In the end it is nothing."""
    for attempt in books.attempts:
        if attempt.state is AttemptState.OPEN:
            yield f"{attempt.id} of {attempt.payment_id} is open: {attempt.attention or 'no reason'}"
    attempts = {attempt.id: attempt for attempt in books.attempts}
    for item in books.evidence:
        attempt = attempts[item.attempt_id]
        # A late customer's payment is known from a notification before the inquiry about it is due. Once captured it
        # is not asked about again, whoever brings the news of it then.
        is_asked = attempt.inquired_at is not None and attempt.inquired_at >= item.received_at
        if item.is_notification and not is_asked and attempt.state is not AttemptState.CAPTURED:
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
    laws: Mapping[str, Law] = {
        "I1 no capture without KNET's evidence": _captures_without_evidence,
        "I2 both books are equal": _differences,
        "I4 one event for each transition": _wrong_events,
        "I5 one capture counts": _wrong_counts,
        "I6 statuses follow the table": _wrong_statuses,
    }
    return [f"{law}: {fault}" for law, check in laws.items() for fault in check(books)]


def _captures_without_evidence(books: Books) -> Iterator[str]:
    confirmed = {
        (item.attempt_id, item.statement.track_id, item.statement.amount)
        for item in books.evidence
        if item.kind is EvidenceKind.INQUIRY and item.statement and item.statement.outcome is Outcome.CAPTURED
    }
    words = [(item.attempt_id, item.resolution) for item in books.evidence if item.resolution is not None]
    found = {name for name, word in words if word.is_captured and word.by and word.why}
    for attempt in books.attempts:
        if attempt.state is not AttemptState.CAPTURED or attempt.id in found:
            continue
        if (attempt.id, attempt.track_id, attempt.captured_amount) not in confirmed:
            yield f"{attempt.id} is captured and neither an inquiry nor a named person said so"


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


def _wrong_events(books: Books) -> Iterator[str]:
    for payment, events in _histories(books):
        if [event.sequence for event in events] != list(range(1, payment.event_count + 1)):
            yield f"{payment.id} has {payment.event_count} events, stored are {[e.sequence for e in events]}"
        captured = sum(event.type is EventType.PAYMENT_CAPTURED for event in events)
        if captured != int(payment.is_captured or payment.status is PaymentStatus.VOIDED):
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
        if attempt.is_surplus and attempt.attention is None and attempt.resolution is None:
            yield f"{attempt.id} is surplus and nobody is told"
        if attempt.counts and attempt.captured_amount != attempt.amount:
            yield f"{attempt.id} counts over {attempt.captured_amount}, asked was for {attempt.amount}"
    for setup in books.setups:
        ids = [attempt.id for attempt in counted.get(setup.id, [])]
        if ids != ([setup.counted_attempt_id] if setup.counted_attempt_id else []):
            yield f"{setup.id} counts {setup.counted_attempt_id}, its attempts {ids}"
    paid = {attempt.payment_id for attempts in counted.values() for attempt in attempts}
    for payment in books.payments:
        if payment.is_captured != (payment.id in paid):
            yield f"{payment.id} is {payment.status}, which its attempts do not bear out"


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


def _histories(books: Books) -> Iterator[tuple[Payment, list[Event]]]:
    events: dict[PaymentId, list[Event]] = {}
    for event in books.events:
        events.setdefault(event.payment_id, []).append(event)
    for payment in books.payments:
        yield payment, sorted(events.get(payment.id, []), key=lambda event: event.sequence)
