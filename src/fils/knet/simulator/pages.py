"""
What the customer's browser meets: the start, the card form, the confirm step, and how an order ends.

Paths and names of form fields are those of KNET's own page, so that browser tests written for it find their way.
The card number and the PIN are read from one request and forgotten with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fils.knet.simulator.books import Books, Order, OrderState
from fils.knet.simulator.cards import CardFaults, expiry_years, read_card
from fils.knet.simulator.endings import BrowserClosed, EndedBefore, Endings, PostForm, SendTo, Undelivered
from fils.knet.simulator.outcomes import CANCELED, Decision, decide
from fils.knet.simulator.security import is_own_form, page_token
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.start import StartRefused, read_start
from fils.knet.simulator.texts import error_words
from fils.knet.simulator.views import Views
from fils.knet.wire import ErrorReturn, Language, write_error_return

MAX_BODY_BYTES: Final = 65_536


class PageRefused(Exception):
    """A page cannot be shown or a form not be taken; the customer sees KNET's code for it."""

    def __init__(self, number: str, status: int, order: Order | None = None) -> None:
        self.code = f"IPAY0100{number}"
        self.status = status
        self.order = order
        """Whose errorURL may be offered as the way back."""
        super().__init__(self.code)


class BodyTooLarge(Exception):
    """A request's body is longer than any honest one."""


async def read_body(request: Request) -> bytes:
    """
    Read a request's body.

    Raises:
        BodyTooLarge: As soon as it is longer than *MAX_BODY_BYTES*.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
    return body


class Pages:
    """The endpoints for browsers, over one bank's books."""

    def __init__(
        self,
        settings: SimulatorSettings,
        books: Books,
        endings: Endings,
        views: Views,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._books = books
        self._endings = endings
        self._views = views
        self._clock = clock

    async def start(self, request: Request) -> Response:
        """``PaymentHTTP.htm``: check the start message, open an order, send the browser to its card page."""
        if request.method == "HEAD":
            return Response(status_code=405, headers={"Allow": "GET, POST"})
        outer = dict(request.query_params)
        if request.method == "POST":
            outer |= await _read_form(request)
        if outer.get("param") != "paymentInit":
            raise PageRefused("038", 400)
        placed = read_start(outer, self._settings)
        if isinstance(placed, StartRefused):
            return self._refuse_start(request, placed)
        order = self._books.open_order(placed, self._clock())
        if order.state is OrderState.PROCESSED or order.placed != placed:
            amount_text = placed.amount.to_text()
            refused = StartRefused("IPAY0100114", placed.error_url, placed.track_id, amount_text)
            return self._refuse_start(request, refused)
        # The same message again is the same order: a customer reloaded, or went back.
        return RedirectResponse(self._address("paymentpage.htm", order), 302)

    async def show_card(self, request: Request) -> Response:
        """``paymentpage.htm``: the card form of an open order."""
        order, terminal = self._open_order(request.query_params.get("PaymentID", ""), "047")
        self._books.present(order.payment_id)
        token = page_token(order.payment_id, terminal.key)
        return self._views.card_page(order, terminal, token, self._years())

    async def show_confirm(self, request: Request) -> Response:
        """``paymentconfirm.htm``: the masked card of an open order, to be confirmed."""
        order, terminal = self._open_order(request.query_params.get("PaymentID", ""), "047")
        if order.card is None:
            return RedirectResponse(self._address("paymentpage.htm", order), 303)
        token = page_token(order.payment_id, terminal.key)
        return self._views.confirm_page(order, order.card, terminal, token)

    async def take_form(self, request: Request) -> Response:
        """``paymentrouter.htm``: a button of either step was pressed; its name says which."""
        form = await _read_form(request)
        order, terminal = self._open_order(form.get("PaymentID", ""), "055")
        if not is_own_form(request, form.get("token", ""), page_token(order.payment_id, terminal.key)):
            raise PageRefused("038", 403)
        if "cancel" in form or "confirmcancel" in form:
            return await self._end(order, terminal, CANCELED)
        if "proceedConfirm" in form and order.card is not None:
            decision = decide(order.card.kind, order.card.expiry, self._settings.approving_expiry)
            return await self._end(order, terminal, decision)
        if "proceed" in form:
            return self._take_card(order, terminal, form)
        self._books.hold_card(order.payment_id, None)
        return RedirectResponse(self._address("paymentpage.htm", order), 303)

    async def show_refusal(self, request: Request, refused: Exception) -> Response:
        """Answer a ``PageRefused`` with the error page; Starlette calls this."""
        if not isinstance(refused, PageRefused):
            raise refused
        order = refused.order
        language = order.placed.language if order else browser_language(request)
        return_url = self._error_address(order, refused.code) if order else None
        return self._views.error_page(language, refused.code, refused.status, return_url=return_url)

    def _take_card(self, order: Order, terminal: SimulatorTerminal, form: Mapping[str, str]) -> Response:
        years = self._years()
        card = read_card(form, years)
        if isinstance(card, CardFaults):
            token = page_token(order.payment_id, terminal.key)
            return self._views.card_page(order, terminal, token, years, sent=form, faults=card)
        if not self._books.hold_card(order.payment_id, card):
            raise PageRefused("055", 409, self._books.read(order.payment_id))
        return RedirectResponse(self._address("paymentconfirm.htm", order), 303)

    async def _end(self, order: Order, terminal: SimulatorTerminal, decision: Decision) -> Response:
        try:
            destination = await self._endings.end(order, terminal, decision)
        except EndedBefore:
            raise PageRefused("055", 409, self._books.read(order.payment_id)) from None
        match destination:
            case SendTo(url):
                return RedirectResponse(url, 303)
            case Undelivered():
                raise PageRefused("249", 502, self._books.read(order.payment_id))
            case PostForm(url, fields):
                return self._views.handover_page(order.placed.language, url, fields)
            case BrowserClosed():
                return self._views.closed_page(order.placed.language)

    def _open_order(self, payment_id: str, number_if_finished: str) -> tuple[Order, SimulatorTerminal]:
        if not payment_id:
            raise PageRefused("037", 400)
        order = self._books.read(payment_id)
        terminal = self._settings.terminal(order.placed.terminal_id) if order else None
        if order is None or terminal is None:
            raise PageRefused("041", 404)
        if order.state is OrderState.PROCESSED:
            raise PageRefused(number_if_finished, 409, order)
        if self._clock() > order.opened_at + self._settings.page_limit:
            raise PageRefused("042", 410, order)
        return order, terminal

    def _refuse_start(self, request: Request, refused: StartRefused) -> Response:
        if refused.error_url is None:
            return self._views.error_page(browser_language(request), refused.code, 400)
        fields = ErrorReturn(
            error=refused.code,
            error_text=f"{refused.code} - {error_words(refused.code)}",
            track_id=refused.track_id,
            amount_text=refused.amount_text,
        )
        return RedirectResponse(f"{refused.error_url}?{urlencode(write_error_return(fields))}", 302)

    def _error_address(self, order: Order, code: str) -> str:
        udf1, udf2, udf3, udf4, udf5 = order.placed.user_fields
        fields = ErrorReturn(
            error=code,
            error_text=f"{code} - {error_words(code)}",
            track_id=order.placed.track_id,
            payment_id=order.payment_id,
            amount_text=order.placed.amount.to_text(),
            udf1=udf1,
            udf2=udf2,
            udf3=udf3,
            udf4=udf4,
            udf5=udf5,
        )
        return f"{order.placed.error_url}?{urlencode(write_error_return(fields))}"

    def _address(self, page: str, order: Order) -> str:
        return f"{self._settings.base_path}/{page}?PaymentID={order.payment_id}"

    def _years(self) -> range:
        return expiry_years(self._clock(), self._settings.approving_expiry[0])


async def _read_form(request: Request) -> dict[str, str]:
    body = await read_body(request)
    try:
        # Browsers send UTF-8; anything else becomes characters that no field accepts.
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise PageRefused("038", 400) from None


def browser_language(request: Request) -> Language:
    """Return the language a browser asks for first, if it is one of ours; else English."""
    wanted = request.headers.get("accept-language", "")
    return Language.ARABIC if wanted.lower().startswith("ar") else Language.ENGLISH
