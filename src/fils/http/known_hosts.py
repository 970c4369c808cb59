"""
Which names Fils answers to.

A page anywhere can point a name of its own at this machine (DNS rebinding) and would then read what a browser here
may read, the sandbox's key first of all. Such a name stands in the Host header, so an unknown one is 421.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_CONTAINER_HOST: Final = "host.docker.internal"
_REMEMBERED_MAX: Final = 1000
_REFUSAL: Final = PlainTextResponse(
    "Fils does not go by this name. Use its base url, or an address; --base-url chooses the name.\n",
    status_code=421,
    headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
)


class KnownHosts:
    """
    ASGI middleware: only requests for a known host pass.

    Known are *hosts*, any address, and any name without a dot: nobody can publish one of those. A request without a
    host comes from no browser.

    Args:
        app: What the requests pass to.
        hosts: Names, without a port, in lower case.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts | {_CONTAINER_HOST}
        self._passed: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer 421."""
        told = [value for name, value in scope["headers"] if name == b"host"]
        if len(told) > 1 or (told and not self._is_known(told[0])):
            await _REFUSAL(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_known(self, host: bytes) -> bool:
        if host in self._passed:
            return True
        is_known = self._judge(host.decode("latin-1"))
        if is_known and len(self._passed) < _REMEMBERED_MAX:
            self._passed.add(host)
        return is_known

    def _judge(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._hosts or ("." not in name.rstrip(".") and ":" not in name):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
