"""
The floor: what no program on this server and this store can be faster than.

The server, the store and its one writer are those of Fils. Each request is answered with a constant of the size of
Fils' answer: a POST after one durable commit of one row, the payment setup of the documented request under a new id, a
GET after reading one payment by its id. No routing, no key, no reading of the body, no rule.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Final

import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from fils.application.ports import Batch
from fils.config import SANDBOX_CHANNEL
from fils.domain.identifiers import AccountId, PaymentId, PaymentSetupId, ProcessingChannelId
from fils.domain.money import KWD
from fils.domain.payment_setup import Language, PaymentSetup, SetupTerms
from fils.http import server
from fils.storage import OpenStore, open_store

_SETUP: Final = PaymentSetup(
    id=PaymentSetupId("set_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    account_id=AccountId("cli_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    terms=SetupTerms(
        processing_channel_id=ProcessingChannelId(SANDBOX_CHANNEL),
        amount_minor=1000,
        currency=KWD,
        reference="ORD-5023-4E89",
        language=Language.ENGLISH,
        success_url="https://example.com/payments/success",
        failure_url="https://example.com/payments/failure",
    ),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def floor(store: OpenStore, answer_size: int, read: PaymentId) -> ASGIApp:
    """The application. *answer_size* is the length of its answers in bytes, *read* the payment that a GET reads."""
    answer = b" " * answer_size
    headers = [(b"content-type", b"application/json"), (b"content-length", str(answer_size).encode("ascii"))]
    numbers = count()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        if scope["method"] == "POST":
            setup = replace(_SETUP, id=PaymentSetupId(f"set_{next(numbers):026d}"))
            await store.commit(Batch(inserts=(setup,)))
        else:
            await store.payment(read)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return application


async def _serve(options: argparse.Namespace) -> None:
    store = await open_store(options.database, mode="sandbox")
    try:
        application = floor(store, options.answer_size, PaymentId(options.read))
        with server.listen("127.0.0.1", options.port) as listener:
            await server.serve(application, listener, on_ready=lambda: None)
    finally:
        await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--answer-size", type=int, required=True, help="bytes")
    parser.add_argument("--read", default="", help="the id of the payment that a GET reads")
    uvloop.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
