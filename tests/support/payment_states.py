"""A payment brought into each state a customer's browser can meet, by the use cases themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from fils.application.confirming import confirm_payment_setup
from fils.application.notifications import receive_notification
from fils.application.payment_setups import create_payment_setup
from fils.application.ports import Ports, Store
from fils.application.settling import settle_payment
from fils.application.visits import bring_notification, open_link, present_return
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.identifiers import PaymentId
from fils.domain.money import KWD
from fils.domain.payment import Payment
from fils.domain.payment_attempt import NotificationMode
from fils.domain.payment_setup import KNET, Language, SetupTerms
from tests.support.application_ports import (
    ACCOUNT,
    CHANNEL,
    KnownTerminals,
    ScriptedBank,
    SettableClock,
    captured,
    make_ports,
    notification,
    seed,
)

SUCCESS_URL: Final = "https://shop.example/paid?order=1"
FAILURE_URL: Final = "https://shop.example/failed?order=1"


@dataclass
class Counter:
    """A shop with Fils, where time and the bank do as a test says."""

    ports: Ports
    bank: ScriptedBank
    clock: SettableClock

    @classmethod
    async def open(
        cls, mode: NotificationMode = NotificationMode.SERVER, *, store: Store | None = None
    ) -> Counter:
        bank, clock = ScriptedBank(), SettableClock()
        terminals = KnownTerminals(modes={CHANNEL.terminal_id: mode})
        ports = make_ports(store=store, bank=bank, clock=clock, terminals=terminals)
        await seed(ports)
        return cls(ports, bank, clock)

    async def confirm(
        self,
        language: Language = Language.ENGLISH,
        *,
        reference: str | None = "ORD-5023-4E89",
        description: str | None = None,
    ) -> Payment:
        terms = SetupTerms(
            processing_channel_id=CHANNEL.id,
            amount_minor=1000,
            currency=KWD,
            reference=reference,
            description=description,
            language=language,
            success_url=SUCCESS_URL,
            failure_url=FAILURE_URL,
        )
        setup = (await create_payment_setup(self.ports, ACCOUNT.id, terms)).setup
        return (await confirm_payment_setup(self.ports, ACCOUNT.id, setup.id, KNET)).payment

    def token(self, payment: Payment) -> str:
        return self.ports.vault.link_token(payment.id)

    async def start(self, payment: Payment) -> None:
        """The customer opens the link and is on KNET's page."""
        await open_link(self.ports, self.token(payment))

    async def notify(self, outcome: Outcome) -> str:
        """KNET says how the latest start ended; returns the return secret of the acknowledgement."""
        statement = self.statement(outcome)
        news = notification(statement, f"notification {statement}")
        acknowledgement = await receive_notification(self.ports, CHANNEL.terminal_id, news)
        assert acknowledgement.return_secret is not None
        return acknowledgement.return_secret

    async def tell_by_server(self, statement: BankStatement, *, raw: str = "server") -> None:
        """KNET's server tells ours *statement*, whatever is answered."""
        await receive_notification(self.ports, CHANNEL.terminal_id, notification(statement, raw))

    async def bring(self, outcome: Outcome) -> None:
        """The customer's browser carries KNET's news of the latest start to us, as in mode L."""
        await self.bring_statement(self.statement(outcome))

    async def bring_statement(self, statement: BankStatement) -> None:
        """The same, whatever the news says."""
        news = notification(statement, f"notification {statement}")
        await bring_notification(self.ports, CHANNEL.terminal_id, news)

    def statement(self, outcome: Outcome) -> BankStatement:
        """What KNET says about the latest start."""
        return replace(captured(self.bank.starts[-1]), outcome=outcome, result=outcome.upper())

    async def end(self, payment: Payment, outcome: Outcome) -> str:
        """The customer ends at KNET and comes back, and the inquiry says the same; returns the return secret."""
        await self.start(payment)
        secret = await self.notify(outcome)
        self.bank.answers.append(self.statement(outcome))
        await present_return(self.ports, secret)
        return secret

    async def wait(self, payment: Payment) -> str:
        """The customer pays and comes back, and KNET does not answer; returns the return secret."""
        await self.start(payment)
        secret = await self.notify(Outcome.CAPTURED)
        await present_return(self.ports, secret)
        return secret

    async def settle(self, payment: Payment) -> None:
        """The settling loop looks at the payment."""
        await settle_payment(self.ports, payment.id)

    async def stored(self, payment_id: PaymentId) -> Payment:
        payment = await self.ports.store.payment(payment_id)
        assert payment is not None
        return payment


async def _paid(counter: Counter, payment: Payment) -> None:
    await counter.end(payment, Outcome.CAPTURED)


async def _cancelled(counter: Counter, payment: Payment) -> None:
    await counter.end(payment, Outcome.CANCELED)


async def _declined(counter: Counter, payment: Payment) -> None:
    await counter.end(payment, Outcome.NOT_CAPTURED)


async def _timed_out(counter: Counter, payment: Payment) -> None:
    await counter.start(payment)
    counter.clock.move(timedelta(minutes=51))
    counter.bank.answers.append(counter.statement(Outcome.HOST_TIMEOUT))
    await counter.settle(payment)


async def _reversed(counter: Counter, payment: Payment) -> None:
    await counter.wait(payment)
    counter.clock.move(timedelta(minutes=55))
    counter.bank.answers.append(counter.statement(Outcome.REVERSED))
    await counter.settle(payment)


async def _expired(counter: Counter, payment: Payment) -> None:
    counter.clock.move(timedelta(minutes=61))
    await counter.settle(payment)


Way = Callable[[Counter, Payment], Awaitable[None]]

DECIDED: Final[dict[str, Way]] = {
    "paid": _paid,
    "cancelled": _cancelled,
    "declined": _declined,
    "timed-out": _timed_out,
    "reversed": _reversed,
    "expired": _expired,
}
"""How a payment that was just confirmed comes to each end."""


async def _waiting(counter: Counter, payment: Payment) -> None:
    await counter.wait(payment)


async def _waiting_long(counter: Counter, payment: Payment) -> None:
    await counter.start(payment)
    counter.clock.move(timedelta(minutes=2))


async def _not_started(counter: Counter, payment: Payment) -> None:
    return


async def _link_closed(counter: Counter, payment: Payment) -> None:
    counter.clock.move(timedelta(minutes=31))


UNDECIDED: Final[dict[str, Way]] = {
    "waiting": _waiting,
    "waiting-long": _waiting_long,
    "not-started": _not_started,
    "link-closed": _link_closed,
}
"""The same for the states in which nobody knows."""
