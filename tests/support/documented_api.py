"""
A small HTTP server that answers with the shapes the payment API is documented to answer with.

It is another party's API as a shop sees it (Checkout.com, KNET, Payment Setup API), recorded; Fils' own API is
tested as itself elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypedDict

import msgspec
from aiohttp import web

SETUP_ID = "set_rcmepwrchqab2wsergcafvijfy"
PAYMENT_ID = "pay_4gubyq2w335upc54dx7a4257lq"
SESSION_ID = "sid_uuooqrzsdyxe3bi2zv5xbqtwwe"
REDIRECT = "http://127.0.0.1:9/knet-external/redirect/tok_tl6kftlhdpzephqelsbpyovl4i/pay"
REQUEST_ID = "0HN5A7Q2M3K1P"


def documented_payment(status: str, **changes: object) -> dict[str, object]:
    """``GET /payments/{id}`` as Checkout.com documents it for KNET."""
    return {
        "id": PAYMENT_ID,
        "requested_on": "2026-04-30T10:00:00Z",
        "source": {
            "type": "knet",
            "language": "en",
            "knet_payment_id": "100201914315601265",
            "knet_result": status,
            "bank_reference": "914310000349",
            "knet_transaction_id": "201914384388126",
            "auth_code": "B00775",
        },
        "amount": 1000,
        "currency": "KWD",
        "payment_type": "Regular",
        "reference": "ORD-5023-4E89",
        "status": status,
        "approved": status == "Captured",
        "risk": {"flagged": False},
        "customer": {"id": "cus_r3cajfpbj3ju7jyq7afcg3qc4a"},
        "_links": {"self": {"href": f"http://127.0.0.1:9/payments/{PAYMENT_ID}"}},
    } | changes


def pending_payment() -> dict[str, object]:
    return documented_payment("Pending", source={"type": "knet", "language": "en"})


@dataclass
class SeenRequest:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answer(TypedDict):
    status: int
    body: object


def refusal(*codes: str) -> Answer:
    document = {"request_id": REQUEST_ID, "error_type": "request_invalid", "error_codes": list(codes)}
    return {"status": 422, "body": document}


def created() -> Answer:
    """A setup that is ready for KNET."""
    knet = {"status": "ready", "flags": []}
    return {"status": 200, "body": {"id": SETUP_ID, "payment_methods": {"knet": knet}}}


def confirmed() -> Answer:
    """A payment that waits for its customer."""
    links = {
        "self": {"href": f"http://127.0.0.1:9/payments/{PAYMENT_ID}"},
        "redirect": {"href": REDIRECT},
    }
    customer = {"id": "cus_r3cajfpbj3ju7jyq7afcg3qc4a"}
    return {
        "status": 202,
        "body": {"id": PAYMENT_ID, "status": "Pending", "customer": customer, "_links": links},
    }


def confirmed_setup() -> Answer:
    """The same payment in the other documented answer of a confirm: inside its setup."""
    document = {"id": SETUP_ID, "latest_payment": confirmed()["body"]}
    return {"status": 200, "body": document}


def told(status: str, **changes: object) -> Answer:
    """A payment in *status*, with fields changed."""
    return {"status": 200, "body": documented_payment(status, **changes)}


@dataclass
class DocumentedApi:
    """Answers with recorded shapes; a test replaces the answer it is about."""

    url: str = ""
    requests: list[SeenRequest] = field(default_factory=list)
    create: Answer = field(default_factory=created)
    confirm: Answer = field(default_factory=confirmed)
    payment: Answer = field(default_factory=lambda: told("Captured"))

    async def answer(self, request: web.Request) -> web.Response:
        seen = SeenRequest(request.method, request.path, dict(request.headers), await request.read())
        self.requests.append(seen)
        if request.path == "/payments/setups":
            chosen = self.create
        elif request.path.endswith("/confirm/knet"):
            chosen = self.confirm
        else:
            chosen = self.payment
        headers = {"Cko-Request-Id": REQUEST_ID, "Cko-Version": "1.0.0"}
        if chosen["body"] is None:
            return web.Response(status=chosen["status"], headers=headers)
        body = msgspec.json.encode(chosen["body"])
        return web.Response(
            status=chosen["status"], headers=headers, body=body, content_type="application/json"
        )


@asynccontextmanager
async def serve_documented_api() -> AsyncIterator[DocumentedApi]:
    """Serve one on a free port of loopback."""
    api = DocumentedApi()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", api.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        api.url = f"http://{host}:{port}"
        yield api
    finally:
        await runner.cleanup()
