"""
The bank as an ASGI application, and its life: books and connections are opened, served and closed, and in between
what is due is done.

Starlette does not run the lifespan of a mounted application, so a host opens the ``Simulator`` itself; stand-alone,
the application of ``create_simulator`` does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from fils.knet.simulator.books import Books
from fils.knet.simulator.control import Action, Control
from fils.knet.simulator.due_work import DueWork
from fils.knet.simulator.endings import Endings
from fils.knet.simulator.merchant import Merchant
from fils.knet.simulator.pages import BodyTooLarge, PageRefused, Pages, browser_language, read_body
from fils.knet.simulator.pipe import Pipe
from fils.knet.simulator.security import SecurityHeaders
from fils.knet.simulator.settings import SimulatorSettings
from fils.knet.simulator.telling import Teller
from fils.knet.simulator.views import Views

_ASSETS: Final = Path(__file__).with_name("assets")
_FONT: Final = "noto-sans-arabic.woff2"


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Open:
    """The parts of a bank that is open."""

    books: Books
    merchant: Merchant
    pages: Pages
    pipe: Pipe
    control: Control
    due_work: DueWork
    background: asyncio.Task[None]


class Simulator:
    """
    A simulated bank. Mount ``app`` at the settings' base path, and serve it only between ``open`` and ``close``
    (or inside ``async with``), all in one event loop.
    """

    app: Starlette
    """The routes, without the base path in front."""

    def __init__(self, settings: SimulatorSettings, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._clock = clock
        self._parts: _Open | None = None
        self._views = Views(settings)
        self._assets = _read_assets(settings.fonts)
        self.app = self._build()

    async def open(self) -> None:
        """
        Open the books, give up what a process that died was still telling its merchant, and do what is due.

        Raises:
            BooksRefused: If the books were written by another version.
            sqlite3.Error: If the books cannot be read or written.
        """
        settings, clock = self._settings, self._clock
        async with contextlib.AsyncExitStack() as opened:
            books = Books(settings.books)
            opened.callback(books.close)
            merchant = Merchant(settings.notification_timeout)
            opened.push_async_callback(merchant.close)
            teller = Teller(books, merchant, settings, clock)
            due_work = DueWork(books, teller, settings, clock)
            due_work.give_up_interrupted()
            self._parts = _Open(
                books=books,
                merchant=merchant,
                pages=Pages(settings, books, Endings(books, teller, settings, clock), self._views, clock),
                pipe=Pipe(books, settings, settle=due_work.settle, clock=clock),
                control=Control(settings, books, due_work.do),
                due_work=due_work,
                background=asyncio.create_task(due_work.run()),
            )
            opened.pop_all()

    async def close(self) -> None:
        """Stop what is under way, close the connections and the books; closing twice is fine."""
        parts, self._parts = self._parts, None
        if parts is None:
            return
        parts.background.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await parts.background
        await parts.merchant.close()
        parts.books.close()

    async def do_due(self) -> int:
        """
        Do at once what is due by the bank's clock: reversals, late captures, late news.

        The open bank does it by itself within about a second; whoever moves the clock need not wait for that.

        Returns:
            How many things it did.

        Raises:
            sqlite3.Error: If the books are closed or cannot be written.
        """
        return await self._opened().due_work.do()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _build(self) -> Starlette:
        app = Starlette(
            routes=[
                Route("/PaymentHTTP.htm", self._start, methods=["GET", "POST"]),
                Route("/paymentpage.htm", self._show_card),
                Route("/paymentconfirm.htm", self._show_confirm),
                Route("/paymentrouter.htm", self._take_form, methods=["POST"]),
                Route("/tranPipe.htm", self._answer_pipe, methods=["POST"]),
                Route("/assets/{name}", self._asset),
                Route(
                    "/control/faults", self._controlled_by(Control.terminal_faults), methods=["GET", "PUT"]
                ),
                Route("/control/orders/{payment_id}", self._controlled_by(Control.order), methods=["GET"]),
                Route(
                    "/control/orders/{payment_id}/faults",
                    self._controlled_by(Control.order_faults),
                    methods=["GET", "PUT", "DELETE"],
                ),
                Route("/control/due", self._controlled_by(Control.due), methods=["POST"]),
            ],
            middleware=[Middleware(SecurityHeaders)],
            exception_handlers={
                PageRefused: self._show_refusal,
                BodyTooLarge: _too_large,
                sqlite3.Error: self._unavailable,
            },
        )
        # The redirect to an address without its slash would be built from the Host header.
        app.router.redirect_slashes = False
        return app

    async def _start(self, request: Request) -> Response:
        return await self._opened().pages.start(request)

    async def _show_card(self, request: Request) -> Response:
        return await self._opened().pages.show_card(request)

    async def _show_confirm(self, request: Request) -> Response:
        return await self._opened().pages.show_confirm(request)

    async def _take_form(self, request: Request) -> Response:
        return await self._opened().pages.take_form(request)

    async def _show_refusal(self, request: Request, refused: Exception) -> Response:
        return await self._opened().pages.show_refusal(request, refused)

    async def _answer_pipe(self, request: Request) -> Response:
        answer = await self._opened().pipe.answer(await read_body(request))
        return Response(answer.xml, answer.status, media_type="application/xml")

    def _controlled_by(self, action: Action) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await self._opened().control.answer(request, action)

        return answer

    async def _unavailable(self, request: Request, error: Exception) -> Response:
        # Whatever was being changed was rolled back; an order caught between two changes is settled by an inquiry.
        page = self._views.unavailable_page(browser_language(request))
        page.headers["Retry-After"] = "2"
        return page

    async def _asset(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return Response(status_code=404)
        content, media_type = asset
        return Response(content, media_type=media_type, headers={"Cache-Control": "public, max-age=3600"})

    def _opened(self) -> _Open:
        if self._parts is None:
            raise sqlite3.ProgrammingError("the books are closed")
        return self._parts


def create_simulator(settings: SimulatorSettings, *, clock: Callable[[], datetime] = utc_now) -> Starlette:
    """
    Return the simulated bank as an application of its own, served under the settings' base path.

    Its lifespan opens and closes the books.

    Args:
        settings: What the bank is told.
        clock: Returns aware UTC times.
    """
    simulator = Simulator(settings, clock=clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with simulator:
            yield

    return Starlette(routes=[Mount(settings.base_path, app=simulator.app)], lifespan=lifespan)


def _read_assets(fonts: Path | None) -> dict[str, tuple[bytes, str]]:
    assets = {
        "simulator.css": ((_ASSETS / "simulator.css").read_bytes(), "text/css"),
        "icon.svg": ((_ASSETS / "icon.svg").read_bytes(), "image/svg+xml"),
        "chevron.svg": ((_ASSETS / "chevron.svg").read_bytes(), "image/svg+xml"),
    }
    font = fonts / _FONT if fonts else None
    if font is not None and font.is_file():
        assets[_FONT] = (font.read_bytes(), "font/woff2")
    return assets


async def _too_large(request: Request, error: Exception) -> Response:
    return Response("The request is too large.", 413, media_type="text/plain")
