"""
The three calls of the payment API that a shop makes, and what it reads of the answers.

Nothing here knows about pages. Shapes are those of Checkout.com's Payment Setup API for KNET and of its
``GET /payments/{id}``; fields that the shop does not use are ignored, as that API asks of its clients.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

if TYPE_CHECKING:
    import aiohttp

ANSWER_TIMEOUT_SECONDS: Final = 15
"""How long the shop waits for one answer; a customer is waiting too."""

_Shape = TypeVar("_Shape")


class KnetSource(msgspec.Struct, frozen=True):
    """What KNET said about a payment: the ``source`` block. All may be missing while it is pending."""

    knet_payment_id: str = ""
    knet_track_id: str = ""
    knet_transaction_id: str = ""
    bank_reference: str = ""
    auth_code: str = ""


class PaymentAction(msgspec.Struct, frozen=True):
    """One line of ``actions``, which the API sends newest first when a payment is fetched by its session."""

    response_code: str = ""
    response_summary: str = ""


class Payment(msgspec.Struct, frozen=True):
    """A payment as the API tells it."""

    id: str
    status: str
    amount: Annotated[int, msgspec.Meta(ge=0)]
    """Integer minor units: 1000 in KWD is 1.000 KWD."""
    currency: str
    reference: str = ""
    response_code: str = ""
    response_summary: str = ""
    source: KnetSource = KnetSource()
    actions: tuple[PaymentAction, ...] = ()

    def latest_response(self) -> tuple[str, str]:
        """Give the response code and its summary, from the payment itself or else from its newest action."""
        if self.response_code or not self.actions:
            return self.response_code, self.response_summary
        return self.actions[0].response_code, self.actions[0].response_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the shop asks to be paid for."""

    amount_minor: int
    """Integer minor units of *currency*."""
    currency: str
    reference: str
    description: str
    language: str
    """``en`` or ``ar``: the language of KNET's page."""
    success_url: str
    failure_url: str


class ApiFailure(Exception):
    """The API did not do what was asked: it refused, gave no answer, or gave one that cannot be read."""

    def __init__(
        self, *, status: int | None = None, error_codes: tuple[str, ...] = (), request_id: str = ""
    ) -> None:
        super().__init__(f"the payment API answered {status or 'nothing'}")
        self.status = status
        """The HTTP status, or None when there was no answer."""
        self.error_codes = error_codes
        """The machine words of a 422, such as ``amount_invalid``."""
        self.request_id = request_id
        """What to quote to the API's operator; empty when there was no answer."""


class _Link(msgspec.Struct, frozen=True):
    href: str


class _Links(msgspec.Struct, frozen=True):
    redirect: _Link


class _CreatedSetup(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern=r"^set_[A-Za-z0-9_]{26}\Z")]


class _ConfirmedPayment(msgspec.Struct, frozen=True):
    status: str
    links: _Links = msgspec.field(name="_links")


class _ConfirmedSetup(msgspec.Struct, frozen=True):
    latest_payment: _ConfirmedPayment


class _Refusal(msgspec.Struct, frozen=True):
    request_id: str = ""
    error_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    request_id: str
    body: bytes

    def failure(self) -> ApiFailure:
        try:
            refusal = msgspec.json.decode(self.body or b"{}", type=_Refusal)
        except msgspec.MsgspecError:
            refusal = _Refusal()
        request_id = refusal.request_id or self.request_id
        return ApiFailure(status=self.status, error_codes=refusal.error_codes, request_id=request_id)

    def read(self, shape: type[_Shape], *, expected: tuple[HTTPStatus, ...]) -> _Shape:
        if self.status not in expected:
            raise self.failure()
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.MsgspecError as error:
            raise self.failure() from error


class PaymentsApi:
    """The payment API of one account, asked with its secret key."""

    def __init__(self, session: aiohttp.ClientSession, *, api_url: str, secret_key: str) -> None:
        self._session = session
        self._api_url = api_url.rstrip("/")
        self._authorization = f"Bearer {secret_key}"

    async def start_payment(self, order: Order, *, processing_channel_id: str) -> str:
        """
        Create a payment setup, confirm it for KNET, and give the address to send the customer to.

        Raises:
            ApiFailure: If either call fails or its answer has no address. The customer has not left the shop.
        """
        created = await self._ask("POST", "/payments/setups", _setup_request(order, processing_channel_id))
        setup = created.read(_CreatedSetup, expected=(HTTPStatus.OK, HTTPStatus.CREATED))
        confirmed = await self._ask("POST", f"/payments/setups/{setup.id}/confirm/knet")
        if confirmed.status == HTTPStatus.OK:
            # The other of the two documented answers of a confirm.
            payment = confirmed.read(_ConfirmedSetup, expected=(HTTPStatus.OK,)).latest_payment
        else:
            payment = confirmed.read(_ConfirmedPayment, expected=(HTTPStatus.ACCEPTED,))
        href = payment.links.redirect.href
        if payment.status != "Pending" or urlsplit(href).scheme not in {"http", "https"}:
            raise confirmed.failure()
        return href

    async def get_payment(self, payment_id: str) -> Payment:
        """
        Ask what happened to a payment.

        Args:
            payment_id: ``pay_...``, or the ``sid_...`` of a customer's return; its shape is already checked.

        Raises:
            ApiFailure: If there is no such payment (status 404), or no answer that can be read.
        """
        answer = await self._ask("GET", f"/payments/{payment_id}")
        return answer.read(Payment, expected=(HTTPStatus.OK,))

    async def _ask(self, method: str, path: str, document: dict[str, object] | None = None) -> _Answer:
        import aiohttp

        headers = {"Authorization": self._authorization, "Accept": "application/json"}
        if method == "POST":
            headers |= {"Content-Type": "application/json", "Cko-Idempotency-Key": str(uuid4())}
        body = None if document is None else msgspec.json.encode(document)
        try:
            async with (
                asyncio.timeout(ANSWER_TIMEOUT_SECONDS),
                self._session.request(
                    method, self._api_url + path, headers=headers, data=body, allow_redirects=False
                ) as response,
            ):
                request_id = response.headers.get("Cko-Request-Id", "")
                return _Answer(response.status, request_id, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiFailure from error


def _setup_request(order: Order, processing_channel_id: str) -> dict[str, object]:
    return {
        "amount": order.amount_minor,
        "currency": order.currency,
        "processing_channel_id": processing_channel_id,
        "reference": order.reference,
        "description": order.description,
        "payment_methods": {"knet": {"language": order.language}},
        "settings": {"success_url": order.success_url, "failure_url": order.failure_url},
    }
