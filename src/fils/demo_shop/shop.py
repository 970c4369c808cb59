"""
The shop's addresses and what each does. Texts, templates and the judging of payments live beside it.

The shop has no storage: what a page shows it has just asked the API.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fils.demo_shop.outcome import Outcome, judge_payment
from fils.demo_shop.pages import SECURITY_HEADERS, Page, PageWriter, shop_stylesheet
from fils.demo_shop.payments_api import ApiFailure, Order, PaymentsApi
from fils.demo_shop.returns import (
    CustomerReturn,
    ReturnUnreadable,
    is_same_site_form,
    read_return,
)
from fils.demo_shop.texts import ARABIC, ENGLISH, Problem, Texts

if TYPE_CHECKING:
    import aiohttp

PRICE_MINOR: Final = 1000
"""What the one product costs, in fils: 1.000 KWD."""
CURRENCY: Final = "KWD"
LOOK_INTERVAL_SECONDS: Final = 5
LOOKS_MAX: Final = 12
"""After a minute of looking by itself the page stops and says that it may be closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoShopSettings:
    """What the shop must be told."""

    api_url: str
    """Where the shop's server reaches the API, such as ``http://127.0.0.1:4140``."""
    public_url: str
    """What a browser sees before every path, such as ``http://localhost:4140``; no slash at the end."""
    secret_key: str = field(repr=False)
    processing_channel_id: str
    base_path: str = "/shop"
    """Under which path the shop lives; starts with a slash, ends without."""


class DemoShop:
    """
    The shop. ``routes`` go into another application, ``app`` serves the same alone.

    Call ``open`` before the first request and ``close`` after the last: nobody runs the lifespan of an
    application that lives inside another.
    """

    def __init__(self, settings: DemoShopSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._url = settings.public_url.rstrip("/") + settings.base_path
        self._path = urlsplit(self._url).path
        self._pages = PageWriter(
            shop_path=self._path, assets_path=urlsplit(settings.public_url).path.rstrip("/") + "/assets"
        )
        base = settings.base_path
        self.routes: Final = [
            Route(base, self._show_product, methods=["GET"]),
            Route(f"{base}/pay", self._pay, methods=["POST"]),
            Route(f"{base}/pay", self._go_home, methods=["GET"]),
            Route(f"{base}/success", self._show_success, methods=["GET"]),
            Route(f"{base}/failure", self._show_failure, methods=["GET"]),
            Route(f"{base}/shop.css", _send_stylesheet, methods=["GET"]),
        ]
        """Full paths, ``base_path`` included."""
        self.app: Final = Starlette(routes=self.routes)

    async def open(self) -> None:
        """Get ready to ask the API. Nothing is asked yet, so the API may start later."""
        import aiohttp

        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        """Let go of the connections to the API."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def _api(self) -> PaymentsApi:
        if self._session is None:
            raise RuntimeError("the demo shop is not open")
        settings = self._settings
        return PaymentsApi(self._session, api_url=settings.api_url, secret_key=settings.secret_key)

    async def _show_product(self, request: Request) -> Response:
        texts = _texts_of(request)
        page = Page(texts=texts, other_language_url=f"{self._path}?lang={texts.other_language}")
        return self._pages.write_product(page, price_minor=PRICE_MINOR, currency=CURRENCY)

    async def _go_home(self, request: Request) -> Response:
        return self._redirect(f"{self._path}?lang={_texts_of(request).language}")

    async def _pay(self, request: Request) -> Response:
        texts = _texts_of(request)
        page = Page(texts=texts, other_language_url=f"{self._path}?lang={texts.other_language}")
        if not is_same_site_form(request.headers, own_url=self._url):
            return self._pages.write_problem(page, Problem.FOREIGN_FORM, status=HTTPStatus.FORBIDDEN)
        try:
            href = await self._api.start_payment(
                self._new_order(texts), processing_channel_id=self._settings.processing_channel_id
            )
        except ApiFailure as failure:
            return self._pages.write_problem(
                page, Problem.NOT_STARTED, status=HTTPStatus.BAD_GATEWAY, failure=failure
            )
        return self._redirect(href)

    def _new_order(self, texts: Texts) -> Order:
        number = secrets.token_hex(4).upper()
        return Order(
            amount_minor=PRICE_MINOR,
            currency=CURRENCY,
            reference=f"ORD-{number[:4]}-{number[4:]}",
            description=texts.product,
            language=texts.language,
            success_url=f"{self._url}/success?lang={texts.language}",
            failure_url=f"{self._url}/failure?lang={texts.language}",
        )

    async def _show_success(self, request: Request) -> Response:
        return await self._show_return(request, door="success")

    async def _show_failure(self, request: Request) -> Response:
        return await self._show_return(request, door="failure")

    async def _show_return(self, request: Request, *, door: str) -> Response:
        texts = _texts_of(request)
        path = f"{self._path}/{door}"
        try:
            customer_return = read_return(request.query_params)
        except ReturnUnreadable:
            page = Page(texts=texts, other_language_url=f"{path}?lang={texts.other_language}")
            return self._pages.write_problem(page, Problem.NO_PAYMENT_NAMED, status=HTTPStatus.BAD_REQUEST)
        other = customer_return.to_query(language=texts.other_language)
        same = customer_return.to_query(language=texts.language)
        page = Page(texts=texts, other_language_url=f"{path}?{other}", again_url=f"{path}?{same}")
        return await self._answer_return(page, customer_return, door=door)

    async def _answer_return(self, page: Page, customer_return: CustomerReturn, *, door: str) -> Response:
        try:
            payment = await self._api.get_payment(customer_return.to_ask)
        except ApiFailure as failure:
            if failure.status == HTTPStatus.NOT_FOUND:
                status, problem = HTTPStatus.NOT_FOUND, Problem.UNKNOWN_PAYMENT
            else:
                status, problem = HTTPStatus.BAD_GATEWAY, Problem.NOT_ASKED
            return self._pages.write_problem(page, problem, status=status, failure=failure)
        outcome = judge_payment(payment, price_minor=PRICE_MINOR, currency=CURRENCY)
        looks_again = outcome is Outcome.UNDECIDED and customer_return.look_count < LOOKS_MAX
        response = self._pages.write_outcome(page, payment, outcome, door=door, looks_again=looks_again)
        if looks_again:
            query = customer_return.to_query(
                language=page.texts.language, look_count=customer_return.look_count + 1
            )
            response.headers["Refresh"] = f"{LOOK_INTERVAL_SECONDS}; url={self._path}/{door}?{query}"
        return response

    def _redirect(self, url: str) -> Response:
        return RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER, headers=SECURITY_HEADERS)


async def _send_stylesheet(request: Request) -> Response:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=300"}
    return Response(shop_stylesheet(), media_type="text/css", headers=headers)


def _texts_of(request: Request) -> Texts:
    return ARABIC if request.query_params.get("lang") == "ar" else ENGLISH
