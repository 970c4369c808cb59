"""
The laws that hold after every step of a payment, checked on what is stored against what the model bank really said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fils.application.laws import PaymentRecords, broken_laws
from fils.application.ports import Store
from fils.domain.events import Event
from fils.domain.evidence import Evidence, Outcome
from fils.domain.identifiers import PaymentId, PaymentSetupId
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.settling import Case
from tests.support.model_bank import CUSTOMER_HAS, ModelBank, Order

REVERSAL_WINDOW: Final = timedelta(minutes=5)
_LIFETIME: Final = timedelta(minutes=60)
_CANCELLED_ALIKE: Final = frozenset({Outcome.CANCELED, Outcome.NOT_CAPTURED, Outcome.DENIED_BY_RISK})


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything that Fils has stored, at one moment."""

    setups: tuple[PaymentSetup, ...]
    payments: tuple[Payment, ...]
    attempts: tuple[PaymentAttempt, ...]
    evidence: tuple[Evidence, ...]
    events: tuple[Event, ...]

    def records_of(self, payment: Payment) -> PaymentRecords:
        """One payment's. That it is due is not seen here, and not asked."""
        [setup] = [setup for setup in self.setups if setup.id == payment.setup_id]
        case = Case(
            setup=setup,
            payment=payment,
            attempts=tuple(self.attempts_of(payment)),
            evidence=tuple(item for item in self.evidence if item.payment_id == payment.id),
        )
        return PaymentRecords(case, tuple(self.events_of(payment)), is_due=True)

    def attempts_of(self, payment: Payment) -> list[PaymentAttempt]:
        return [attempt for attempt in self.attempts if attempt.payment_id == payment.id]

    def events_of(self, payment: Payment) -> list[Event]:
        return [event for event in self.events if event.payment_id == payment.id]


async def read_all(
    store: Store, setup_ids: Iterable[PaymentSetupId], payment_ids: Sequence[PaymentId]
) -> Stored:
    """Read what *store* holds of these."""
    setups = [await store.payment_setup(setup_id) for setup_id in setup_ids]
    payments = [await store.payment(payment_id) for payment_id in payment_ids]
    return Stored(
        setups=tuple(setup for setup in setups if setup is not None),
        payments=tuple(payment for payment in payments if payment is not None),
        attempts=tuple([item for name in payment_ids for item in await store.attempts(name)]),
        evidence=tuple([item for name in payment_ids for item in await store.evidence(name)]),
        events=tuple([item for name in payment_ids for item in await store.events(name)]),
    )


def check_laws(stored: Stored, bank: ModelBank, now: datetime) -> None:
    """Raise AssertionError with the law that is broken."""
    for attempt in stored.attempts:
        order = bank.orders[attempt.track_id]
        if attempt.state is AttemptState.CAPTURED:
            assert _may_be_captured(attempt, order), "I1: captured without KNET's evidence"
        if attempt.state is AttemptState.NEGATIVE:
            assert _may_be_negative(attempt, order), "I6: ended without money before anybody could know"
    for payment in stored.payments:
        broken = [
            f"{item.law}: {item.subject} {item.what}" for item in broken_laws(stored.records_of(payment))
        ]
        assert not broken, "; ".join(broken)
        _check_status(payment, stored.attempts_of(payment), now)
    for setup in stored.setups:
        _check_counted(setup, stored)


def check_rest(stored: Stored, bank: ModelBank) -> None:
    """The laws that hold once the bank has answered all and every wait is over."""
    for_a_person = {item.track_id for item in stored.attempts if _is_for_a_person(item, bank)}
    ours = Counter(
        (attempt.terminal_id, attempt.track_id, captured_amount(attempt))
        for attempt in stored.attempts
        if attempt.state is AttemptState.CAPTURED
    )
    banks = Counter({line: count for line, count in bank.money().items() if line[1] not in for_a_person})
    assert ours == banks, "I2: both books are equal"
    for attempt in stored.attempts:
        order = bank.orders[attempt.track_id]
        is_ended = attempt.state is not AttemptState.OPEN
        assert is_ended or attempt.track_id in for_a_person, "an attempt is open that KNET told all about"
        has_reason = attempt.is_surplus or order.has_lied or order.amount != attempt.amount
        assert attempt.attention is None or has_reason, f"a person is called for nothing: {attempt.attention}"
    waiting = {
        item.payment_id for item in stored.attempts if item.is_surplus or item.track_id in for_a_person
    }
    for payment in stored.payments:
        assert payment.is_decided or payment.id in waiting, "a payment waits for nothing"


def _is_for_a_person(attempt: PaymentAttempt, bank: ModelBank) -> bool:
    """Whether KNET captured another amount and never told which, so that it calls every inquiry suspect."""
    order = bank.orders[attempt.track_id]
    is_told = any(statement.amount == order.amount for statement in order.told)
    is_doubtful = attempt.state is AttemptState.OPEN and attempt.attention is not None
    return is_doubtful and order.amount != attempt.amount and not is_told


def captured_amount(attempt: PaymentAttempt) -> int:
    """What KNET says that it took, in minor units: another amount than ours is surplus."""
    said = attempt.said.amount if attempt.said else None
    return (attempt.amount if attempt.counts or said is None else said).amount


def _may_be_captured(attempt: PaymentAttempt, order: Order) -> bool:
    """A fitting positive answer, and proof that it cannot be taken back any more, or a second a window later."""
    amount = attempt.amount if attempt.counts else order.amount
    positive = [said for said in order.said if said.outcome is Outcome.CAPTURED and said.amount == amount]
    if not positive:
        return False
    is_final = order.mode is NotificationMode.BROWSER or order.has_returned
    first_heard_at = min(said.heard_at for said in positive)
    return is_final or max(said.asked_at for said in positive) >= first_heard_at + REVERSAL_WINDOW


def _may_be_negative(attempt: PaymentAttempt, order: Order) -> bool:
    """An answer said so after the customer's time was over, or a notification and an answer said the same."""
    told = {statement.outcome for statement in order.told}
    return any(
        said.outcome is attempt.outcome
        and (
            said.asked_at >= order.opened_at + CUSTOMER_HAS
            or (said.outcome in _CANCELLED_ALIKE and said.outcome in told)
        )
        for said in order.said
    )


def _check_status(payment: Payment, attempts: Sequence[PaymentAttempt], now: datetime) -> None:
    if payment.status in (PaymentStatus.CANCELED, PaymentStatus.DECLINED):
        assert any(attempt.outcome is not Outcome.NOT_FOUND for attempt in attempts), "I6: nobody said no"
    if payment.status is PaymentStatus.EXPIRED:
        assert now >= payment.requested_at + _LIFETIME, "I6: expired before its time"


def _check_counted(setup: PaymentSetup, stored: Stored) -> None:
    """I5: what a setup says that counts does count, and nothing else of it, over all of its payments."""
    counted = [item.id for item in stored.attempts if item.setup_id == setup.id and item.counts]
    assert counted == ([setup.counted_attempt_id] if setup.counted_attempt_id else []), "I5: what counts"
