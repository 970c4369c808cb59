"""Load generator: one GET after the other on each connection, each of another of the stored payments."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from typing import Final

import aiohttp
import yarl

from benchmarks.support.books import payment_id, reference, setup_id
from benchmarks.support.load import Step, answer_to, generate, load_options
from benchmarks.support.payments_api import HEADERS

_PATHS: Final[Mapping[str, Callable[[int], str]]] = {
    "payment": lambda number: f"/payments/{payment_id(number)}",
    "setup": lambda number: f"/payments/setups/{setup_id(number)}",
    "list": lambda number: f"/payments?reference={reference(number)}",
}
_PEER_HEADERS: Final = {"Authorization": "Bearer sk_test_12345"}
_INTENTS: Final = "/v1/payment_intents"


def main() -> None:
    parser = load_options(__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--request", choices=(*_PATHS, "intent"), required=True)
    parser.add_argument("--stored", type=int, required=True, help="how many payments there are")
    options = parser.parse_args()
    # The same choice in every run, so that cases differ in nothing else.
    choose = random.Random(1)  # noqa: S311
    base_url = f"http://127.0.0.1:{options.port}"

    def open_step(session: aiohttp.ClientSession) -> Step:
        if options.request == "intent":
            return _peer(session, base_url)

        async def read() -> None:
            path = _PATHS[options.request](choose.randrange(options.stored))
            await answer_to(session.get(yarl.URL(base_url + path, encoded=True), headers=HEADERS), 200)

        return read

    generate(options, open_step)


def _peer(session: aiohttp.ClientSession, base_url: str) -> Step:
    """Read the one payment intent that localstripe has; it is made by whoever comes first."""
    lock = asyncio.Lock()
    urls: list[str] = []

    async def read() -> None:
        async with lock:
            if not urls:
                body = {"amount": "1000", "currency": "kwd"}
                made = await answer_to(
                    session.post(base_url + _INTENTS, data=body, headers=_PEER_HEADERS), 200
                )
                urls.append(f"{base_url}{_INTENTS}/{json.loads(made[1])['id']}")
        await answer_to(session.get(urls[0], headers=_PEER_HEADERS), 200)

    return read


if __name__ == "__main__":
    main()
