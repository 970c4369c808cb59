"""
Whom a request comes from when proxies stand in front of Fils.

Proxies write the address they were asked from into ``X-Forwarded-For`` or ``Forwarded`` (RFC 7239). Anybody can write
such a field, so it counts only as far as listed proxies wrote it: the list is read from its end, where the nearest
proxy added its line, up to the first address that is no listed proxy.

Nothing else of what proxies forward is read. Links are built from the configured base url, and cookies and origins
from it too, so the scheme and the host that a client or a proxy claims change nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REMEMBERED_MAX: Final = 1000
_FOR: Final = re.compile(
    r'(?:^|;)[ \t]*for[ \t]*=[ \t]*(?:"([^"\\]*)"|([^;"\\ \t]*))[ \t]*(?:;|$)', re.IGNORECASE
)
"""The one ``for`` of an element; of two nobody could tell which is meant, and the first counts."""
_WITH_PORT: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")


def behind_proxies(app: ASGIApp, proxies: Sequence[Network]) -> ASGIApp:
    """*app* as it is reached through *proxies*; without any, whoever connects is the client."""
    return ForwardedSource(app, proxies) if proxies else app


class ForwardedSource:
    """
    ASGI middleware: the client of a request is the one that listed proxies tell of.

    A field that somebody else sent, or that cannot be read, changes nothing. If ``X-Forwarded-For`` and ``Forwarded``
    both come and tell of different clients, one of them passed through the proxy as it came, and neither counts.

    Args:
        app: What the requests pass to.
        proxies: The addresses and networks whose fields count.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[Network]) -> None:
        self._app = app
        self._proxies = tuple(proxies)
        self._peers: dict[str, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, with the address of its source as its client."""
        peer = scope["client"]
        if peer is not None and self._is_proxy(peer[0]):
            source = self._source(scope["headers"])
            if source is not None:
                # The port is that of the proxy's connection, so it is nobody's here.
                scope["client"] = (str(source), 0)
        await self._app(scope, receive, send)

    def _source(self, headers: Sequence[tuple[bytes, bytes]]) -> Address | None:
        simple = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
        structured = [value.decode("latin-1") for name, value in headers if name == b"forwarded"]
        told = {self._last_stranger(list_) for list_ in (_simple(simple), _structured(structured)) if list_}
        return told.pop() if len(told) == 1 else None

    def _last_stranger(self, addresses: Sequence[Address | None]) -> Address | None:
        """The nearest address that is no listed proxy; the farthest proxy if all are or the rest cannot be read."""
        nearest = None
        for address in reversed(addresses):
            if address is None:
                break
            nearest = address
            if not self._is_listed(address):
                break
        return nearest

    def _is_proxy(self, peer: str) -> bool:
        known = self._peers.get(peer)
        if known is None:
            address = _read(peer)
            known = address is not None and self._is_listed(address)
            if len(self._peers) < _REMEMBERED_MAX:
                self._peers[peer] = known
        return known

    def _is_listed(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)


def _simple(lines: Sequence[str]) -> list[Address | None]:
    """The addresses of ``X-Forwarded-For``; None stands for what cannot be read."""
    return [_read(item) for line in lines for item in line.split(",")]


def _structured(lines: Sequence[str]) -> list[Address | None]:
    """The addresses of ``Forwarded``, which may be quoted; ``unknown`` and made-up names cannot be read."""
    return [_read_element(element) for line in lines for element in _elements(line)]


def _elements(line: str) -> Iterator[str]:
    """What stands between the commas that are not inside quotes."""
    element, is_quoted = "", False
    for character in line:
        if character == "," and not is_quoted:
            yield element
            element = ""
            continue
        is_quoted ^= character == '"'
        element += character
    yield element


def _read_element(element: str) -> Address | None:
    match = _FOR.search(element)
    return None if match is None else _read(match[1] if match[1] is not None else match[2])


def _read(text: str) -> Address | None:
    """An address, with or without port and brackets. One of IPv4 that was written as IPv6 is the same address."""
    text = text.strip(" \t")
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address(with_port[1] or with_port[2] if with_port else text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
