"""The simulated bank on a real socket with a real little merchant behind it, and a browser and a server in front."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from fils.domain.money import KWD, Money
from fils.knet.simulator import Simulator, SimulatorSettings, SimulatorTerminal
from fils.knet.wire import (
    ErrorReturn,
    InquiryRequest,
    InquiryResponse,
    Language,
    NotificationShape,
    PaymentRequest,
    PaymentResponse,
    PipeError,
    SearchKey,
    TerminalKey,
    payment_start_url,
    pipe_url,
    read_error_return,
    read_notification_body,
    read_payment_response,
    read_pipe_response,
    redirect_answer,
    write_inquiry_request,
)
from tests.support.serving import serving

TERMINAL_ID: Final = "999901"
PASSWORD: Final = "simpass01"
KEY: Final = TerminalKey("SIMKEY0123456789")
AMOUNT: Final = Money(1_500, KWD)
CARD: Final = {
    "bank": "201825717889145|Knet Test Card [KNET1]|0.000",
    "dcprefix": "888888",
    "debitNumber": "0000000001",
    "cardPin": "7391",
    "proceed": "1",
}
APPROVING: Final = CARD | {"month": "9", "year": "2030"}
HOST_TIMEOUT: Final = APPROVING | {"debitNumber": "0000000158"}
LATE_CAPTURE: Final = APPROVING | {"debitNumber": "0000001158"}
UNDELIVERABLE: Final = APPROVING | {"debitNumber": "0000000249"}
DENIED_BY_RISK: Final = APPROVING | {"debitNumber": "0000000045"}
DECLINING: Final = CARD | {"month": "10", "year": "2030"}
LONGEST_REVERSAL: Final = timedelta(seconds=120)
"""After this long whatever was not taken is given back."""


class MovableClock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Aware UTC time."""
        return self.now


@dataclass
class MerchantServer:
    """A merchant that keeps what it was told and answers as the test wants."""

    base_url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    """What came to responseURL, the oldest first."""
    answer: Callable[[], Response] = field(
        default=lambda: Response(redirect_answer("http://shop.example/back"))
    )
    before_answer: asyncio.Event | None = None

    def app(self) -> Starlette:
        """The application behind responseURL."""
        return Starlette(routes=[Route("/knet/response", self._take, methods=["POST"])])

    def fall_silent(self) -> None:
        """Answer nobody until the merchant is closed."""
        self.before_answer = asyncio.Event()

    def speak(self) -> None:
        """Answer again, those who wait too."""
        if self.before_answer is not None:
            self.before_answer.set()

    @staticmethod
    def refuse() -> Response:
        """An answer that KNET does not take."""
        return Response("sorry", 500)

    async def _take(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        if self.before_answer is not None:
            await self.before_answer.wait()
        return self.answer()

    def heard(self, shape: NotificationShape = NotificationShape.BARE_HEX) -> list[PaymentResponse]:
        """What it was told, deciphered; every body must have that *shape*."""
        shapes_and_texts = [read_notification_body(body) for body in self.bodies]
        assert all(found is shape for found, _ in shapes_and_texts)
        return [read_payment_response(text, KEY) for _, text in shapes_and_texts]


@dataclass
class Bank:
    """The running simulator, and a browser without cookies or redirects in front of it."""

    base_url: str
    settings: SimulatorSettings
    simulator: Simulator
    browser: aiohttp.ClientSession
    merchant: MerchantServer
    clock: MovableClock

    async def pass_time(self, time: timedelta) -> int:
        """Move the clock on and let the bank do what is due; returns how many things it did."""
        self.clock.now += time
        return await self.simulator.do_due()

    @staticmethod
    async def wait_a_little() -> None:
        """Let the bank work; for waiting on what it does by itself."""
        await asyncio.sleep(0.02)

    def request(self, track_id: str = "TRK1", **changes: Any) -> PaymentRequest:
        """A start message of the merchant."""
        message = PaymentRequest(
            tranportal_id=TERMINAL_ID,
            password=PASSWORD,
            language=Language.ENGLISH,
            amount=AMOUNT,
            response_url=f"{self.merchant.base_url}/knet/response",
            error_url=f"{self.merchant.base_url}/knet/error",
            track_id=track_id,
            udf1="order7",
        )
        return replace(message, **changes)

    def start_url(self, track_id: str = "TRK1", **changes: Any) -> str:
        """Where the merchant sends the browser."""
        return payment_start_url(f"{self.base_url}/kpg", self.request(track_id, **changes), KEY)

    async def get(self, url: str, **headers: str) -> tuple[aiohttp.ClientResponse, str]:
        """Open an address of the bank, with or without its host."""
        full_url = url if url.startswith("http") else self.base_url + url
        async with self.browser.get(full_url, allow_redirects=False, headers=headers) as response:
            return response, await response.text()

    async def post(self, fields: Mapping[str, str], **headers: str) -> tuple[aiohttp.ClientResponse, str]:
        """Press a button of the card page or of the confirm step."""
        async with self.browser.post(
            f"{self.base_url}/kpg/paymentrouter.htm", data=fields, allow_redirects=False, headers=headers
        ) as response:
            return response, await response.text()

    async def open_card_page(self, track_id: str = "TRK1") -> dict[str, str]:
        """Start a payment and return the hidden fields of its card form."""
        started, _ = await self.get(self.start_url(track_id))
        assert started.status == 302
        page, text = await self.get(started.headers["Location"])
        assert page.status == 200
        return hidden_fields(text)

    async def pay(
        self, card: Mapping[str, str] = APPROVING, track_id: str = "TRK1"
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Walk through both steps and return the answer to the second."""
        hidden = await self.open_card_page(track_id)
        return await self.confirm(hidden, card)

    async def confirm(
        self, hidden: Mapping[str, str], card: Mapping[str, str] = APPROVING
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Submit a card on an open card page, confirm it and return the answer."""
        submitted, _ = await self.post({**hidden, **card})
        assert submitted.status == 303
        _, text = await self.get(submitted.headers["Location"])
        return await self.post(hidden_fields(text) | {"proceedConfirm": "1"})

    async def cancel(self, track_id: str = "TRK1") -> tuple[aiohttp.ClientResponse, str]:
        """Open the card page, press Cancel and return the answer."""
        return await self.post(await self.open_card_page(track_id) | {"cancel": "1"})

    async def inquire(
        self,
        track_id: str = "TRK1",
        *,
        key: SearchKey = SearchKey.TRACK_ID,
        value: str | None = None,
        amount: Money = AMOUNT,
    ) -> InquiryResponse | PipeError:
        """Ask what became of an order."""
        request = InquiryRequest(TERMINAL_ID, PASSWORD, amount, track_id, key, value or track_id)
        return await self.ask(write_inquiry_request(request))

    async def word(self, track_id: str = "TRK1", *, amount: Money = AMOUNT) -> str:
        """The result of an inquiry by track id, or the code of its error."""
        answer = await self.inquire(track_id, amount=amount)
        return answer.result if isinstance(answer, InquiryResponse) else str(answer.code)

    async def ask(self, xml: str) -> InquiryResponse | PipeError:
        """Post XML to tranPipe and read the answer, which has status 200."""
        status, answer = await self.ask_raw(xml)
        assert status == 200
        return read_pipe_response(answer)

    async def ask_raw(self, xml: str) -> tuple[int, bytes]:
        """Post XML to tranPipe and return status and body as they came."""
        url, headers = pipe_url(f"{self.base_url}/kpg"), {"Content-Type": "application/xml"}
        async with self.browser.post(url, data=xml, headers=headers) as response:
            return response.status, await response.read()


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of the first form of a page."""
    form = page.partition("<form")[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found}


def form_in(page: str) -> tuple[str, dict[str, str]]:
    """Where the form of a page posts to, and its hidden fields."""
    [action] = re.findall(r'<form method="post" action="([^"]*)">', page)
    return html.unescape(action), hidden_fields(page)


def error_in(answer: aiohttp.ClientResponse) -> ErrorReturn:
    """The error that a redirect carries to errorURL."""
    assert answer.status in (302, 303)
    return read_error_return(dict(parse_qsl(urlsplit(answer.headers["Location"]).query)))


@asynccontextmanager
async def merchant_serving() -> AsyncIterator[MerchantServer]:
    """A merchant, listening for the length of the block."""
    server = MerchantServer()
    async with serving(server.app()) as base_url:
        server.base_url = base_url
        try:
            yield server
        finally:
            # A test that failed while the merchant thinks must not wait for it for ever.
            server.speak()


@asynccontextmanager
async def banking(
    merchant: MerchantServer,
    books: Path,
    clock: MovableClock,
    *,
    of_settings: Mapping[str, Any] = MappingProxyType({}),
    **of_terminal: Any,
) -> AsyncIterator[Bank]:
    """
    A bank of one terminal, listening for the length of the block.

    Args:
        merchant: The only one it knows.
        books: The file of its books.
        clock: Its time.
        of_settings: What is other than usual in its settings.
        of_terminal: What is other than usual with the terminal.
    """
    usual: dict[str, Any] = {
        "tranportal_id": TERMINAL_ID,
        "password": PASSWORD,
        "key": KEY,
        "error_origins": frozenset({merchant.base_url}),
    }
    terminal = SimulatorTerminal(**usual | of_terminal)
    settings = SimulatorSettings(
        books, (terminal,), base_path="/kpg", notification_timeout=timedelta(seconds=0.3)
    )
    settings = replace(settings, **of_settings)
    simulator = Simulator(settings, clock=clock)
    async with (
        simulator,
        serving(Starlette(routes=[Mount("/kpg", app=simulator.app)])) as base_url,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser,
    ):
        yield Bank(base_url, settings, simulator, browser, merchant, clock)
