"""Load generator: one POST after the other on each connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aiohttp
import yarl

from benchmarks.support.load import Step, answer_to, generate, load_options
from benchmarks.support.payments_api import HEADERS, SETUP_BODY

_INTENT_BODY: Final = b"amount=1000&currency=kwd&metadata[reference]=ORD-5023-4E89"
_REQUESTS: Final[Mapping[str, tuple[str, Mapping[str, str], bytes]]] = {
    "setup": ("/payments/setups", HEADERS, SETUP_BODY),
    # localstripe wants any key that begins like a secret one, and a form (its README, "Example").
    "intent": (
        "/v1/payment_intents",
        {"Authorization": "Bearer sk_test_12345", "Content-Type": "application/x-www-form-urlencoded"},
        _INTENT_BODY,
    ),
}


def main() -> None:
    parser = load_options(__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--request", choices=_REQUESTS, required=True)
    options = parser.parse_args()
    path, headers, body = _REQUESTS[options.request]
    url = yarl.URL(f"http://127.0.0.1:{options.port}{path}")

    def open_step(session: aiohttp.ClientSession) -> Step:
        async def create() -> None:
            await answer_to(session.post(url, data=body, headers=headers), 200, 201)

        return create

    generate(options, open_step)


if __name__ == "__main__":
    main()
