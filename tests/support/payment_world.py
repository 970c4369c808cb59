"""
The world that payments live in, for ``payment_machine``: the use cases on a store in memory, the model bank, and time.

The bank tells its news here, by server or browser, now, late or never, and Fils' answer is held to the rules.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fils.application.notifications import Notification, receive_error_return, receive_notification
from fils.application.ports import Ports
from fils.application.settling import settle_due_payments
from fils.application.visits import bring_notification
from fils.domain.account import ProcessingChannel
from fils.domain.errors import MessageRejected
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.identifiers import ProcessingChannelId, TerminalId
from fils.domain.knowing import Timing
from fils.domain.payment_attempt import NotificationMode, PaymentAttempt
from fils.identifiers_source import SystemIds
from fils.locks import ProcessLocks
from fils.storage.memory import MemoryStore
from fils.vault import DataKeyVault
from tests.support.application_ports import ACCOUNT, KnownTerminals, SettableClock
from tests.support.model_bank import CUSTOMER_HAS, ModelBank, Order

MODES: Final = {
    TerminalId("trm_aaaaaaaaaaaaaaaaaaaaaaaaaa"): NotificationMode.SERVER,
    TerminalId("trm_bbbbbbbbbbbbbbbbbbbbbbbbbb"): NotificationMode.BROWSER,
}
CHANNELS: Final = tuple(
    ProcessingChannel(
        id=ProcessingChannelId(f"pc_{letter * 26}"),
        account_id=ACCOUNT.id,
        terminal_id=terminal_id,
        name=mode,
        created_at=ACCOUNT.created_at,
    )
    for letter, (terminal_id, mode) in zip("ab", MODES.items(), strict=True)
)
_LOOKS_MAX: Final = 400
"""So often the loop looks at most while time passes once: more is a loop that never rests."""
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


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


class PaymentWorld:
    """One shop's Fils with two terminals, one of each mode, and their bank."""

    def __init__(self, store: MachineStore, timing: Timing) -> None:
        self.clock = SettableClock()
        self.bank = ModelBank(self.clock, MODES)
        self.bank.meanwhile = self._meanwhile
        self.store = store
        self.terminals = KnownTerminals(dict.fromkeys(MODES, 1), dict(MODES))
        self._post: list[tuple[datetime, Order]] = []
        self.ports = Ports(
            store=store,
            connector=self.bank,
            terminals=self.terminals,
            vault=DataKeyVault(bytes(range(32))),
            clock=self.clock,
            ids=SystemIds(),
            locks=ProcessLocks(),
            timing=timing,
        )

    async def attempt(self, order: Order) -> PaymentAttempt:
        """What Fils has stored of it."""
        start = order.start
        attempt = await self.store.attempt_by_track_id(start.terminal_id, start.track_id)
        assert attempt is not None
        return attempt

    async def come_to_error_url(self, order: Order) -> None:
        """A browser does, and is sent to the payment's page."""
        start = order.start
        payment_id = await receive_error_return(self.ports, start.terminal_id, start.track_id)
        assert payment_id == (await self.attempt(order)).payment_id

    async def notify(self, order: Order, fate: Fate, delay: timedelta) -> None:
        """Mode N: unless the bank has its answer now, it takes back what it captured."""
        assert order.result is not None
        statement = order.statement(order.result)
        is_heard = False
        if fate is Fate.AFTER_RETURN:
            await self.come_to_error_url(order)
        if fate is Fate.LATE:
            self._post.append((self.clock.now() + delay * 30, order))
        elif fate is not Fate.LOST:
            is_heard = await self.tell_server(order, statement) and fate is not Fate.ANSWER_LOST
        if fate is Fate.TWICE:
            await self.tell_server(order, statement)
        if not is_heard:
            order.reversed_at = self.clock.now() + delay if order.result is Outcome.CAPTURED else None
            order.captured_late_at = None
            order.return_secret = None
        elif fate is Fate.AFTER_RETURN:
            order.return_secret = None

    async def carry(self, order: Order, fate: Fate, delay: timedelta) -> None:
        """Mode L: the browser posts the news if its customer presses the button."""
        assert order.result is not None
        if fate is Fate.LATE:
            self._post.append((self.clock.now() + delay * 30, order))
        elif fate is not Fate.LOST:
            for _ in range(2 if fate is Fate.TWICE else 1):
                await self.bring(order, order.statement(order.result))

    async def tell_server(self, order: Order, statement: BankStatement) -> bool:
        """Whether Fils acknowledges it, which follows the rules the first time, and then is always the same."""
        may = await self._may_be_acknowledged(order, statement)
        secret = await self.receive(order, statement)
        assert (secret is not None) == may, "acknowledged against the rules, or refused against them"
        if order.is_acknowledged is None:
            order.is_acknowledged, order.return_secret = may, secret
        return may

    async def _may_be_acknowledged(self, order: Order, statement: BankStatement) -> bool:
        if self._is_outdated(order):
            return False
        if order.is_acknowledged is not None:
            return order.is_acknowledged
        attempt = await self.attempt(order)
        setup = await self.store.payment_setup(attempt.setup_id)
        assert setup is not None
        is_paid_by_another = setup.counted_attempt_id not in (None, attempt.id)
        is_surplus = statement.outcome is Outcome.CAPTURED and is_paid_by_another
        return statement.amount == order.start.amount and not is_surplus

    def _is_outdated(self, order: Order) -> bool:
        """Whether its news was written with a key that was replaced, and nothing is under way with that any more."""
        current = self.terminals.versions[order.start.terminal_id]
        is_old = order.news_version is not None and order.news_version < current
        return is_old and self.clock.now() >= order.opened_at + CUSTOMER_HAS

    async def receive(self, order: Order, statement: BankStatement) -> str | None:
        """The server's news; returns the return secret, or None if it is not acknowledged."""
        try:
            terminal_id = order.start.terminal_id
            news = self._news(order, statement)
            return (await receive_notification(self.ports, terminal_id, news)).return_secret
        except MessageRejected:
            return None

    async def bring(self, order: Order, statement: BankStatement) -> None:
        """The same news in a browser."""
        is_outdated = self._is_outdated(order)
        try:
            await bring_notification(self.ports, order.start.terminal_id, self._news(order, statement))
        except MessageRejected:
            assert is_outdated, "what a browser carried is refused"
        else:
            assert not is_outdated, "an old key is believed after its time"

    def _news(self, order: Order, statement: BankStatement) -> Notification:
        """The bank writes its news with the key of that moment, and so it stays."""
        order.news_version = order.news_version or self.terminals.versions[order.start.terminal_id]
        if not self._is_outdated(order):
            order.told.append(statement)
        return Notification(statement, f"{statement}", order.news_version)

    async def _meanwhile(self, span: timedelta) -> None:
        await self.pass_time(self.clock.now() + span, with_loop=False)

    async def pass_time(self, until: datetime, *, with_loop: bool) -> None:
        """Let time pass, with the bank's late post and, unless it stands still, the settling loop in their order."""
        for _ in range(_LOOKS_MAX):
            times = [at for at, _ in self._post]
            look_at = self.store.next_look_at() if with_loop else None
            at = min([*times, *([look_at] if look_at else [])], default=until)
            if at >= until:
                break
            self.clock.time = max(at, self.clock.now())
            await self._deliver_post()
            if with_loop:
                await settle_due_payments(self.ports, limit=1000)
        else:
            raise AssertionError("the loop never rests")
        self.clock.time = max(until, self.clock.now())

    async def _deliver_post(self) -> None:
        now = self.clock.now()
        due = [order for at, order in self._post if at <= now]
        self._post = [(at, order) for at, order in self._post if at > now]
        for order in due:
            assert order.result is not None
            statement = order.statement(order.result)
            if order.mode is NotificationMode.BROWSER:
                await self.bring(order, statement)
            else:
                await self.tell_server(order, statement)
                order.return_secret = None  # the bank did not wait for it
