"""What needs a person is listed, and a person's word about it is stored as evidence with what it decides."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.attention import (
    AttemptView,
    NextStep,
    Word,
    list_attention,
    preview_resolution,
    resolve_attempt,
)
from fils.application.settling import settle_payment
from fils.domain.errors import CommandRefused, NotFound, ResolutionRefused, StorageUnavailable
from fils.domain.events import EventType
from fils.domain.evidence import EvidenceKind, Outcome
from fils.domain.identifiers import ACTION, is_identifier
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.resolving import Effect
from tests.support.application_ports import ACCOUNT, make_ports, seed
from tests.support.payment_states import Counter
from tests.support.stores import InterruptedStore, OvertakenStore

YES = Word(is_captured=True, by="Noura", why="report 14, line 3")
NO = replace(YES, is_captured=False)


async def suspect(counter: Counter) -> Payment:
    """A payment whose attempt needs a person: KNET calls it suspect. It is closed."""
    payment = await counter.confirm()
    await counter.start(payment)
    counter.clock.move(timedelta(minutes=51))
    counter.bank.answers.append(counter.statement(Outcome.SUSPECT))
    await counter.settle(payment)
    return payment


async def listed(counter: Counter) -> tuple[AttemptView, ...]:
    return (await list_attention(counter.ports, after=None, limit=100)).attempts


async def resolved(counter: Counter, name: str, word: Word) -> Effect:
    """Preview and resolve, as an operator does."""
    preview = await preview_resolution(counter.ports, name, word)
    return (await resolve_attempt(counter.ports, name, word, expected=preview.effect)).effect


async def refusal(counter: Counter, name: str, word: Word, expected: Effect) -> tuple[str, ...]:
    with pytest.raises(ResolutionRefused) as refused:
        await resolve_attempt(counter.ports, name, word, expected=expected)
    return refused.value.codes


async def overtaken() -> Counter:
    """A shop whose store can let something happen between a decision and its commit."""
    counter = await Counter.open()
    ports = make_ports(store=InterruptedStore(), clock=counter.clock, bank=counter.bank)
    await seed(ports)
    return Counter(ports, counter.bank, counter.clock)


# The list


async def test_nothing_needs_a_person_at_first(counter: Counter) -> None:
    await counter.wait(await counter.confirm())
    assert await listed(counter) == ()


async def test_an_entry_tells_the_payment_why_since_when_and_what_knet_said_last(counter: Counter) -> None:
    payment = await suspect(counter)
    began = counter.clock.now()
    counter.clock.move(timedelta(hours=1))
    counter.bank.answers.append(counter.statement(Outcome.SUSPECT))
    await counter.settle(payment)
    [view] = await listed(counter)
    assert view.account == ACCOUNT
    assert view.payment == await counter.stored(payment.id)
    assert view.attempt.attention == "KNET calls the transaction suspect"
    assert view.attempt.attention_since == began
    assert view.last_word is not None
    assert view.last_word.kind is EvidenceKind.INQUIRY
    assert view.last_word.received_at == counter.clock.now()
    assert view.next_step is NextStep.LOOK_UP


async def test_a_silent_bank_leaves_no_last_word(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    counter.clock.move(timedelta(hours=24))
    await counter.settle(payment)
    [view] = await listed(counter)
    assert view.last_word is None


async def test_pages_hold_as_many_as_asked_for_and_never_more_than_a_hundred(counter: Counter) -> None:
    payments = [await suspect(counter) for _ in range(3)]
    first = await list_attention(counter.ports, after=None, limit=2)
    assert [view.payment.id for view in first.attempts] == [payment.id for payment in payments[:2]]
    assert first.next_after == first.attempts[1].attempt.id
    last = await list_attention(counter.ports, after=first.next_after, limit=1000)
    assert [view.payment.id for view in last.attempts] == [payments[2].id]
    assert last.next_after is None
    assert len((await list_attention(counter.ports, after=None, limit=0)).attempts) == 1


async def test_a_second_capture_is_to_be_given_back(counter: Counter) -> None:
    payment = await paid_twice(counter)
    [view] = await listed(counter)
    assert view.payment.id == payment.id
    assert view.attempt.is_surplus
    assert view.next_step is NextStep.GIVE_BACK


async def paid_twice(counter: Counter) -> Payment:
    """Two attempts of a payment, both captured by a person's word."""
    payment = await counter.confirm()
    await counter.start(payment)
    counter.bank.answers.append(counter.statement(Outcome.NOT_FOUND))
    counter.clock.move(timedelta(minutes=1))
    await counter.start(payment)
    attempts = await counter.ports.store.attempts(payment.id)
    assert len(attempts) == 2
    for attempt in attempts:
        await resolved(counter, attempt.id, YES)
    return payment


# A person's word


async def test_a_word_captures_the_payment_with_evidence_and_one_event(counter: Counter) -> None:
    payment = await suspect(counter)
    assert await resolved(counter, payment.id, YES) is Effect.COUNTS
    assert await listed(counter) == ()
    stored = await counter.stored(payment.id)
    assert stored.is_captured
    assert stored.capture_action_id is not None
    *_, item = await counter.ports.store.evidence(payment.id)
    assert item.kind is EvidenceKind.RESOLUTION
    assert item.received_at == counter.clock.now()
    assert (item.statement, item.sealed) == (None, None)
    [attempt] = await counter.ports.store.attempts(payment.id)
    assert item.resolution == attempt.resolution
    assert attempt.resolution is not None
    assert (attempt.resolution.by, attempt.resolution.why) == ("Noura", "report 14, line 3")
    assert attempt.attention_since is None
    *_, event = await counter.ports.store.events(payment.id)
    assert (event.type, event.attempt_id) == (EventType.PAYMENT_CAPTURED, attempt.id)


async def test_a_capture_that_was_taken_back_is_an_action_and_an_event_of_its_own(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    assert await resolved(counter, payment.id, NO) is Effect.VOIDS
    stored = await counter.stored(payment.id)
    assert stored.status is PaymentStatus.VOIDED
    assert stored.void_action_id is not None
    assert is_identifier(ACTION, stored.void_action_id)
    assert stored.void_action_id != stored.capture_action_id
    captured, voided = (await counter.ports.store.events(payment.id))[-2:]
    assert (captured.type, captured.action_id) == (EventType.PAYMENT_CAPTURED, stored.capture_action_id)
    assert (voided.type, voided.action_id) == (EventType.PAYMENT_VOIDED, stored.void_action_id)
    assert voided.attempt_id == stored.decided_by


async def test_a_preview_changes_nothing(counter: Counter) -> None:
    payment = await suspect(counter)
    before = (await counter.ports.store.attempts(payment.id), await counter.ports.store.evidence(payment.id))
    preview = await preview_resolution(counter.ports, payment.id, YES)
    assert preview.effect is Effect.COUNTS
    assert preview.view.payment.status is PaymentStatus.PENDING
    after = (await counter.ports.store.attempts(payment.id), await counter.ports.store.evidence(payment.id))
    assert after == before


async def test_the_same_word_twice_about_one_attempt_is_two_pieces_of_evidence(counter: Counter) -> None:
    payment = await paid_twice(counter)
    [view] = await listed(counter)
    counter.clock.move(timedelta(seconds=1))
    await resolved(counter, view.attempt.id, YES)
    words = [e for e in await counter.ports.store.evidence(payment.id) if e.kind is EvidenceKind.RESOLUTION]
    assert len([word for word in words if word.attempt_id == view.attempt.id]) == 2


# Which attempt is meant


async def test_a_payments_id_is_enough_when_one_attempt_needs_a_person(counter: Counter) -> None:
    payment = await paid_twice(counter)
    [view] = await listed(counter)
    preview = await preview_resolution(counter.ports, payment.id, NO)
    assert preview.view.attempt.id == view.attempt.id
    assert preview.effect is Effect.GIVEN_BACK


async def test_of_several_attempts_one_must_be_named(counter: Counter) -> None:
    payment = await paid_twice(counter)
    [view] = await listed(counter)
    await resolved(counter, view.attempt.id, YES)
    attempts = await counter.ports.store.attempts(payment.id)
    with pytest.raises(ResolutionRefused, match=f"{attempts[0].id} .captured., {attempts[1].id}") as refused:
        await preview_resolution(counter.ports, payment.id, NO)
    assert refused.value.codes == ("attempt_required",)


async def test_a_payment_that_nobody_started_has_nothing_to_resolve(counter: Counter) -> None:
    payment = await counter.confirm()
    with pytest.raises(ResolutionRefused, match="never came"):
        await preview_resolution(counter.ports, payment.id, YES)


@pytest.mark.parametrize("name", ["pay_" + "a" * 26, "att_" + "a" * 26, "", "\x00", "set_x"])
async def test_what_does_not_exist_is_not_found(counter: Counter, name: str) -> None:
    with pytest.raises(NotFound):
        await preview_resolution(counter.ports, name, YES)


@pytest.mark.parametrize("word", [replace(YES, by=" "), replace(YES, why="")])
async def test_a_word_without_who_or_why_is_refused_and_leaves_nothing(counter: Counter, word: Word) -> None:
    payment = await suspect(counter)
    before = await counter.ports.store.evidence(payment.id)
    with pytest.raises(CommandRefused):
        await preview_resolution(counter.ports, payment.id, word)
    with pytest.raises(CommandRefused):
        await resolve_attempt(counter.ports, payment.id, word, expected=Effect.COUNTS)
    assert await counter.ports.store.evidence(payment.id) == before


# At the same time


async def test_of_two_operators_who_say_the_same_one_wins_and_the_other_is_told(counter: Counter) -> None:
    payment = await suspect(counter)
    results = await asyncio.gather(
        *(
            resolve_attempt(counter.ports, payment.id, replace(NO, by=name), expected=Effect.ENDS)
            for name in ("Noura", "Salem")
        ),
        return_exceptions=True,
    )
    [refused] = [result for result in results if isinstance(result, ResolutionRefused)]
    assert "Noura resolved it" in str(refused)
    words = [e for e in await counter.ports.store.evidence(payment.id) if e.kind is EvidenceKind.RESOLUTION]
    assert [word.resolution.by for word in words if word.resolution] == ["Noura"]


async def test_of_two_operators_who_say_the_opposite_the_second_undoes_nothing(counter: Counter) -> None:
    payment = await suspect(counter)
    await resolve_attempt(counter.ports, payment.id, YES, expected=Effect.COUNTS)
    assert await refusal(counter, payment.id, NO, Effect.ENDS) == ("changed_meanwhile",)
    assert (await counter.stored(payment.id)).is_captured


async def test_an_answer_of_knet_that_is_faster_makes_the_operator_look_again() -> None:
    counter = await overtaken()
    store = counter.ports.store
    assert isinstance(store, InterruptedStore)
    payment = await counter.confirm()
    secret = await counter.wait(payment)
    assert secret
    counter.clock.move(timedelta(minutes=51))
    # Another node, so one with locks of its own.
    other = replace(counter.ports, locks=make_ports().locks)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    store.meanwhile = lambda: settle_payment(other, payment.id)
    assert await refusal(counter, payment.id, NO, Effect.ENDS) == ("changed_meanwhile",)
    assert (await counter.stored(payment.id)).is_captured


async def test_an_operator_who_is_faster_has_knets_answer_brought_to_a_person() -> None:
    counter = await overtaken()
    store = counter.ports.store
    assert isinstance(store, InterruptedStore)
    payment = await counter.confirm()
    await counter.wait(payment)
    counter.clock.move(timedelta(minutes=51))
    other = replace(counter.ports, locks=make_ports().locks)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    store.meanwhile = lambda: resolve_attempt(other, payment.id, NO, expected=Effect.ENDS)
    await counter.settle(payment)
    assert (await counter.stored(payment.id)).status is PaymentStatus.DECLINED
    [view] = await listed(counter)
    assert view.attempt.attention == "KNET says CAPTURED after a person found that it was not"


async def test_a_store_that_is_always_overtaken_stores_nothing() -> None:
    store = OvertakenStore()
    first = await Counter.open()
    ports = make_ports(store=store, clock=first.clock, bank=first.bank)
    await seed(ports)
    counter = Counter(ports, first.bank, first.clock)
    payment = await suspect(counter)
    store.overtaken_count = 99
    with pytest.raises(StorageUnavailable):
        await resolve_attempt(counter.ports, payment.id, YES, expected=Effect.COUNTS)
    assert (await counter.stored(payment.id)).status is PaymentStatus.PENDING
    assert len(await listed(counter)) == 1
