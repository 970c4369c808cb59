"""
Forged notifications against a running Fils with payments under way, and the payments' true ends after them.

Each round starts a payment, forges, looks whether anything but the one refusal came back, and then lets the customer
pay: the true message has to be taken, and the payment to end as Captured.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fils.domain.money import KWD, Money
from fils.knet import wire
from proofs.support.forgeries import Forgery
from proofs.support.many_sources import ManySources, Reply
from proofs.support.started import StartedPayment, start_payment
from tests.support.customer import Customer, Shop
from tests.support.process import FilsProcess

_AT_ONCE: Final = 200
_A_HANDFUL: Final = 4_000
"""So many bodies are made at a time, and no more are held."""


@dataclass
class Siege:
    """One Fils and what was sent to it."""

    fils: FilsProcess
    random: Random
    faults: list[str] = field(default_factory=list)
    """What must not have come back; empty when all holds."""
    sent: Counter[str] = field(default_factory=Counter)
    captured: list[StartedPayment] = field(default_factory=list)
    """The payments that ended as they had to."""

    def start(self, mode: str) -> Target:
        """A payment whose customer is on the bank's page."""
        started = start_payment(self.fils.base_url, mode)
        customer = Customer()
        customer.open(started.start_url)
        customer.fill_in_card()
        return Target(started, customer)

    def forge(self, target: Target, what: str, forgeries: Iterable[Forgery]) -> None:
        """Send all of *forgeries* to the address of the payment's terminal; *what* names them in the count."""
        self.sent[what] += asyncio.run(self._forge(target, forgeries))

    def replay(self, target: Target, body: bytes) -> Reply:
        """Send one body as it is."""
        return asyncio.run(self._post(ManySources(self.fils.port, self.random), target, body))

    def finish(self, target: Target) -> None:
        """The customer pays; whatever was forged, the true message is taken and the payment Captured."""
        before = self._status(target)
        target.customer.confirm()
        if target.customer.carries_news:
            target.customer.hand_over()
        after = self._status(target)
        if (before, after) != ("Pending", "Captured"):
            self.faults.append(f"{target.started.payment_id} was {before} and ended as {after}")
        self.captured.append(target.started)

    def true_message(self, started: StartedPayment) -> bytes:
        """What the bank told of a finished payment, from its books."""
        query = (
            "SELECT payment_id, result, auth, ref, tran_id, post_date, auth_resp_code, amount_minor FROM orders"
            " WHERE track_id = ?"
        )
        books = self.fils.folder / "simulator.sqlite3"
        with closing(sqlite3.connect(f"{books.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            [row] = connection.execute(query, (started.request().track_id,)).fetchall()
        payment_id, result, auth, ref, tran_id, post_date, auth_resp_code, amount_minor = row
        message = wire.PaymentResponse(
            payment_id=payment_id,
            result=result,
            track_id=started.request().track_id,
            amount=Money(amount_minor, KWD),
            auth=auth,
            ref=ref,
            tran_id=tran_id,
            post_date=post_date,
            auth_resp_code=auth_resp_code,
        )
        return bytes.fromhex(wire.write_payment_response(message, started.terminal_key))

    async def _forge(self, target: Target, forgeries: Iterable[Forgery]) -> int:
        client = ManySources(self.fils.port, self.random, at_once=_AT_ONCE)
        refusal = await self._post(client, target, b"refused")
        if refusal.status != 400:
            self.faults.append(f"the refusal is {refusal.status}")
        waiting, count = iter(forgeries), 0
        while handful := list(islice(waiting, _A_HANDFUL)):
            await self._send(client, target, handful, refusal)
            count += len(handful)
        return count

    async def _send(
        self, client: ManySources, target: Target, forgeries: list[Forgery], refusal: Reply
    ) -> None:
        path = target.started.notification_path
        replies = await asyncio.gather(
            *(client.post(path, item.body, media_type=item.media_type) for item in forgeries)
        )
        for forgery, reply in zip(forgeries, replies, strict=True):
            if reply.octets != refusal.octets:
                self.faults.append(f"{forgery.label}: {reply.status} {reply.octets[-80:]!r}")

    async def _post(self, client: ManySources, target: Target, body: bytes) -> Reply:
        return await client.post(target.started.notification_path, body)

    def _status(self, target: Target) -> str:
        return str(Shop(self.fils.base_url).payment(target.started.payment_id)["status"])


@dataclass(frozen=True, slots=True)
class Target:
    """A payment under way, and its customer before the last button of the bank's page."""

    started: StartedPayment
    customer: Customer

    @property
    def captured_message(self) -> bytes:
        """What the bank would say if the customer pressed it, as a forger who had seen it would have it."""
        request = self.started.request()
        message = wire.PaymentResponse(
            payment_id=parse_qs(urlsplit(self.customer.url).query)["PaymentID"][0],
            result="CAPTURED",
            track_id=request.track_id,
            amount=request.amount,
            auth="B00775",
            ref="914310000349",
            tran_id="201914384388126",
            post_date="0524",
            auth_resp_code="00",
        )
        return bytes.fromhex(wire.write_payment_response(message, self.started.terminal_key))

    def wrap(self, trandata: str) -> bytes:
        """The body that carries *trandata* in the terminal's mode."""
        return self.started.notification(trandata)[0]
