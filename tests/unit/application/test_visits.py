"""The customer's browser at the link, at the return address and at the page that waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.confirming import confirm_payment_setup
from fils.application.deciding import DECISIONS_MAX
from fils.application.ports import Answer, Inquiry, Store
from fils.application.visits import (
    Door,
    LinkClosed,
    NotStarted,
    ToBank,
    ToShop,
    Wait,
    merchant_name,
    open_link,
    present_return,
    see_payment,
)
from fils.domain.errors import InvariantViolated, NotFound, OutcomeUnknown, StorageUnavailable
from fils.domain.events import EventType
from fils.domain.evidence import EvidenceKind, Outcome
from fils.domain.identifiers import AccountId
from fils.domain.money import KWD, Money
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import AttemptState, PaymentAttempt
from fils.domain.payment_setup import KNET
from fils.locks import ProcessLocks
from tests.support.application_ports import (
    ACCOUNT,
    CHANNEL,
    KnownTerminals,
    ScriptedBank,
    SettableClock,
    make_ports,
    seed,
)
from tests.support.payment_states import DECIDED, FAILURE_URL, SUCCESS_URL, Counter
from tests.support.stores import BusyStore, OvertakenStore

DECISION_TIMEOUT_S = 5


async def visit(counter: Counter, payment: Payment) -> Door:
    """Open the link; a visit that hangs fails."""
    async with asyncio.timeout(DECISION_TIMEOUT_S):
        return await open_link(counter.ports, counter.token(payment))


async def opened(store: Store | None = None, bank: ScriptedBank | None = None) -> Counter:
    """A shop whose store or bank is a special one."""
    bank, clock = bank or ScriptedBank(), SettableClock()
    ports = make_ports(store=store, bank=bank, clock=clock)
    await seed(ports)
    return Counter(ports, bank, clock)


async def attempts(counter: Counter, payment: Payment) -> tuple[PaymentAttempt, ...]:
    return await counter.ports.store.attempts(payment.id)


async def event_types(counter: Counter, payment: Payment) -> list[EventType]:
    return [event.type for event in await counter.ports.store.events(payment.id)]


# The link


async def test_a_link_that_outlives_its_payment_starts_nothing(counter: Counter) -> None:
    timing = replace(counter.ports.timing, payment_lifetime=timedelta(minutes=10))
    counter = replace(counter, ports=replace(counter.ports, timing=timing))
    payment = await counter.confirm()
    counter.clock.move(timedelta(minutes=10))
    assert not isinstance(await visit(counter, payment), ToBank)
    assert await attempts(counter, payment) == ()


async def test_the_first_visit_starts_an_attempt_without_asking(counter: Counter) -> None:
    payment = await counter.confirm()
    door = await visit(counter, payment)
    (attempt,) = await attempts(counter, payment)
    assert door == ToBank(f"http://bank.test/pay?track_id={attempt.track_id}")
    assert attempt.started_at == counter.clock.time
    assert attempt.amount == payment.amount
    assert attempt.state is AttemptState.OPEN
    assert counter.bank.inquiries == []


async def test_a_start_that_is_not_committed_sends_nobody_to_the_bank() -> None:
    counter = await opened(store := OvertakenStore())
    payment = await counter.confirm()
    store.overtaken_count = DECISIONS_MAX
    with pytest.raises(StorageUnavailable):
        await visit(counter, payment)
    assert counter.bank.starts == []
    assert await attempts(counter, payment) == ()


async def test_a_second_visit_asks_about_the_first_attempt_and_starts_another(counter: Counter) -> None:
    payment = await counter.confirm()
    await visit(counter, payment)
    counter.bank.answers.append(counter.statement(Outcome.NOT_FOUND))
    assert isinstance(await visit(counter, payment), ToBank)
    first, second = await attempts(counter, payment)
    assert [inquiry.track_id for inquiry in counter.bank.inquiries] == [first.track_id]
    assert first.track_id != second.track_id
    assert first.return_secret_hash != second.return_secret_hash
    assert first.inquired_at == counter.clock.time


async def test_a_visit_that_finds_the_first_attempt_paid_waits_and_starts_nothing(counter: Counter) -> None:
    payment = await counter.confirm()
    await visit(counter, payment)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    assert isinstance(await visit(counter, payment), Wait)
    assert len(await attempts(counter, payment)) == 1
    assert await event_types(counter, payment) == [
        EventType.PAYMENT_PENDING,
        EventType.PAYMENT_CAPTURE_PENDING,
    ]


@pytest.mark.parametrize(
    "changes", [{"outcome": Outcome.SUSPECT}, {"amount": Money(7, KWD)}], ids=["suspect", "other amount"]
)
async def test_a_visit_that_gets_a_doubtful_answer_starts_nothing(
    counter: Counter, changes: dict[str, object]
) -> None:
    payment = await counter.confirm()
    await visit(counter, payment)
    answer = replace(counter.statement(Outcome.CAPTURED), **changes)  # type: ignore[arg-type]  # names of fields
    counter.bank.answers.append(answer)
    assert isinstance(await visit(counter, payment), Wait)
    assert isinstance(await visit(counter, payment), Wait)
    assert len(await attempts(counter, payment)) == 1


@pytest.mark.parametrize("outcome", [Outcome.CAPTURED, Outcome.HOST_TIMEOUT, Outcome.UNKNOWN])
async def test_a_held_notification_that_is_not_negative_makes_the_visit_wait(
    counter: Counter, outcome: Outcome
) -> None:
    payment = await counter.confirm()
    await visit(counter, payment)
    await counter.notify(outcome)
    door = await visit(counter, payment)
    assert isinstance(door, Wait)
    assert not door.may_start
    assert len(await attempts(counter, payment)) == 1


async def test_after_a_decline_with_the_inquiry_down_the_link_offers_a_new_attempt(counter: Counter) -> None:
    payment = await counter.confirm()
    await visit(counter, payment)
    await counter.notify(Outcome.NOT_CAPTURED)
    assert isinstance(await visit(counter, payment), ToBank)
    assert len(await attempts(counter, payment)) == 2


async def test_the_link_starts_until_its_deadline(counter: Counter) -> None:
    payment = await counter.confirm()
    counter.clock.move(timedelta(minutes=30) - timedelta(microseconds=1))
    assert isinstance(await see_payment(counter.ports, counter.token(payment)), NotStarted)
    assert isinstance(await visit(counter, payment), ToBank)
    late = await counter.confirm()
    counter.clock.move(timedelta(minutes=30))
    assert isinstance(await visit(counter, late), LinkClosed)
    assert await attempts(counter, late) == ()


async def test_one_payment_starts_ten_attempts_and_no_more(counter: Counter) -> None:
    payment = await counter.confirm()
    for _ in range(10):
        assert isinstance(await visit(counter, payment), ToBank)
    assert isinstance(await visit(counter, payment), Wait)
    assert len(await attempts(counter, payment)) == 10


@pytest.mark.parametrize("end", DECIDED)
async def test_a_decided_payment_sends_every_visit_to_the_shop(counter: Counter, end: str) -> None:
    payment = await counter.confirm()
    await DECIDED[end](counter, payment)
    asked_count = len(counter.bank.inquiries)
    stored = await counter.stored(payment.id)
    assert stored.is_decided
    shop = SUCCESS_URL if end == "paid" else FAILURE_URL
    url = f"{shop}&cko-session-id={payment.session_id}&cko-payment-id={payment.id}"
    for door in (await visit(counter, payment), await see_payment(counter.ports, counter.token(payment))):
        assert isinstance(door, ToShop)
        assert door.url == url
    assert len(counter.bank.inquiries) == asked_count


async def test_a_paid_payment_is_not_asked_about_for_the_sake_of_another_attempt(counter: Counter) -> None:
    payment = await counter.confirm()
    await visit(counter, payment)
    await counter.end(payment, Outcome.CAPTURED)
    asked_count = len(counter.bank.inquiries)
    assert isinstance(await visit(counter, payment), ToShop)
    assert len(counter.bank.inquiries) == asked_count


async def test_a_visit_whose_inquiry_decides_goes_to_the_shop(counter: Counter) -> None:
    payment = await counter.confirm()
    await visit(counter, payment)
    await counter.notify(Outcome.CANCELED)
    counter.bank.answers.append(counter.statement(Outcome.CANCELED))
    door = await visit(counter, payment)
    assert isinstance(door, ToShop)
    assert door.url.startswith(FAILURE_URL)
    assert door.payment.session_expires_at is not None


async def test_the_session_of_a_decided_payment_is_not_made_longer_by_visits(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    ends = (await counter.stored(payment.id)).session_expires_at
    counter.clock.move(timedelta(minutes=5))
    await visit(counter, payment)
    assert (await counter.stored(payment.id)).session_expires_at == ends


async def test_a_setup_that_an_earlier_payment_paid_late_starts_no_attempt(counter: Counter) -> None:
    first = await counter.confirm()
    await counter.start(first)
    paid = counter.statement(Outcome.CAPTURED)
    counter.bank.answers.append(counter.statement(Outcome.NOT_FOUND))
    counter.clock.move(timedelta(minutes=65))
    await counter.settle(first)
    assert (await counter.stored(first.id)).status is PaymentStatus.EXPIRED
    second = (await confirm_payment_setup(counter.ports, ACCOUNT.id, first.setup_id, KNET)).payment
    for wait in (timedelta(), timedelta(minutes=5)):
        counter.clock.move(wait)
        counter.bank.answers.append(paid)
        await counter.settle(first)
    assert (await counter.stored(first.id)).status is PaymentStatus.CAPTURED
    assert isinstance(await visit(counter, second), LinkClosed)
    assert await attempts(counter, second) == ()


class SlowBank(ScriptedBank):
    """Answers nothing about an attempt before the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.released = asyncio.Event()

    async def inquire(self, inquiry: Inquiry) -> Answer:
        self.asked.set()
        await self.released.wait()
        return await super().inquire(inquiry)


async def test_two_visits_at_once_do_not_both_start_without_asking() -> None:
    counter = await opened(BusyStore())
    payment = await counter.confirm()
    doors = await asyncio.gather(*(visit(counter, payment) for _ in range(2)))
    started = await attempts(counter, payment)
    assert len(started) == sum(isinstance(door, ToBank) for door in doors)
    assert len(counter.bank.inquiries) == len(started) - 1


async def test_two_nodes_do_not_start_beside_each_other_without_asking() -> None:
    counter = await opened(BusyStore())
    payment = await counter.confirm()
    nodes = [replace(counter, ports=replace(counter.ports, locks=ProcessLocks())) for _ in range(2)]
    await asyncio.gather(*(visit(node, payment) for node in nodes))
    assert len(counter.bank.inquiries) == len(await attempts(counter, payment)) - 1


async def test_a_notification_that_comes_while_the_visit_asks_is_not_overlooked() -> None:
    counter = await opened(bank=(bank := SlowBank()))
    payment = await counter.confirm()
    await visit(counter, payment)
    second = asyncio.create_task(visit(counter, payment))
    await bank.asked.wait()
    counter.clock.move(timedelta(seconds=1))
    await counter.notify(Outcome.CAPTURED)
    bank.answers.append(counter.statement(Outcome.NOT_FOUND))
    bank.released.set()
    assert isinstance(await second, Wait)
    (attempt,) = await attempts(counter, payment)
    assert attempt.attention is None


@pytest.mark.parametrize("token", ["", "tok_", "pay_4gubyq2w335upc54dx7a4257lq", "tok_" + "a" * 26])
async def test_a_token_that_names_no_payment_is_not_found(counter: Counter, token: str) -> None:
    with pytest.raises(NotFound):
        await open_link(counter.ports, token)
    with pytest.raises(NotFound):
        await see_payment(counter.ports, token)


@pytest.mark.parametrize(
    "terminals",
    [KnownTerminals({}), KnownTerminals(disabled={CHANNEL.terminal_id})],
    ids=["gone", "switched off"],
)
async def test_a_terminal_that_takes_no_payments_starts_nothing(
    counter: Counter, terminals: KnownTerminals
) -> None:
    payment = await counter.confirm()
    counter.ports = replace(counter.ports, terminals=terminals)
    assert isinstance(await visit(counter, payment), LinkClosed)
    assert await attempts(counter, payment) == ()


# The page that waits


async def test_the_page_never_asks_the_bank_and_says_since_when(counter: Counter) -> None:
    payment = await counter.confirm()
    started_at = counter.clock.time
    await visit(counter, payment)
    counter.clock.move(timedelta(seconds=30))
    door = await see_payment(counter.ports, counter.token(payment))
    assert isinstance(door, Wait)
    assert (door.since, door.may_start) == (started_at, True)
    await counter.notify(Outcome.CAPTURED)
    door = await see_payment(counter.ports, counter.token(payment))
    assert isinstance(door, Wait)
    assert (door.since, door.may_start) == (counter.clock.time, False)
    assert counter.bank.inquiries == []


async def test_the_merchant_is_named(counter: Counter) -> None:
    payment = await counter.confirm()
    assert await merchant_name(counter.ports, payment) == "Shop"
    with pytest.raises(InvariantViolated):
        await merchant_name(counter.ports, replace(payment, account_id=AccountId("cli_gone")))


# The return


async def test_a_return_captures_only_after_the_inquiry(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    secret = await counter.notify(Outcome.CAPTURED)
    assert (await counter.stored(payment.id)).status is PaymentStatus.PENDING
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    door = await present_return(counter.ports, secret)
    assert isinstance(door, ToShop)
    assert door.url.startswith(SUCCESS_URL)
    assert len(counter.bank.inquiries) == 1
    stored = await counter.stored(payment.id)
    assert stored.status is PaymentStatus.CAPTURED
    assert stored.capture_action_id is not None
    assert await event_types(counter, payment) == [EventType.PAYMENT_PENDING, EventType.PAYMENT_CAPTURED]
    event = (await counter.ports.store.events(payment.id))[-1]
    assert (event.sequence, event.action_id) == (2, stored.capture_action_id)


@pytest.mark.parametrize("fails", [None, OutcomeUnknown("no answer")], ids=["not reached", "no answer"])
async def test_a_return_with_the_inquiry_down_waits_and_is_settled_later(
    counter: Counter, fails: OutcomeUnknown | None
) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    secret = await counter.notify(Outcome.CAPTURED)
    if fails:
        counter.bank.answers.append(fails)
    assert isinstance(await present_return(counter.ports, secret), Wait)
    assert (await counter.stored(payment.id)).status is PaymentStatus.PENDING
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    counter.clock.move(timedelta(seconds=5))
    await counter.settle(payment)
    assert (await counter.stored(payment.id)).status is PaymentStatus.CAPTURED


async def test_a_second_return_changes_nothing(counter: Counter) -> None:
    payment = await counter.confirm()
    secret = await counter.end(payment, Outcome.CAPTURED)
    stored, asked_count = await counter.stored(payment.id), len(counter.bank.inquiries)
    counter.clock.move(timedelta(seconds=1))
    door = await present_return(counter.ports, secret)
    assert isinstance(door, ToShop)
    assert await counter.stored(payment.id) == stored
    assert len(counter.bank.inquiries) == asked_count
    kinds = [item.kind for item in await counter.ports.store.evidence(payment.id)]
    assert kinds.count(EvidenceKind.RETURN) == 1


async def test_a_cancelled_return_goes_to_the_failure_url(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    secret = await counter.notify(Outcome.CANCELED)
    counter.bank.answers.append(counter.statement(Outcome.CANCELED))
    door = await present_return(counter.ports, secret)
    assert isinstance(door, ToShop)
    assert door.url.startswith(FAILURE_URL)


async def test_a_late_return_of_a_paid_attempt_captures_an_expired_payment(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    counter.clock.move(timedelta(minutes=61))
    counter.bank.answers.append(replace(counter.statement(Outcome.NOT_FOUND), amount=None))
    await counter.settle(payment)
    assert (await counter.stored(payment.id)).status is PaymentStatus.EXPIRED
    secret = await counter.notify(Outcome.CAPTURED)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    door = await present_return(counter.ports, secret)
    assert isinstance(door, ToShop)
    assert door.url.startswith(SUCCESS_URL)


async def test_a_secret_nobody_was_given_is_not_found(counter: Counter) -> None:
    await counter.start(await counter.confirm())
    with pytest.raises(NotFound):
        await present_return(counter.ports, "made-up")


async def test_the_same_return_at_once_captures_once() -> None:
    counter = await opened(BusyStore())
    payment = await counter.confirm()
    await counter.start(payment)
    secret = await counter.notify(Outcome.CAPTURED)
    counter.bank.answers.extend([counter.statement(Outcome.CAPTURED)] * 4)
    nodes = [replace(counter.ports, locks=ProcessLocks()) for _ in range(4)]
    doors = await asyncio.gather(*(present_return(node, secret) for node in nodes))
    assert all(isinstance(door, ToShop) for door in doors)
    assert await event_types(counter, payment) == [EventType.PAYMENT_PENDING, EventType.PAYMENT_CAPTURED]
