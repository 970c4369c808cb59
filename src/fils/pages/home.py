"""The sandbox's home: what a person who has just started Fils needs, on one page. It never exists in production."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fils.application.addresses import payment_page_url
from fils.application.payments import latest_payments
from fils.application.ports import Ports
from fils.domain.identifiers import AccountId, ProcessingChannelId
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.response_codes import CUSTOMER_CANCELLATION
from fils.pages.api_reference import PATH as REFERENCE_PATH
from fils.pages.customer_pages import CustomerPages, Frame
from fils.pages.guarding import guarded
from fils.pages.texts import ENGLISH, amount_parts
from fils.pages.writing import shown, write_page

PAYMENTS_SHOWN: Final = 10

_MARKS: Final = {
    PaymentStatus.PENDING: "wait",
    PaymentStatus.CAPTURED: "good",
    PaymentStatus.CANCELED: "bad",
    PaymentStatus.DECLINED: "bad",
    PaymentStatus.EXPIRED: "calm",
    PaymentStatus.VOIDED: "bad",
}

_DOCUMENTED_REQUEST: Final = """\
{
  "amount": 1000,
  "currency": "KWD",
  "processing_channel_id": "%s",
  "reference": "ORD-5023-4E89",
  "payment_methods": { "knet": { "language": "en" } },
  "settings": {
    "success_url": "https://example.com/payments/success",
    "failure_url": "https://example.com/payments/failure"
  }
}"""
"""The request of Checkout.com's KNET page (Payment Setup API, 30 April 2026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLine:
    """One payment in the list."""

    id: str
    status: str
    mark: str
    amount: str
    reference: str
    requested_at: datetime
    url: str
    """Where it can be paid while it is pending, and else leads back to the shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """What ``home.html`` is told."""

    frame: Frame
    base_url: str
    home_url: str
    shop_url: str
    docs_url: str
    secret_key: str
    channel_id: str
    create_call: str
    confirm_call: str
    payments: tuple[PaymentLine, ...]


def sandbox_routes(
    ports: Ports,
    *,
    base_url: str,
    account_id: AccountId,
    secret_key: str,
    channel_id: ProcessingChannelId,
    shop_path: str = "/shop",
) -> list[BaseRoute]:
    """
    The sandbox's home at ``/``. Whoever can open it sees the latest payments, so it is for sandboxes only.

    Args:
        ports: What the use cases need.
        base_url: What a browser sees before every path, without a slash at the end.
        account_id: Whose payments are listed.
        secret_key: What the examples show as the key; everybody who can open the page sees it.
        channel_id: The processing channel of the examples.
        shop_path: Where the demo shop is.
    """

    async def show_home(request: Request) -> Response:
        payments = await latest_payments(ports, account_id, limit=PAYMENTS_SHOWN)
        page = HomePage(
            frame=Frame.of(base_url),
            base_url=base_url,
            home_url=urlsplit(base_url).path + "/",
            shop_url=urlsplit(base_url).path + shop_path,
            docs_url=urlsplit(base_url).path + REFERENCE_PATH,
            secret_key=secret_key,
            channel_id=channel_id,
            create_call=create_call(base_url, secret_key=secret_key, channel_id=channel_id),
            confirm_call=confirm_call(base_url, secret_key=secret_key),
            payments=tuple(_line(ports, payment, base_url=base_url) for payment in payments),
        )
        return write_page("home.html", page)

    return [Route("/", guarded(show_home, CustomerPages(base_url)), methods=["GET"])]


def create_call(base_url: str, *, secret_key: str, channel_id: str) -> str:
    """The ``curl`` of the documented request, as it is printed there (Checkout.com, KNET, Payment Setup API)."""
    return (
        f"curl -sS '{base_url}/payments/setups' \\\n"
        f"  -H 'Authorization: Bearer {secret_key}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{_DOCUMENTED_REQUEST % channel_id}'"
    )


def confirm_call(base_url: str, *, secret_key: str) -> str:
    """The ``curl`` that confirms; the setup's id has to be put in."""
    return (
        f"curl -sS -X POST '{base_url}/payments/setups/SETUP_ID/confirm/knet' \\\n"
        f"  -H 'Authorization: Bearer {secret_key}'"
    )


def _line(ports: Ports, payment: Payment, *, base_url: str) -> PaymentLine:
    amount, dinar = amount_parts(ENGLISH, payment.amount)
    return PaymentLine(
        id=payment.id,
        status=str(payment.status),
        mark=_mark(payment),
        amount=f"{dinar} {amount}",
        reference=shown(payment.reference or ""),
        requested_at=payment.requested_at,
        url=payment_page_url(base_url, ports.vault.link_token(payment.id)),
    )


def _mark(payment: Payment) -> str:
    if payment.status is None or payment.response == CUSTOMER_CANCELLATION:
        return "calm"
    return _MARKS[payment.status]
