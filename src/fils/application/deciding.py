"""
Deciding and committing: the two shapes every change of a payment has.

A use case reads, decides in pure code and commits one guarded batch; when a guard does not hold, another node was
faster, so it reads and decides again, a bounded number of times. Inside this node those who decide about the same
setup wait for each other first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from fils.application.ports import Batch, GuardedPart, Ports, Store, Wake
from fils.domain.errors import ConcurrentUpdate, InvariantViolated, Overtaken
from fils.domain.events import Event, EventType
from fils.domain.evidence import Evidence
from fils.domain.identifiers import ACTION, EVENT, ActionId, EventId, PaymentId
from fils.domain.payment import TRANSITIONS, Payment, PaymentStatus
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.settling import Case, expire, next_look_at

DECISIONS_MAX: Final = 5
"""How often a decision is made anew before the caller is told to try later."""

LOOK_AFTER: Final = timedelta(seconds=5)
"""How long after a word from outside the settling loop looks, if nobody has looked by then."""

T = TypeVar("T")
G = TypeVar("G", PaymentSetup, Payment, PaymentAttempt)


async def decide(ports: Ports, subject_id: str, decision: Callable[[], Awaitable[T]]) -> T:
    """
    Run *decision*, which reads, decides and commits, until its commit is not overtaken.

    Args:
        subject_id: Of what it is about; decisions about a payment are about its setup. Those about the same wait for
            each other.
        decision: Asked again when another node was faster.

    Raises:
        Overtaken: If it was overtaken each time; nothing was written.
    """
    async with ports.locks.holding(subject_id):
        for _ in range(DECISIONS_MAX):
            try:
                return await decision()
            except ConcurrentUpdate:
                continue
    raise Overtaken("other nodes kept changing the same")


async def read_case(store: Store, payment_id: PaymentId) -> Case:
    """
    Everything that is known about a payment.

    Raises:
        InvariantViolated: If it does not exist; callers have its id from the store.
    """
    case = await store.case(payment_id)
    if case is None:
        raise InvariantViolated("a payment has vanished")
    return case


async def commit_case(
    ports: Ports,
    before: Case,
    after: Case,
    *,
    now: datetime,
    evidence: tuple[Evidence, ...] = (),
    started: PaymentAttempt | None = None,
) -> Case:
    """
    Write what changed between two states of a case, with its events and the time of the next look.

    Args:
        before: As read.
        after: As decided; the passing of time is applied here.
        now: Aware UTC time.
        evidence: What has just been said.
        started: A new attempt, which is inserted. It guards the payment, so that none starts beside its end.

    Returns:
        The case as it is stored now, ready to be decided about again.
    """
    after = _with_actions(ports, expire(after, now=now, timing=ports.timing))
    after = _with_times_of_attention(before, after, now=now)
    events = _events(ports, before.payment, after, now=now)
    old = {item.id: item for item in _guarded(before)}
    touched = after.payment.id if started else None
    updates = tuple(item for item in _guarded(after) if old[item.id] != item or item.id == touched)
    heard = replace(
        after,
        attempts=(*after.attempts, *([started] if started else ())),
        evidence=(*after.evidence, *evidence),
    )
    at = next_look_at(heard, now=now, timing=ports.timing)
    batch = Batch(
        inserts=(*events, *([started] if started else ())),
        updates=updates,
        evidence=evidence,
        wakes=(Wake(after.payment.account_id, after.payment.id, at),),
    )
    await ports.store.commit(batch)
    ports.telemetry.case_changed(before, heard)
    for piece in evidence:
        ports.telemetry.evidence_taken(piece)
    await _look_soon_if_more_was_said(ports, heard, now=now)
    return _as_stored(heard, {item.id for item in updates})


def first_event(ports: Ports, payment: Payment, *, now: datetime) -> Event:
    """The event of a payment that has just been made."""
    return _event(ports, payment, EventType.PAYMENT_PENDING, payment.event_count, now=now)


async def _look_soon_if_more_was_said(ports: Ports, case: Case, *, now: datetime) -> None:
    """
    Bring the next look forward if another node took a notification while this one decided.

    Evidence is appended without a guard, so the wake that came with it may just have been overwritten by ours.
    """
    read = {(item.attempt_id, item.digest) for item in case.evidence}
    stored = await ports.store.evidence(case.payment.id)
    if any((item.attempt_id, item.digest) not in read for item in stored):
        wake = Wake(case.payment.account_id, case.payment.id, now + LOOK_AFTER, replace=False)
        await ports.store.commit(Batch(wakes=(wake,)))


def _as_stored(case: Case, updated: Collection[str]) -> Case:
    def stored(item: G) -> G:
        return replace(item, version=item.version + 1) if item.id in updated else item

    return replace(
        case,
        setup=stored(case.setup),
        payment=stored(case.payment),
        attempts=tuple(stored(attempt) for attempt in case.attempts),
        happened=(),
    )


def _guarded(case: Case) -> tuple[GuardedPart, ...]:
    return (case.setup, case.payment, *case.attempts)


def _with_actions(ports: Ports, case: Case) -> Case:
    payment = case.payment
    if EventType.PAYMENT_CAPTURED in case.happened and payment.capture_action_id is None:
        payment = replace(payment, capture_action_id=ActionId(ports.ids.identifier(ACTION)))
    if EventType.PAYMENT_VOIDED in case.happened and payment.void_action_id is None:
        payment = replace(payment, void_action_id=ActionId(ports.ids.identifier(ACTION)))
    return replace(case, payment=payment)


def _with_times_of_attention(before: Case, after: Case, *, now: datetime) -> Case:
    """Note since when each attempt has needed a person; another reason meanwhile does not begin the time anew."""
    for attempt in after.attempts:
        needed = before.attempt(attempt.id).attention_since
        since = (needed or now) if attempt.attention is not None else None
        after = after.with_attempt(replace(attempt, attention_since=since))
    return after


def _events(ports: Ports, before: Payment, after: Case, *, now: datetime) -> list[Event]:
    return [
        _event(ports, after.payment, kind, before.event_count + number, now=now)
        for number, kind in enumerate(after.happened, start=1)
    ]


def _event(ports: Ports, payment: Payment, kind: EventType, sequence: int, *, now: datetime) -> Event:
    # An event that decides nothing may share its commit with one that does, and has none of its facts.
    decides = TRANSITIONS[PaymentStatus.PENDING].get(kind) is not PaymentStatus.PENDING
    return Event(
        id=EventId(ports.ids.identifier(EVENT)),
        account_id=payment.account_id,
        payment_id=payment.id,
        sequence=sequence,
        type=kind,
        occurred_at=now,
        amount=payment.amount,
        reference=payment.reference,
        action_id=_action_of(payment, kind) if decides else None,
        attempt_id=payment.decided_by if decides else None,
        response=payment.response if decides else None,
    )


def _action_of(payment: Payment, kind: EventType) -> ActionId | None:
    return payment.void_action_id if kind is EventType.PAYMENT_VOIDED else payment.capture_action_id
