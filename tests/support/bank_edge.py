"""The bank's inbound edge on a real socket, with a payment whose customer is on KNET's page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from starlette.applications import Starlette

from fils.application.addresses import payment_page_url
from fils.application.notifications import RETURN_PURPOSE
from fils.application.ports import Batch
from fils.domain.errors import StorageUnavailable
from fils.domain.payment import Payment, PaymentStatus
from fils.knet import wire
from fils.knet.endpoints import BankEndpoints
from fils.knet.terminals import TerminalBook, TerminalCredentials
from fils.storage.memory import MemoryStore
from fils.telemetry.meters import NoMeters
from fils.telemetry.watch import Watch
from tests.support.application_ports import CHANNEL, ScriptedBank, SettableClock, make_ports, seed
from tests.support.payment_states import Counter
from tests.support.serving import serving

PUBLIC_URL = "https://fils.example"
OLD_KEY, KEY, WRONG_KEY = (wire.TerminalKey(text * 4) for text in ("OLD1", "NEW2", "BAD3"))
NOTIFICATIONS = f"/knet/notifications/{CHANNEL.terminal_id}"
ERRORS = f"/knet/errors/{CHANNEL.terminal_id}"


class BreakableStore(MemoryStore):
    """A store that stops taking evidence when told to."""

    broken = False

    async def commit(self, batch: Batch) -> None:
        if self.broken:
            raise StorageUnavailable("the disk is full")
        await super().commit(batch)


@dataclass
class Edge:
    """The running edge with a payment whose customer is on KNET's page."""

    counter: Counter
    store: BreakableStore
    payment: Payment
    port: int

    def message(self, **changes: object) -> wire.PaymentResponse:
        """What KNET says when the payment is paid."""
        start = self.counter.bank.starts[-1]
        message = wire.PaymentResponse(
            payment_id="100201914315601265",
            result="CAPTURED",
            track_id=start.track_id,
            amount=start.amount,
            auth="B00775",
            ref="914310000349",
            tran_id="201914384388126",
            post_date="0524",
        )
        return replace(message, **changes)  # type: ignore[arg-type]  # names of fields

    def trandata(self, key: wire.TerminalKey = KEY, **changes: object) -> str:
        return wire.write_payment_response(self.message(**changes), key)

    async def send(self, method: str, target: str, body: bytes = b"", *, media_type: str = "") -> bytes:
        """One exchange; the answer's octets without its date."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = [f"{method} {target} HTTP/1.1", "Host: fils.example", "Connection: close"]
        head += [f"Content-Length: {len(body)}"] if method == "POST" else []
        head += [f"Content-Type: {media_type}"] if media_type else []
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        lines = answer.split(b"\r\n")
        return b"\r\n".join(line for line in lines if not line.lower().startswith(b"date:"))

    async def notify(self, body: str | bytes, *, target: str = NOTIFICATIONS, media_type: str = "") -> bytes:
        octets = body.encode() if isinstance(body, str) else body
        return await self.send("POST", target, octets, media_type=media_type)

    async def return_secret(self) -> str:
        (attempt,) = await self.counter.ports.store.attempts(self.payment.id)
        return self.counter.ports.vault.open(RETURN_PURPOSE, attempt.return_secret_sealed)

    def page_url(self) -> str:
        """The payment's own page, which is as far as its browser is told to go."""
        token = self.counter.ports.vault.link_token(self.payment.id)
        return payment_page_url(PUBLIC_URL, token)

    async def status(self) -> PaymentStatus | None:
        return (await self.counter.stored(self.payment.id)).status


def credentials(version: int, key: wire.TerminalKey, mode: wire.NotificationMode) -> TerminalCredentials:
    return TerminalCredentials(
        terminal_id=CHANNEL.terminal_id,
        version=version,
        tranportal_id="888801",
        password="simpass01",
        key=key,
        browser_url="https://bank.example/kpg",
        server_url="https://bank.example/kpg",
        mode=mode,
    )


@asynccontextmanager
async def edge_with(
    store: BreakableStore,
    mode: wire.NotificationMode = wire.NotificationMode.SERVER_TO_SERVER,
    *,
    started_before_rotation: bool = False,
) -> AsyncIterator[Edge]:
    """The edge of a terminal with two versions of credentials, which is set to *mode*, and an attempt of the newer."""
    bank, clock = ScriptedBank(), SettableClock()
    old = credentials(1, OLD_KEY, mode)
    terminals = TerminalBook([old, credentials(2, KEY, mode)])
    watch = Watch(NoMeters())
    ports = replace(make_ports(store=store, bank=bank, clock=clock), terminals=terminals, telemetry=watch)
    counter = Counter(ports, bank, clock)
    if started_before_rotation:
        counter.ports = replace(ports, terminals=TerminalBook([old]))
    await seed(counter.ports)
    payment = await counter.confirm()
    await counter.start(payment)
    counter.ports = ports
    endpoints = BankEndpoints(counter.ports, terminals, public_url=PUBLIC_URL)
    async with serving(Starlette(routes=endpoints.routes)) as base_url:
        port = urlsplit(base_url).port
        assert port is not None
        yield Edge(counter, store, payment, port)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def header_of(answer: bytes, name: bytes) -> bytes | None:
    for line in answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b": ")
        if key.lower() == name:
            return value
    return None
