"""
Everything that can happen to payments, as a state machine: shops, customers, browsers, the bank and its faults, time.

The use cases are the real ones on a store in memory; the bank is a model (``model_bank``). After each step the laws
are checked, and at the end, when the bank has answered and every wait is over, that both books are equal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fils.application.confirming import confirm_payment_setup
from fils.application.payment_setups import create_payment_setup
from fils.application.payments import get_payment
from fils.application.ports import Batch
from fils.application.settling import settle_due_payments
from fils.application.visits import (
    Door,
    ToBank,
    ToShop,
    open_link,
    present_return,
    see_payment,
)
from fils.domain.account import ProcessingChannel
from fils.domain.errors import RequestRefused
from fils.domain.evidence import Outcome
from fils.domain.identifiers import PaymentId, PaymentSetupId
from fils.domain.knowing import Timing
from fils.domain.money import KWD, Money
from fils.domain.payment_attempt import AttemptState, NotificationMode
from fils.domain.payment_setup import KNET, Language, SetupTerms
from tests.support.application_ports import ACCOUNT
from tests.support.model_bank import CUSTOMER_HAS, REVERSED_WITHIN, InquiryFault, Order
from tests.support.payment_laws import Stored, check_laws, check_rest, read_all
from tests.support.payment_world import CHANNELS, Fate, MachineStore, PaymentWorld

T = TypeVar("T")

_HORIZON: Final = timedelta(hours=20)
"""So long a run lasts at most, so that at its end Fils still asks about every attempt."""
_AFTER_ALL: Final = timedelta(hours=60)


_results = st.sampled_from(
    (
        *[Outcome.CAPTURED] * 4,
        Outcome.NOT_CAPTURED,
        Outcome.CANCELED,
        Outcome.DENIED_BY_RISK,
        Outcome.HOST_TIMEOUT,
    )
)
_fates = st.sampled_from((*[Fate.TOLD] * 4, *Fate))
_faults = st.sampled_from((InquiryFault.NONE, *InquiryFault))
_delays = st.integers(0, int(REVERSED_WITHIN.total_seconds())).map(lambda seconds: timedelta(seconds=seconds))
_waits = st.sampled_from((1, 5, 30, 120, 299, 300, 900, 1800, 3000, 3600, 4 * 3600)).map(
    lambda seconds: timedelta(seconds=seconds)
)
_numbers = st.integers(0, 5)
"""Picks one of however many there are."""


def _pick(things: Sequence[T], number: int) -> T:
    return things[number % len(things)]


class PaymentMachine(RuleBasedStateMachine):
    """One shop with two terminals, one of each mode. ``timing`` and ``store_type`` are replaced to plant bugs."""

    timing: ClassVar[Timing] = Timing()
    store_type: ClassVar[type[MachineStore]] = MachineStore
    steps_taken: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._world = PaymentWorld(self.store_type(), self.timing)
        self._clock, self._bank = self._world.clock, self._world.bank
        self._store, self._ports = self._world.store, self._world.ports
        self._begun_at = self._clock.now()
        self._setup_ids: list[PaymentSetupId] = []
        self._payment_ids: list[PaymentId] = []
        self._run(self._store.commit(Batch(inserts=(ACCOUNT, *CHANNELS))))

    # Shops

    @initialize()
    def sell_once_in_each_mode(self) -> None:
        for channel in CHANNELS:
            self.sell(channel, amount_minor=1500)

    @rule(channel=st.sampled_from(CHANNELS), amount_minor=st.sampled_from((100, 1500)))
    def sell(self, channel: ProcessingChannel, amount_minor: int) -> None:
        """A new setup, its payment, and the customer on the bank's page."""
        terms = SetupTerms(
            processing_channel_id=channel.id,
            amount_minor=amount_minor,
            currency=KWD,
            language=Language.ENGLISH,
            success_url="https://shop.example/paid",
            failure_url="https://shop.example/failed",
        )
        setup = self._run(create_payment_setup(self._ports, ACCOUNT.id, terms)).setup
        self._setup_ids.append(setup.id)
        self.confirm(len(self._setup_ids) - 1)
        self.open_link(len(self._payment_ids) - 1)

    @rule(number=_numbers)
    def confirm(self, number: int) -> None:
        setup_id = _pick(self._setup_ids, number)
        blocked = any(
            payment.setup_id == setup_id and (payment.is_captured or not payment.is_decided)
            for payment in self._stored().payments
        )
        try:
            payment = self._run(confirm_payment_setup(self._ports, ACCOUNT.id, setup_id, KNET)).payment
        except RequestRefused:
            assert blocked, "a setup without a payment can be confirmed"
            return
        assert not blocked, "a setup is confirmed beside a payment that is Pending or paid"
        self._payment_ids.append(payment.id)

    @rule(channel=st.sampled_from(CHANNELS))
    def rotate_credentials(self, channel: ProcessingChannel) -> None:
        self._world.terminals.versions[channel.terminal_id] += 1

    # Browsers

    @rule(number=_numbers)
    def open_link(self, number: int) -> None:
        payment_id = _pick(self._payment_ids, number)
        known, began_at = set(self._bank.orders), self._clock.now()
        door = self._run(open_link(self._ports, self._ports.vault.link_token(payment_id)))
        self._check_door(door, payment_id)
        started = set(self._bank.orders) - known
        assert len(started) == isinstance(door, ToBank), "one order is opened for one browser that is sent"
        for track_id in started:
            self._check_start(payment_id, track_id, asked_since=began_at)

    @rule(number=_numbers)
    def look_at_page(self, number: int) -> None:
        payment_id = _pick(self._payment_ids, number)
        asked = self._inquiry_count()
        door = self._run(see_payment(self._ports, self._ports.vault.link_token(payment_id)))
        self._check_door(door, payment_id)
        assert self._inquiry_count() == asked, "a page asks the bank"

    @rule(number=_numbers)
    def read(self, number: int) -> None:
        """The shop reads a payment, which brings the next inquiry forward and asks nothing itself."""
        asked = self._inquiry_count()
        self._run(get_payment(self._ports, ACCOUNT.id, _pick(self._payment_ids, number)))
        assert self._inquiry_count() == asked, "a read asks the bank"

    @precondition(lambda self: self._with_secret)
    @rule(number=_numbers)
    def come_back(self, number: int) -> None:
        order = _pick(self._with_secret, number)
        assert order.return_secret is not None
        order.has_returned = True
        door = self._run(present_return(self._ports, order.return_secret))
        self._check_door(door, self._run(self._world.attempt(order)).payment_id)

    @rule(number=_numbers)
    def come_to_error_url(self, number: int) -> None:
        """Anybody can; also a browser whose payment the bank captured and told of (error after success)."""
        self._run(self._world.come_to_error_url(_pick(self._orders, number)))

    # The bank

    @precondition(lambda self: self._unfinished)
    @rule(
        number=_numbers,
        result=_results,
        fate=_fates,
        delay=_delays,
        fault=_faults,
        wrong_amount=st.sampled_from((0, 0, 0, 0, 0, 1)),
        late_capture=st.sampled_from((None, None, timedelta(minutes=3), timedelta(hours=2))),
    )
    def end(
        self,
        number: int,
        result: Outcome,
        fate: Fate,
        delay: timedelta,
        fault: InquiryFault,
        wrong_amount: int,
        late_capture: timedelta | None,
    ) -> None:
        """The customer pays, fails or cancels; the bank writes it down and tells it, or not."""
        order, now = _pick(self._unfinished, number), self._clock.now()
        order.result, order.ended_at, order.fault = result, now, fault
        if result is Outcome.CAPTURED:
            order.amount = Money(order.amount.amount + wrong_amount, KWD)
        if result is Outcome.HOST_TIMEOUT and late_capture is not None:
            order.captured_late_at = now + late_capture
        if order.mode is NotificationMode.BROWSER:
            self._run(self._world.carry(order, fate, delay))
        else:
            self._run(self._world.notify(order, fate, delay))

    @rule(number=_numbers, fault=_faults)
    def break_inquiry(self, number: int, fault: InquiryFault) -> None:
        _pick(self._orders, number).fault = fault

    @precondition(lambda self: self._told)
    @rule(number=_numbers)
    def replay(self, number: int) -> None:
        """Whoever saw a notification sends it again; it gets the answer that it got."""
        order = _pick(self._told, number)
        if order.mode is NotificationMode.BROWSER:
            self._run(self._world.bring(order, order.told[0]))
        else:
            self._run(self._world.tell_server(order, order.told[0]))

    @precondition(lambda self: self._told)
    @rule(number=_numbers)
    def tamper(self, number: int) -> None:
        """A notification that says another amount, which no order of ours has."""
        order = _pick(self._told, number)
        if order.mode is NotificationMode.SERVER:
            false = replace(order.told[0], amount=Money(order.start.amount.amount * 10, KWD))
            assert self._run(self._world.receive(order, false)) is None

    # Time

    @rule(wait=_waits, with_loop=st.sampled_from((True, True, False)))
    def let_pass(self, wait: timedelta, with_loop: bool) -> None:
        if self._clock.now() + wait <= self._begun_at + _HORIZON:
            self._run(self._world.pass_time(self._clock.now() + wait, with_loop=with_loop))

    @rule()
    def settle(self) -> None:
        self._run(settle_due_payments(self._ports, limit=1000))

    # Laws

    @invariant()
    def laws_hold(self) -> None:
        type(self).steps_taken += 1
        check_laws(self._stored(), self._bank, self._clock.now())

    def teardown(self) -> None:
        """The bank answers everything, and time passes beyond every wait."""
        try:
            for order in self._bank.orders.values():
                order.fault = InquiryFault.NONE
            self._run(self._world.pass_time(self._clock.now() + _AFTER_ALL, with_loop=True))
            stored = self._stored()
            check_laws(stored, self._bank, self._clock.now())
            check_rest(stored, self._bank)
            assert self._store.next_look_at() is None, "the loop looks for nothing"
        finally:
            self._loop.close()

    # What there is

    @property
    def _orders(self) -> list[Order]:
        return list(self._bank.orders.values())

    @property
    def _unfinished(self) -> list[Order]:
        """Orders whose customers can still be on the bank's page."""
        too_late = self._clock.now() - CUSTOMER_HAS + timedelta(minutes=1)
        return [order for order in self._orders if order.result is None and order.opened_at > too_late]

    @property
    def _told(self) -> list[Order]:
        return [order for order in self._orders if order.told]

    @property
    def _with_secret(self) -> list[Order]:
        return [order for order in self._orders if order.return_secret is not None]

    def _inquiry_count(self) -> int:
        return sum(len(order.inquired_at) for order in self._orders)

    # How it is done

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def _stored(self) -> Stored:
        return self._run(read_all(self._store, self._setup_ids, self._payment_ids))

    def _check_door(self, door: Door, payment_id: PaymentId) -> None:
        payment = self._run(self._store.payment(payment_id))
        assert payment is not None
        assert isinstance(door, ToShop) == payment.is_decided, "the door follows the payment's state"
        if isinstance(door, ToShop):
            url = payment.success_url if payment.is_captured else payment.failure_url
            assert door.url.startswith(f"{url}?cko-")

    def _check_start(self, payment_id: PaymentId, track_id: str, *, asked_since: datetime) -> None:
        """A new attempt is started only beside attempts that KNET was just asked about and that moved no money."""
        now = self._clock.now()
        payment = self._run(self._store.payment(payment_id))
        attempts = self._run(self._store.attempts(payment_id))
        assert payment is not None
        assert not payment.is_decided
        assert now < payment.link_expires_at
        assert len(attempts) <= self.timing.starts_max
        for attempt in attempts:
            order = self._bank.orders[attempt.track_id]
            assert attempt.state is not AttemptState.CAPTURED
            if attempt.track_id == track_id or attempt.state is not AttemptState.OPEN:
                continue
            assert order.inquired_at[-1] >= asked_since, "KNET was not asked about an earlier attempt"
            hopeful = {Outcome.CAPTURED, Outcome.HOST_TIMEOUT} & {told.outcome for told in order.told}
            assert not hopeful, "started beside an attempt that may have been paid"
