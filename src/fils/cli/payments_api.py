"""
The calls of the payment API that ``fils pay`` makes, and what it reads of the answers.

One connection for each call: a person waits, not a machine. Shapes are those of Checkout.com's Payment Setup API for
KNET and of its ``GET /payments/{id}``; fields that are not used are ignored, as that API asks of its clients.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

_ANSWER_TIMEOUT_S: Final = 15
_ANSWER_BYTES_MAX: Final = 1 << 20

_Shape = TypeVar("_Shape", bound=msgspec.Struct)


class KnetSource(msgspec.Struct, frozen=True):
    """What KNET said about a payment; all may be missing while it is pending."""

    knet_payment_id: str = ""
    bank_reference: str = ""


class PaymentAction(msgspec.Struct, frozen=True):
    """One line of ``actions``, newest first where the API sends them."""

    response_code: str = ""
    response_summary: str = ""


class Payment(msgspec.Struct, frozen=True):
    """A payment as the API tells it."""

    id: str
    status: str
    amount: Annotated[int, msgspec.Meta(ge=0)]
    """Integer minor units: 1000 in KWD is 1.000 KWD."""
    currency: str
    response_code: str = ""
    response_summary: str = ""
    source: KnetSource = KnetSource()
    actions: tuple[PaymentAction, ...] = ()

    @property
    def response(self) -> tuple[str, str]:
        """The response code and its summary, of the payment itself or else of its newest action."""
        if self.response_code or not self.actions:
            return self.response_code, self.response_summary
        return self.actions[0].response_code, self.actions[0].response_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be paid, and where the customer goes afterwards."""

    amount_minor: int
    """Integer minor units of *currency*."""
    currency: str
    processing_channel_id: str
    language: str
    """``en`` or ``ar``: the language of KNET's page."""
    success_url: str
    failure_url: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class StartedPayment:
    """A payment that waits for its customer at *link*."""

    id: str
    link: str


class ApiUnreachable(Exception):
    """Nobody answered, or nobody who speaks HTTP. The text says what the system said."""


class ApiRefused(Exception):
    """The API did not do what was asked, or its answer cannot be read."""

    def __init__(self, *, status: int, error_codes: tuple[str, ...] = (), request_id: str = "") -> None:
        super().__init__(f"the payment API answered {status}")
        self.status = status
        self.error_codes = error_codes
        """The machine words of a 422, such as ``amount_invalid``."""
        self.request_id = request_id
        """What to quote to the operator; empty if the API gave none."""

    @property
    def may_pass(self) -> bool:
        """Whether asking the same again can help."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class _Link(msgspec.Struct, frozen=True):
    href: Annotated[str, msgspec.Meta(pattern=r"^https?://[\x21-\x7e]+\Z")]


class _Links(msgspec.Struct, frozen=True):
    redirect: _Link


class _CreatedSetup(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern=r"^set_[A-Za-z0-9_]{26}\Z")]


class _ConfirmedPayment(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern=r"^pay_[A-Za-z0-9_]{26}\Z")]
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

    def refusal(self) -> ApiRefused:
        try:
            told = msgspec.json.decode(self.body or b"{}", type=_Refusal)
        except msgspec.MsgspecError:
            told = _Refusal()
        request_id = told.request_id or self.request_id
        return ApiRefused(status=self.status, error_codes=told.error_codes, request_id=request_id)

    def read(self, shape: type[_Shape], *expected: HTTPStatus) -> _Shape:
        if self.status not in expected:
            raise self.refusal()
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.MsgspecError as error:
            raise self.refusal() from error


@dataclass(frozen=True, slots=True)
class PaymentsApi:
    """The payment API of one account. Every method raises ApiUnreachable or ApiRefused."""

    base_url: str
    """Scheme, host and port, as ``fils.config.read_base_url`` gives it."""
    secret_key: str = field(repr=False)

    def start_payment(self, order: Order) -> StartedPayment:
        """Create a payment setup and confirm it for KNET. Neither is tried twice."""
        created = self._ask("POST", "/payments/setups", _setup_request(order))
        setup = created.read(_CreatedSetup, HTTPStatus.OK, HTTPStatus.CREATED)
        confirmed = self._ask("POST", f"/payments/setups/{setup.id}/confirm/knet")
        if confirmed.status == HTTPStatus.OK:
            # The other of the two documented answers of a confirm.
            payment = confirmed.read(_ConfirmedSetup, HTTPStatus.OK).latest_payment
        else:
            payment = confirmed.read(_ConfirmedPayment, HTTPStatus.ACCEPTED)
        return StartedPayment(payment.id, payment.links.redirect.href)

    def get_payment(self, payment_id: str) -> Payment:
        """Ask how a payment stands."""
        return self._ask("GET", f"/payments/{payment_id}").read(Payment, HTTPStatus.OK)

    def _ask(self, method: str, path: str, document: dict[str, object] | None = None) -> _Answer:
        headers = {"Authorization": f"Bearer {self.secret_key}", "Accept": "application/json"}
        body = None
        if document is not None:
            headers["Content-Type"] = "application/json"
            body = msgspec.json.encode(document)
        connection = self._connect()
        try:
            connection.request(method, path, body=body, headers=headers)
            # Closed here: a Ctrl-C that comes while an object is finalized is lost.
            with connection.getresponse() as answer:
                request_id = answer.getheader("Cko-Request-Id") or ""
                return _Answer(answer.status, request_id, answer.read(_ANSWER_BYTES_MAX))
        except (OSError, http.client.HTTPException) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise ApiUnreachable(reason or type(error).__name__) from error
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.base_url)
        is_https = parts.scheme == "https"
        connection = http.client.HTTPSConnection if is_https else http.client.HTTPConnection
        return connection(parts.hostname or "", parts.port, timeout=_ANSWER_TIMEOUT_S)


def _setup_request(order: Order) -> dict[str, object]:
    request: dict[str, object] = {
        "amount": order.amount_minor,
        "currency": order.currency,
        "processing_channel_id": order.processing_channel_id,
        "payment_methods": {"knet": {"language": order.language}},
        "settings": {"success_url": order.success_url, "failure_url": order.failure_url},
    }
    if order.reference is not None:
        request["reference"] = order.reference
    return request
