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
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fils.application.notifications import Notification, receive_error_return, receive_notification
from fils.application.payment_setups import confirm_payment_setup, create_payment_setup
from fils.application.ports import Batch, Ports
from fils.application.settling import settle_due_payments
from fils.application.visits import (
    Door,
    ToBank,
    ToShop,
    bring_notification,
    open_link,
    present_return,
    see_payment,
)
from fils.domain.account import ProcessingChannel
from fils.domain.errors import MessageRejected, RequestRefused
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.identifiers import PaymentId, PaymentSetupId, ProcessingChannelId, TerminalId
from fils.domain.knowing import Timing
from fils.domain.money import KWD, Money
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt
from fils.domain.payment_setup import KNET, Language, SetupTerms
from fils.identifiers_source import SystemIds
from fils.locks import ProcessLocks
from fils.storage.memory import MemoryStore
from fils.vault import MasterKeyVault
from tests.support.application_ports import ACCOUNT, KnownTerminals, SettableClock
from tests.support.model_bank import CUSTOMER_HAS, REVERSED_WITHIN, InquiryFault, ModelBank, Order
from tests.support.payment_laws import Stored, check_laws, check_rest, read_all

T = TypeVar("T")

MODES: Final = {
    TerminalId("trm_aaaaaaaaaaaaaaaaaaaaaaaaaa"): NotificationMode.SERVER,
    TerminalId("trm_bbbbbbbbbbbbbbbbbbbbbbbbbb"): NotificationMode.BROWSER,
}
CHANNELS: Final = tuple(
    ProcessingChannel(
        id=ProcessingChannelId(f"pc_{letter * 26}"), account_id=ACCOUNT.id, terminal_id=terminal_id, name=mode
    )
    for letter, (terminal_id, mode) in zip("ab", MODES.items(), strict=True)
)
_HORIZON: Final = timedelta(hours=20)
"""So long a run lasts at most, so that at its end Fils still asks about every attempt."""
_AFTER_ALL: Final = timedelta(hours=60)
_LOOKS_MAX: Final = 400
"""So often the loop looks at most while time passes once: more is a loop that never rests."""


class Fate(StrEnum):
    """What becomes of the news of an order's end."""

    TOLD = "told"
    LOST = "lost"
    LATE = "late"
    TWICE = "twice"
    ANSWER_LOST = "answer lost"
    """It arrives, and the acknowledgement does not."""
    AFTER_RETURN = "after return"
    """The browser is at errorURL before it arrives."""


class MachineStore(MemoryStore):
    """A store that also tells when the loop has to look next."""

    def next_look_at(self) -> datetime | None:
        rows = self._connection.execute("SELECT min(due_at_us) FROM due_payments").fetchone()
        return None if rows[0] is None else _EPOCH + timedelta(microseconds=rows[0])


_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

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
        self._clock = SettableClock()
        self._begun_at = self._clock.now()
        self._bank = ModelBank(self._clock, MODES)
        self._bank.meanwhile = self._meanwhile
        self._store = self.store_type()
        self._terminals = KnownTerminals(dict.fromkeys(MODES, 1), dict(MODES))
        self._setup_ids: list[PaymentSetupId] = []
        self._payment_ids: list[PaymentId] = []
        self._post: list[tuple[datetime, Order]] = []
        self._ports = Ports(
            store=self._store,
            connector=self._bank,
            terminals=self._terminals,
            vault=MasterKeyVault(bytes(range(32))),
            clock=self._clock,
            ids=SystemIds(),
            locks=ProcessLocks(),
            timing=self.timing,
        )
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
        setup = self._run(create_payment_setup(self._ports, ACCOUNT.id, terms))
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
            payment = self._run(confirm_payment_setup(self._ports, ACCOUNT.id, setup_id, KNET))
        except RequestRefused:
            assert blocked, "a setup without a payment can be confirmed"
            return
        assert not blocked, "a setup is confirmed beside a payment that is Pending or paid"
        self._payment_ids.append(payment.id)

    @rule(channel=st.sampled_from(CHANNELS))
    def rotate_credentials(self, channel: ProcessingChannel) -> None:
        self._terminals.versions[channel.terminal_id] += 1

    # Browsers

    @rule(number=_numbers)
    def open_link(self, number: int) -> None:
        payment_id = _pick(self._payment_ids, number)
        known = set(self._bank.orders)
        door = self._run(open_link(self._ports, self._ports.vault.link_token(payment_id)))
        self._check_door(door, payment_id)
        started = set(self._bank.orders) - known
        assert len(started) == isinstance(door, ToBank), "one order is opened for one browser that is sent"
        for track_id in started:
            self._check_start(payment_id, track_id)

    @rule(number=_numbers)
    def look_at_page(self, number: int) -> None:
        payment_id = _pick(self._payment_ids, number)
        asked = self._inquiry_count()
        door = self._run(see_payment(self._ports, self._ports.vault.link_token(payment_id)))
        self._check_door(door, payment_id)
        assert self._inquiry_count() == asked, "a page asks the bank"

    @precondition(lambda self: self._with_secret)
    @rule(number=_numbers)
    def come_back(self, number: int) -> None:
        order = _pick(self._with_secret, number)
        assert order.return_secret is not None
        order.has_returned = True
        door = self._run(present_return(self._ports, order.return_secret))
        self._check_door(door, self._attempt(order).payment_id)

    @rule(number=_numbers)
    def come_to_error_url(self, number: int) -> None:
        """Anybody can; also a browser whose payment the bank captured and told of (error after success)."""
        order = _pick(self._orders, number)
        start = order.start
        payment_id = self._run(receive_error_return(self._ports, start.terminal_id, start.track_id))
        assert payment_id == self._attempt(order).payment_id

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
            self._carry(order, fate, delay)
        else:
            self._notify(order, fate, delay)

    @rule(number=_numbers, fault=_faults)
    def break_inquiry(self, number: int, fault: InquiryFault) -> None:
        _pick(self._orders, number).fault = fault

    @precondition(lambda self: self._told)
    @rule(number=_numbers)
    def replay(self, number: int) -> None:
        """Whoever saw a notification sends it again; it gets the answer that it got."""
        order = _pick(self._told, number)
        if order.mode is NotificationMode.BROWSER:
            self._run(self._bring(order, order.told[0]))
        else:
            self._run(self._tell_server(order, order.told[0]))

    @precondition(lambda self: self._told)
    @rule(number=_numbers)
    def tamper(self, number: int) -> None:
        """A notification that says another amount, which no order of ours has."""
        order = _pick(self._told, number)
        if order.mode is NotificationMode.SERVER:
            false = replace(order.told[0], amount=Money(order.start.amount.amount * 10, KWD))
            assert self._run(self._receive(order, false)) is None

    # Time

    @rule(wait=_waits, with_loop=st.sampled_from((True, True, False)))
    def let_pass(self, wait: timedelta, with_loop: bool) -> None:
        if self._clock.now() + wait <= self._begun_at + _HORIZON:
            self._run(self._pass(self._clock.now() + wait, with_loop=with_loop))

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
            self._run(self._pass(self._clock.now() + _AFTER_ALL, with_loop=True))
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

    def _attempt(self, order: Order) -> PaymentAttempt:
        start = order.start
        attempt = self._run(self._store.attempt_by_track_id(start.terminal_id, start.track_id))
        assert attempt is not None
        return attempt

    def _notify(self, order: Order, fate: Fate, delay: timedelta) -> None:
        """Mode N: unless the bank has its answer now, it takes back what it captured."""
        assert order.result is not None
        statement = order.statement(order.result)
        is_heard = False
        if fate is Fate.AFTER_RETURN:
            self.come_to_error_url(self._orders.index(order))
        if fate is Fate.LATE:
            self._post.append((self._clock.now() + delay * 30, order))
        elif fate is not Fate.LOST:
            is_heard = self._run(self._tell_server(order, statement)) and fate is not Fate.ANSWER_LOST
        if fate is Fate.TWICE:
            self._run(self._tell_server(order, statement))
        if not is_heard:
            order.reversed_at = self._clock.now() + delay if order.result is Outcome.CAPTURED else None
            order.captured_late_at = None
            order.return_secret = None
        elif fate is Fate.AFTER_RETURN:
            order.return_secret = None

    def _carry(self, order: Order, fate: Fate, delay: timedelta) -> None:
        """Mode L: the browser posts the news if its customer presses the button."""
        assert order.result is not None
        if fate is Fate.LATE:
            self._post.append((self._clock.now() + delay * 30, order))
        elif fate is not Fate.LOST:
            for _ in range(2 if fate is Fate.TWICE else 1):
                self._run(self._bring(order, order.statement(order.result)))

    async def _tell_server(self, order: Order, statement: BankStatement) -> bool:
        """Whether Fils acknowledges it, which follows the rules the first time, and then is always the same."""
        may = await self._may_be_acknowledged(order, statement)
        secret = await self._receive(order, statement)
        assert (secret is not None) == may, "acknowledged against the rules, or refused against them"
        if order.is_acknowledged is None:
            order.is_acknowledged, order.return_secret = may, secret
        return may

    async def _may_be_acknowledged(self, order: Order, statement: BankStatement) -> bool:
        if self._is_outdated(order):
            return False
        if order.is_acknowledged is not None:
            return order.is_acknowledged
        start = order.start
        attempt = await self._store.attempt_by_track_id(start.terminal_id, start.track_id)
        assert attempt is not None
        setup = await self._store.payment_setup(attempt.setup_id)
        assert setup is not None
        is_paid_by_another = setup.counted_attempt_id not in (None, attempt.id)
        is_surplus = statement.outcome is Outcome.CAPTURED and is_paid_by_another
        return statement.amount == start.amount and not is_surplus

    def _is_outdated(self, order: Order) -> bool:
        """Whether its news was written with a key that was replaced, and nothing is under way with that any more."""
        current = self._terminals.versions[order.start.terminal_id]
        is_old = order.news_version is not None and order.news_version < current
        return is_old and self._clock.now() >= order.opened_at + CUSTOMER_HAS

    async def _receive(self, order: Order, statement: BankStatement) -> str | None:
        """The server's news; returns the return secret, or None if it is not acknowledged."""
        try:
            terminal_id = order.start.terminal_id
            news = self._news(order, statement)
            return (await receive_notification(self._ports, terminal_id, news)).return_secret
        except MessageRejected:
            return None

    async def _bring(self, order: Order, statement: BankStatement) -> None:
        """The same news in a browser."""
        is_outdated = self._is_outdated(order)
        try:
            await bring_notification(self._ports, order.start.terminal_id, self._news(order, statement))
        except MessageRejected:
            assert is_outdated, "what a browser carried is refused"
        else:
            assert not is_outdated, "an old key is believed after its time"

    def _news(self, order: Order, statement: BankStatement) -> Notification:
        """The bank writes its news with the key of that moment, and so it stays."""
        order.news_version = order.news_version or self._terminals.versions[order.start.terminal_id]
        if not self._is_outdated(order):
            order.told.append(statement)
        return Notification(statement, f"{statement}", order.news_version)

    def _check_door(self, door: Door, payment_id: PaymentId) -> None:
        payment = self._run(self._store.payment(payment_id))
        assert payment is not None
        assert isinstance(door, ToShop) == payment.is_decided, "the door follows the payment's state"
        if isinstance(door, ToShop):
            url = payment.success_url if payment.is_captured else payment.failure_url
            assert door.url.startswith(f"{url}?cko-")

    def _check_start(self, payment_id: PaymentId, track_id: str) -> None:
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
            assert order.inquired_at, "KNET was not asked about an earlier attempt"
            hopeful = {Outcome.CAPTURED, Outcome.HOST_TIMEOUT} & {told.outcome for told in order.told}
            assert not hopeful, "started beside an attempt that may have been paid"

    async def _meanwhile(self, span: timedelta) -> None:
        await self._pass(self._clock.now() + span, with_loop=False)

    async def _pass(self, until: datetime, *, with_loop: bool) -> None:
        """Let time pass, with the bank's late post and, unless it stands still, the settling loop in their order."""
        for _ in range(_LOOKS_MAX):
            times = [at for at, _ in self._post]
            look_at = self._store.next_look_at() if with_loop else None
            at = min([*times, *([look_at] if look_at else [])], default=until)
            if at >= until:
                break
            self._clock.time = max(at, self._clock.now())
            await self._deliver_post()
            if with_loop:
                await settle_due_payments(self._ports, limit=1000)
        else:
            raise AssertionError("the loop never rests")
        self._clock.time = max(until, self._clock.now())

    async def _deliver_post(self) -> None:
        now = self._clock.now()
        due = [order for at, order in self._post if at <= now]
        self._post = [(at, order) for at, order in self._post if at > now]
        for order in due:
            assert order.result is not None
            statement = order.statement(order.result)
            if order.mode is NotificationMode.BROWSER:
                await self._bring(order, statement)
            else:
                await self._tell_server(order, statement)
                order.return_secret = None  # the bank did not wait for it
