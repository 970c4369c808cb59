"""One terminal at a simulated bank and at Fils, over HTTP: its credentials, its mode and its faults are the test's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from fils.application.ports import Ports
from fils.application.settling import settle_payment
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import PaymentAttempt
from fils.knet.connector import KnetConnector
from fils.knet.endpoints import BankEndpoints
from fils.knet.simulator import Simulator, SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.faults import NO_FAULTS, Faults
from fils.knet.terminals import TerminalBook, TerminalCredentials
from fils.knet.wire import NotificationMode, TerminalKey
from fils.pages.routes import payment_page_routes
from tests.support.application_ports import CHANNEL, ScriptedBank, SettableClock, make_ports, seed
from tests.support.customer import Customer
from tests.support.payment_states import Counter
from tests.support.serving import base_url_of, serving_on

_TRANPORTAL_ID: Final = "888801"
_PASSWORDS: Final = {1: "oldpass1", 2: "newpass2"}
_KEYS: Final = {1: TerminalKey("OLD1" * 4), 2: TerminalKey("NEW2" * 4)}
LONGEST_REVERSAL: Final = timedelta(seconds=120)
"""After this long the bank has taken back what was not acknowledged."""


@dataclass
class Stage:
    """Fils and the bank, as they stand; ``rotate`` changes both."""

    books: Path
    base_url: str
    mode: NotificationMode
    faults: Faults
    clock: SettableClock = field(default_factory=SettableClock)

    async def open(self) -> None:
        """Both know the first version of the terminal's credentials."""
        self._base = make_ports(clock=self.clock)
        await seed(self._base)
        self._connectors: list[KnetConnector] = []
        await self._open_bank(1)
        await self._set_up_fils(1)

    async def rotate(self) -> None:
        """The bank gives the terminal new credentials and forgets the old ones; Fils keeps both."""
        await self.bank.close()
        await self._open_bank(2)
        await self._set_up_fils(1, 2)

    async def close(self) -> None:
        """Close what was opened."""
        await self.bank.close()
        for connector in self._connectors:
            await connector.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Fils' doors for browsers and for the bank, and the bank's own."""
        await self._router(scope, receive, send)

    async def customer(self, payment: Payment) -> Customer:
        """A customer who has opened the link and is on the bank's card page."""
        customer = Customer()
        link = f"{self.base_url}/knet-external/redirect/{self.counter.token(payment)}/pay"
        await asyncio.to_thread(customer.open, link)
        return customer

    async def reload(self, customer: Customer) -> None:
        """Load the page that the customer is on once more."""
        await asyncio.to_thread(customer.open, customer.url)

    async def finish(self, customer: Customer) -> str:
        """Pay with the test card and go where the browser is led."""
        await asyncio.to_thread(customer.fill_in_card)
        end = await asyncio.to_thread(customer.confirm)
        return await asyncio.to_thread(customer.hand_over) if customer.carries_news else end

    async def settle_after(self, wait: timedelta, payment: Payment) -> PaymentStatus | None:
        """Let time go by, let the bank do what is due, and look at the payment."""
        self.clock.move(wait)
        await self.bank.do_due()
        await settle_payment(self.ports, payment.id)
        return (await self.counter.stored(payment.id)).status

    async def attempt(self, payment: Payment) -> PaymentAttempt:
        """The payment's only attempt."""
        (attempt,) = await self.ports.store.attempts(payment.id)
        return attempt

    async def _open_bank(self, version: int) -> None:
        terminal = SimulatorTerminal(
            tranportal_id=_TRANPORTAL_ID,
            password=_PASSWORDS[version],
            key=_KEYS[version],
            error_origins=frozenset({self.base_url}),
            mode=self.mode,
            faults=self.faults,
        )
        settings = SimulatorSettings(
            books=self.books,
            terminals=(terminal,),
            base_path="/kpg",
            allowed_hosts=frozenset({"127.0.0.1"}),
            reversal_delay_max=LONGEST_REVERSAL,
        )
        self.bank = Simulator(settings, clock=self.clock.now)
        await self.bank.open()

    async def _set_up_fils(self, *versions: int) -> None:
        terminals = TerminalBook(self._credentials(version) for version in versions)
        connector = KnetConnector(terminals, public_url=self.base_url, inbound_url=self.base_url)
        await connector.open()
        self._connectors.append(connector)
        self.ports: Ports = replace(self._base, connector=connector, terminals=terminals)
        self.counter = Counter(self.ports, ScriptedBank(), self.clock)
        endpoints = BankEndpoints(self.ports, terminals, public_url=self.base_url)
        doors = payment_page_routes(self.ports, base_url=self.base_url)
        self._router = Router([*endpoints.routes, *doors, Mount("/kpg", app=self.bank.app)])

    def _credentials(self, version: int) -> TerminalCredentials:
        return TerminalCredentials(
            terminal_id=CHANNEL.terminal_id,
            version=version,
            tranportal_id=_TRANPORTAL_ID,
            password=_PASSWORDS[version],
            key=_KEYS[version],
            browser_url=f"{self.base_url}/kpg",
            server_url=f"{self.base_url}/kpg",
            mode=self.mode,
        )


@asynccontextmanager
async def terminal_stage(
    folder: Path,
    *,
    mode: NotificationMode = NotificationMode.SERVER_TO_SERVER,
    faults: Faults = NO_FAULTS,
) -> AsyncIterator[Stage]:
    """A stage that is open for the length of the block; the bank's books lie in *folder*."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        stage = Stage(folder / "books.sqlite3", base_url_of(listener), mode, faults)
        await stage.open()
        try:
            async with serving_on(listener, stage, lifespan="off"):
                yield stage
        finally:
            await stage.close()
