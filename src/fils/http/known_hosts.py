"""
Which names Fils answers to.

A page anywhere can point a name of its own at this machine (DNS rebinding) and would then read what a browser here
may read, the sandbox's key first of all. Such a name stands in the Host header, so an unknown one is 421.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fils.domain.account_prefix import prefix_before

_CONTAINER_HOST: Final = "host.docker.internal"
_REMEMBERED_MAX: Final = 1000
_BEYOND_A_HOST: Final = re.compile(r"[@/?#\\\s]")
"""What stands in an address and in no Host header: a reader that knows addresses would find another host in it."""
_REFUSAL: Final = (
    "Fils does not go by this name. Use its base url, or an address; --base-url chooses the name, "
    "FILS_EXTRA_HOSTS further ones.\n"
)
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class KnownHosts:
    """
    ASGI middleware: only requests for a known host pass.

    Known are *hosts*, any address, and any name without a dot: nobody can publish one of those. A request without a
    host comes from no browser. Before *prefixed_hosts* an account's prefix may stand; whether there is an account of
    that prefix is not told here.

    Args:
        app: What the requests pass to.
        hosts: Names, without a port, in lower case.
        prefixed_hosts: Names of the same form.
        more_headers: Makes the headers that a refusal has besides, as every answer of *app* has them.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str],
        *,
        prefixed_hosts: frozenset[str] = frozenset(),
        more_headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._app = app
        self._hosts = hosts | {_CONTAINER_HOST}
        self._prefixed_hosts = prefixed_hosts
        self._more_headers = more_headers
        self._passed: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer 421."""
        told = [value for name, value in scope["headers"] if name == b"host"]
        if len(told) > 1 or (told and not self._is_known(told[0])):
            refusal = PlainTextResponse(_REFUSAL, 421, {**_HEADERS, **self._more_headers()})
            await refusal(scope, receive, send)
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
        if _BEYOND_A_HOST.search(host):
            return False
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._hosts or ("." not in name.rstrip(".") and ":" not in name):
            return True
        if prefix_before(name, self._prefixed_hosts) is not None:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
