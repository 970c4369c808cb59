"""
HTTP/1.1 on one connection: uvicorn's protocol, with bounds on what a client may make us hold and wait for.

uvicorn 0.54 bounds neither the head of a request nor the time it takes, adds the fields of a trailer to those of the
head, and drops the body of a request that offers another protocol.
"""

from __future__ import annotations

import asyncio
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fils.http.arrival import REQUEST_IS_WHOLE

MESSAGE_OCTETS_MAX: Final = 256 * 1024
"""The longest request that is read, head and body together, beyond its first piece. The longest that any address of
ours takes is a quarter of it."""
MESSAGE_TIMEOUT_S: Final = 20
"""How long a request may take to arrive, and a new connection to begin one."""

_BAD_REQUEST: Final = "Invalid HTTP request received."
_HEAD_TOO_LONG: Final = b"HTTP/1.1 431 Request Header Fields Too Large"
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout"
_OF_AN_UPGRADE: Final = frozenset((b"connection", b"upgrade", b"http2-settings"))


class BoundedHttpProtocol(HttpToolsProtocol):
    """A connection that holds no more than a request's worth, and no longer than one takes."""

    message_timeout_s: float = MESSAGE_TIMEOUT_S
    """Of this class of connections; tests choose a shorter one."""

    _deadline: asyncio.TimerHandle | None = None
    _is_arriving = False
    _is_head_open = False
    _octet_count = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait_for_message()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._end_wait()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a piece of a request, which may hold the end of one and the begin of the next."""
        was_arriving = self._is_arriving
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._read_without_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError:
            # Nothing is logged: anybody could fill a disk with it.
            self.send_400_response(_BAD_REQUEST)
            return
        if not self._is_arriving:
            return
        if self._deadline is None:
            self._wait_for_message()
        # Only a piece that lies within one message is counted, so nothing of another one is.
        if was_arriving:
            self._octet_count += len(data)
            if self._octet_count > MESSAGE_OCTETS_MAX:
                self._give_up(_HEAD_TOO_LONG)

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        self._is_arriving = self._is_head_open = True
        self._octet_count = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Let the request be answered, unless it has to be read again without its offer of another protocol."""
        self._is_head_open = False
        if self.parser.should_upgrade():
            return
        super().on_headers_complete()
        # What comes now are fields of a trailer, which must not pass for those of the head (RFC 9110, section 6.5).
        self.headers = []

    def on_message_complete(self) -> None:
        """Note that the request is here."""
        self._is_arriving = False
        self._end_wait()
        self.scope[REQUEST_IS_WHOLE] = True  # type: ignore[typeddict-unknown-key]
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Read the request as if it had offered no other protocol, which a server may (RFC 9110, section 7.8)."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response(_BAD_REQUEST)
            return
        kept = [header for header in self.headers if header[0] not in _OF_AN_UPGRADE]
        fields = b"".join(b"%s: %s\r\n" % header for header in kept)
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, self.url, fields, rest))

    def _wait_for_message(self) -> None:
        self._deadline = self.loop.call_later(self.message_timeout_s, self._give_up, _TOO_SLOW)

    def _end_wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self, status_line: bytes) -> None:
        """End the connection, with an answer if the client waits for no other one."""
        self._end_wait()
        is_free = self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]
        if self._is_head_open and is_free:
            self.transport.write(status_line + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()
