"""
What the customer's browser meets: the start, the card form, the confirm step, and how an order ends.

Paths and names of form fields are those of KNET's own page, so that browser tests written for it find their way.
The card number, the PIN and the one-time password are read from one request and forgotten with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fils.knet.simulator.books import Books
from fils.knet.simulator.cards import CardFaults, card_shown, expiry_years, read_card
from fils.knet.simulator.endings import (
    BrowserClosed,
    EndedBefore,
    Endings,
    PostForm,
    SendTo,
    Undelivered,
    carry_error,
    return_with_error,
)
from fils.knet.simulator.faults import FaultsInvalid
from fils.knet.simulator.orders import Card, Order, OrderState
from fils.knet.simulator.otp import OTP_TRIES, OtpFault, check_otp
from fils.knet.simulator.outcomes import CANCELED, OTP_TRIES_OVER, Decision, asks_for_otp, decide
from fils.knet.simulator.panel import fill_in, read_panel
from fils.knet.simulator.security import is_own_form, page_token
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.start import StartRefused, read_start
from fils.knet.simulator.texts import error_words
from fils.knet.simulator.views import CardPage, Views, WayOn
from fils.knet.wire import ErrorReturn, Language

MAX_BODY_BYTES: Final = 65_536

_OPEN_ELSEWHERE: Final = "IPAY0100040"


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
            return self._refuse_start(request, outer, placed)
        order = self._books.open_order(placed, self._clock())
        if order.state is OrderState.PROCESSED or order.placed != placed:
            amount_text = placed.amount.to_text()
            refused = StartRefused("IPAY0100114", placed.error_url, placed.track_id, amount_text)
            return self._refuse_start(request, outer, refused)
        # The same message again is the same order: a customer reloaded, or went back.
        return RedirectResponse(self._address("paymentpage.htm", order), 302)

    async def show_card(self, request: Request) -> Response:
        """``paymentpage.htm``: the card form of an open order."""
        order, terminal = self._open_order(request.query_params.get("PaymentID", ""), "047")
        self._books.present(order.payment_id)
        chosen = request.query_params.get("card", "")
        sent = fill_in(chosen, self._settings.approving_expiry) if chosen else None
        return self._views.card_page(self._card_page(order, terminal), sent=sent)

    async def show_confirm(self, request: Request) -> Response:
        """``paymentconfirm.htm``: the masked card of an open order, to be confirmed."""
        order, terminal = self._open_order(request.query_params.get("PaymentID", ""), "047")
        if order.card is None:
            return RedirectResponse(self._address("paymentpage.htm", order), 303)
        return self._confirm_page(order, order.card, terminal)

    async def take_form(self, request: Request) -> Response:
        """``paymentrouter.htm``: a button of either step was pressed; its name says which."""
        form = await _read_form(request)
        order, terminal = self._open_order(form.get("PaymentID", ""), "055")
        if not is_own_form(request, form.get("token", ""), page_token(order.payment_id, terminal.key)):
            raise PageRefused("038", 403)
        if "cancel" in form or "confirmcancel" in form:
            return await self._end(order, terminal, CANCELED)
        if "proceed" in form:
            return self._take_card(order, terminal, form)
        if "faults" in form:
            return self._set_faults(order, terminal, form)
        if "proceedConfirm" in form and order.card is not None:
            return await self._confirm(order, order.card, terminal, form)
        if "resend" in form and self._books.resend_otp(order.payment_id, self._clock()):
            return RedirectResponse(self._address("paymentconfirm.htm", order), 303)
        self._books.hold_card(order.payment_id, None)
        return RedirectResponse(self._address("paymentpage.htm", order), 303)

    async def show_refusal(self, request: Request, refused: Exception) -> Response:
        """Answer a ``PageRefused`` with the error page; Starlette calls this."""
        if not isinstance(refused, PageRefused):
            raise refused
        order = refused.order
        language = order.placed.language if order else browser_language(request)
        way_on = self._way_on(order, refused.code) if order else None
        return self._views.error_page(language, refused.code, refused.status, way_on=way_on)

    def _take_card(self, order: Order, terminal: SimulatorTerminal, form: Mapping[str, str]) -> Response:
        card = read_card(form, self._years())
        if isinstance(card, CardFaults):
            return self._views.card_page(self._card_page(order, terminal), sent=form, faults=card)
        wants_otp = asks_for_otp(card.kind, card.expiry, self._settings.approving_expiry)
        otp_sent_at = self._clock() if wants_otp else None
        if not self._books.hold_card(order.payment_id, card, otp_sent_at=otp_sent_at):
            raise PageRefused("055", 409, self._books.read(order.payment_id))
        return RedirectResponse(self._address("paymentconfirm.htm", order), 303)

    def _set_faults(self, order: Order, terminal: SimulatorTerminal, form: Mapping[str, str]) -> Response:
        try:
            faults = read_panel(form, self._books.faults_of(terminal, order))
        except FaultsInvalid:
            raise PageRefused("038", 400, order) from None
        self._books.set_order_faults(order.payment_id, faults)
        return RedirectResponse(f"{self._address('paymentpage.htm', order)}#panel", 303)

    async def _confirm(
        self, order: Order, card: Card, terminal: SimulatorTerminal, form: Mapping[str, str]
    ) -> Response:
        if form.get("shown", card_shown(card)) != card_shown(card):
            # Another tab has submitted another card since: nobody pays with a card that they were not shown.
            raise PageRefused("040", 409, order)
        if order.otp_sent_at is not None:
            fault = check_otp(form.get("debitOTP", ""), order.otp_sent_at, self._clock())
            if fault is not None:
                return await self._refuse_otp(order, card, terminal, fault)
        return await self._end(
            order, terminal, decide(card.kind, card.expiry, self._settings.approving_expiry)
        )

    async def _refuse_otp(
        self, order: Order, card: Card, terminal: SimulatorTerminal, fault: OtpFault
    ) -> Response:
        if fault is OtpFault.WRONG:
            self._books.count_otp_failure(order.payment_id)
            order = self._books.read(order.payment_id) or order
        if order.otp_failure_count >= OTP_TRIES:
            return await self._end(order, terminal, OTP_TRIES_OVER)
        return self._confirm_page(order, card, terminal, fault)

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

    def _refuse_start(self, request: Request, outer: Mapping[str, str], refused: StartRefused) -> Response:
        terminal = self._settings.terminal(outer.get("tranportalId", ""))
        if refused.error_url is None or terminal is None:
            return self._views.error_page(browser_language(request), refused.code, 400)
        fields = ErrorReturn(
            error=refused.code,
            error_text=f"{refused.code} - {error_words(refused.code)}",
            track_id=refused.track_id,
            amount_text=refused.amount_text,
        )
        match carry_error(refused.error_url, fields, by_post=terminal.error_by_post):
            case SendTo(url):
                return RedirectResponse(url, 302)
            case PostForm(url, form_fields):
                way_on = WayOn(url, form_fields)
                return self._views.error_page(browser_language(request), refused.code, 400, way_on=way_on)

    def _way_on(self, order: Order, code: str) -> WayOn | None:
        """Where the error page of an order leads: back to its card page while it is open elsewhere, else away."""
        if code == _OPEN_ELSEWHERE:
            return WayOn(self._address("paymentpage.htm", order), to_merchant=False)
        terminal = self._settings.terminal(order.placed.terminal_id)
        if terminal is None:
            return None
        match return_with_error(order, terminal, code):
            case SendTo(url):
                return WayOn(url)
            case PostForm(url, form_fields):
                return WayOn(url, form_fields)

    def _card_page(self, order: Order, terminal: SimulatorTerminal) -> CardPage:
        return CardPage(
            order=order,
            terminal=terminal,
            token=page_token(order.payment_id, terminal.key),
            years=self._years(),
            faults_set=self._books.faults_of(terminal, order),
        )

    def _confirm_page(
        self, order: Order, card: Card, terminal: SimulatorTerminal, fault: OtpFault | None = None
    ) -> Response:
        token = page_token(order.payment_id, terminal.key)
        return self._views.confirm_page(order, card, terminal, token, fault)

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
