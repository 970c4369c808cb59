"""
Every case of the outcome matrix, walked at once: one sandbox over HTTP, one clock, a customer for each case.

Fils and its simulator are the real ones; only their clock is ours. All customers pay in the same moment. Then time goes
by in steps, and after each the bank does what is due and Fils settles what is due, as their own loops would.
"""

from __future__ import annotations

import asyncio
import json
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fils.application.attention import PAGE_MAX, list_attention
from fils.application.ports import Ports
from fils.application.settling import settle_due_payments
from fils.bootstrap.gateway import Addresses
from fils.bootstrap.sandbox import open_sandbox
from fils.bootstrap.sandbox_setup import SANDBOX_TERMINALS
from fils.config import SANDBOX_BROWSER_CHANNEL, SANDBOX_CHANNEL, read_settings
from fils.domain.identifiers import PaymentId
from fils.knet.simulator import Simulator
from fils.knet.simulator.faults import NO_FAULTS, Faults, InquiryFault, NotificationFault, write_faults
from tests.support.application_ports import SettableClock
from tests.support.customer import (
    APPROVING,
    CARD,
    DECLINING,
    FAILURE_URL,
    SUCCESS_URL,
    Customer,
    Shop,
    call,
    link_of,
)
from tests.support.notification_record import NotificationAnswer, NotificationRecord
from tests.support.outcome_table import Case, Standing
from tests.support.serving import base_url_of, serving_on

_CHANNELS: Final = {"N": SANDBOX_CHANNEL, "L": SANDBOX_BROWSER_CHANNEL}
_CONTROL_HEADERS: Final = {
    terminal.mode.value: {
        "Authorization": "Basic "
        + b64encode(f"{terminal.tranportal_id}:{terminal.password}".encode()).decode(),
        "Content-Type": "application/json",
    }
    for terminal in SANDBOX_TERMINALS
}
"""How a test tells the bank what is to go wrong with an order of the terminal in that mode."""
HOST_TIMEOUT_CARD: Final = "0000000158"
LATE_CAPTURE_CARD: Final = "0000001158"
"""The bank says HOST TIMEOUT, and within two minutes it turns out that the money was taken."""
_NEWS: Final[Mapping[str, Faults]] = {
    "once": NO_FAULTS,
    "100 times": Faults(notification=NotificationFault.REPEATED, notification_count=100),
    "reordered": Faults(notification=NotificationFault.AFTER_RETURN),
    "lost": Faults(notification=NotificationFault.LOST),
    "an hour late": Faults(notification=NotificationFault.LATE, notification_delay=timedelta(hours=1)),
    "after expiry": Faults(notification=NotificationFault.LATE, notification_delay=timedelta(hours=2)),
}
_INQUIRIES: Final[Mapping[str, InquiryFault]] = {
    "fine": InquiryFault.NONE,
    "down": InquiryFault.DOWN,
    "suspect": InquiryFault.SUSPECT,
    "wrong amount": InquiryFault.WRONG_AMOUNT,
}

_WHILE_IT_LASTS: Final = timedelta(hours=4)
_UNTIL_THE_END: Final = timedelta(hours=28)
_STEPS: Final = (
    (timedelta(minutes=3), timedelta(seconds=5)),
    (timedelta(minutes=15), timedelta(minutes=1)),
    (timedelta(hours=3), timedelta(minutes=5)),
    (timedelta.max, timedelta(minutes=30)),
)
"""Until how long after the beginning of a phase time goes by in which steps."""
_SIDE_BY_SIDE: Final = 8
"""How many payments are settled at once. All parties share one thread: of more, the last inquiries would time out."""
_CUSTOMERS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Look:
    """How a payment stands at one moment."""

    standing: Standing
    door: str
    """Where the page that waits leads a browser: ``success``, ``failure`` or ``waits``."""


@dataclass(slots=True, kw_only=True)
class Trip:
    """One customer's payment, and what was seen of it."""

    case: Case
    payment_id: PaymentId
    link: str
    knet_payment_id: str
    track_id: str
    landed_at: str
    """Where the browser's last way back led."""
    answers: list[NotificationAnswer]
    """What Fils answered to the news of it, as they come."""
    followed_count: int
    """How many of these answers the browser got by itself or was led by."""
    while_it_lasts: Look | None = None
    in_the_end: Look | None = None

    @property
    def browser(self) -> str:
        """Where the browser's last way back led, in the words of the table."""
        return place_of(self.landed_at)


def place_of(url: str) -> str:
    """Where a browser is: ``success``, ``failure``, ``waits``, ``nowhere`` at the bank's page, or else the address."""
    places = {SUCCESS_URL: "success", FAILURE_URL: "failure"}
    path = urlsplit(url).path
    if path.startswith("/knet-external/redirect/"):
        return "waits"
    return "nowhere" if path.startswith("/kpg/") else places.get(url.partition("?")[0], url)


async def walk(cases: Iterable[Case], *, database: Path, timeout_card: str = HOST_TIMEOUT_CARD) -> list[Trip]:
    """
    Walk every case of *cases*, all at once.

    Args:
        cases: The cases; none twice.
        database: Fils' file; the bank's stands beside it.
        timeout_card: The test card that customers of HOST TIMEOUT use: its digits after the prefix.
    """
    async with _opened(database) as walker:
        await walker.pay(cases, timeout_card)
        await walker.pass_time(_WHILE_IT_LASTS)
        for trip, look in zip(walker.trips, await walker.look(), strict=True):
            trip.while_it_lasts = look
        await walker.mend_inquiries()
        await walker.pass_time(_UNTIL_THE_END)
        for trip, look in zip(walker.trips, await walker.look(), strict=True):
            trip.in_the_end = look
        return walker.trips


class _Walker:
    """The customers, the clock, and what time brings about."""

    def __init__(
        self,
        ports: Ports,
        simulator: Simulator,
        base_url: str,
        *,
        clock: SettableClock,
        record: NotificationRecord,
    ) -> None:
        self.trips: list[Trip] = []
        self._ports = ports
        self._simulator = simulator
        self._shop = Shop(base_url)
        self._bank_url = f"{base_url}/kpg"
        self._clock = clock
        self._record = record

    async def pay(self, cases: Iterable[Case], timeout_card: str) -> None:
        """Let a customer of each case pay, a few at a time, and leave the browsers where they are led."""
        places = asyncio.Semaphore(_CUSTOMERS_AT_ONCE)

        async def pay_one(case: Case) -> Trip:
            async with places:
                return await self._pay(case, timeout_card)

        self.trips = await asyncio.gather(*map(pay_one, cases))

    async def pass_time(self, span: timedelta) -> None:
        """Let *span* go by."""
        for step in _steps(span):
            self._clock.move(step)
            await self._simulator.do_due()
            await self._follow_late_news()
            while await settle_due_payments(self._ports, limit=_SIDE_BY_SIDE):
                pass

    async def look(self) -> list[Look]:
        """How every payment stands now."""
        waiting_for_a_person = await _waiting_for_a_person(self._ports)
        return [await self._look(trip, waiting_for_a_person) for trip in self.trips]

    async def mend_inquiries(self) -> None:
        """From now on KNET answers rightly."""
        for trip in self.trips:
            await self._set_faults(trip.case, trip.knet_payment_id, _NEWS[trip.case.news])

    async def _pay(self, case: Case, timeout_card: str) -> Trip:
        confirmed = await asyncio.to_thread(
            self._shop.confirmed, processing_channel_id=_CHANNELS[case.mode], reference=str(case)
        )
        payment_id, link = PaymentId(str(confirmed["id"])), link_of(confirmed)
        customer = Customer()
        card_page = await asyncio.to_thread(customer.open, link)
        [knet_payment_id] = parse_qs(urlsplit(card_page).query)["PaymentID"]
        faults = replace(_NEWS[case.news], inquiry=_INQUIRIES[case.inquiry])
        await self._set_faults(case, knet_payment_id, faults)
        await asyncio.to_thread(_finish, customer, case.result, timeout_card)
        [attempt] = await self._ports.store.attempts(payment_id)
        answers = self._record.answers[attempt.track_id]
        return Trip(
            case=case,
            payment_id=payment_id,
            link=link,
            knet_payment_id=knet_payment_id,
            track_id=attempt.track_id,
            landed_at=customer.url,
            answers=answers,
            followed_count=len(answers),
        )

    async def _set_faults(self, case: Case, knet_payment_id: str, faults: Faults) -> None:
        url = f"{self._bank_url}/control/orders/{knet_payment_id}/faults"
        body = json.dumps(write_faults(faults)).encode()
        answer = await asyncio.to_thread(call, "PUT", url, body=body, headers=_CONTROL_HEADERS[case.mode])
        if answer.status != 200:
            raise RuntimeError(f"the bank took no faults: {answer.text}")

    async def _follow_late_news(self) -> None:
        """In mode L the bank posts late news in the browser's place: lead the browser where the answer leads."""
        for trip in self.trips:
            if trip.case.mode == "L" and len(trip.answers) > trip.followed_count:
                trip.followed_count = len(trip.answers)
                trip.landed_at = await asyncio.to_thread(Customer().open, trip.answers[-1].location)

    async def _look(self, trip: Trip, waiting_for_a_person: frozenset[PaymentId]) -> Look:
        payment = await asyncio.to_thread(self._shop.payment, trip.payment_id)
        door = await asyncio.to_thread(Customer().open, trip.link.removesuffix("/pay"))
        standing = Standing(str(payment["status"]), trip.payment_id in waiting_for_a_person)
        return Look(standing, place_of(door))


@asynccontextmanager
async def _opened(database: Path) -> AsyncIterator[_Walker]:
    clock, record = SettableClock(), NotificationRecord()
    settings = read_settings({}, database=str(database), data_dir=str(database.parent))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        base_url = base_url_of(listener)
        addresses = Addresses(public_url=base_url, own_url=base_url)
        async with (
            open_sandbox(settings, addresses, clock=clock) as sandbox,
            serving_on(listener, record.in_front_of(sandbox.app), lifespan="off"),
        ):
            if sandbox.simulator is None:
                raise RuntimeError("the bank is another process")
            # Its loop would settle at moments of its own; here time goes by in our steps.
            await sandbox.settling.stop()
            yield _Walker(sandbox.ports, sandbox.simulator, base_url, clock=clock, record=record)


def _finish(customer: Customer, result: str, timeout_card: str) -> None:
    """From the card page to the end of the browser's way, by the test card or the button that brings *result*."""
    if result == "CANCELED":
        customer.cancel()
    else:
        expiry = DECLINING if result == "NOT CAPTURED" else APPROVING
        customer.fill_in_card(expiry, digits=timeout_card if result == "HOST TIMEOUT" else CARD[1])
        customer.confirm()
    if customer.carries_news:
        customer.hand_over()


def _steps(span: timedelta) -> Iterator[timedelta]:
    passed = timedelta()
    for until, step in _STEPS:
        while passed < min(until, span):
            passed += step
            yield step


async def _waiting_for_a_person(ports: Ports) -> frozenset[PaymentId]:
    found: list[PaymentId] = []
    page = await list_attention(ports, after=None, limit=PAGE_MAX)
    found.extend(view.payment.id for view in page.attempts)
    while page.next_after is not None:
        page = await list_attention(ports, after=page.next_after, limit=PAGE_MAX)
        found.extend(view.payment.id for view in page.attempts)
    return frozenset(found)


def were_acknowledged(answers: Sequence[NotificationAnswer]) -> bool:
    """Whether every one of *answers* is the one acknowledgement."""
    return len(set(answers)) == 1 and answers[0].status == 200 and answers[0].text.startswith("REDIRECT=")
