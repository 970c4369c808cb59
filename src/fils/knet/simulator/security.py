"""What guards the simulator's pages: headers on every answer, and proof that a form came from our own page."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fils.knet.wire import TerminalKey, encrypt

_HEADERS: Final = {
    # No form-action: Chromium would block a form that is answered by a redirect to the merchant.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
_RAW_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]


class SecurityHeaders:
    """ASGI middleware: every answer carries the headers above, unless it says otherwise itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                missing = [header for header in _RAW_HEADERS if header[0] not in present]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def page_token(payment_id: str, key: TerminalKey) -> str:
    """
    Return what a form of this order must carry.

    It follows from the terminal's key, so that nothing has to be stored and a page outlives a restart.
    """
    return hashlib.sha256(encrypt(f"page of {payment_id}", key).encode("ascii")).hexdigest()[:32]


def is_own_form(request: Request, token: str, expected_token: str) -> bool:
    """
    Tell whether a form was sent by our own page of this order.

    Browsers that name where a form comes from are believed when they name somebody else. Not all do: over plain
    http from another machine ``Sec-Fetch-Site`` is absent, and our referrer policy makes ``Origin`` ``null``.
    There the token decides alone.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    foreign_origin = origin != "null" and urlsplit(origin).netloc != request.headers.get("host")
    if site not in ("same-origin", "none") or foreign_origin:
        return False
    return hmac.compare_digest(token.encode(), expected_token.encode())
