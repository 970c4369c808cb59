"""Requests that no HTTP client would send: octets on a socket, and what comes back."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class RawAnswer:
    """What came back until the server ended the connection."""

    octets: bytes

    @property
    def status(self) -> int:
        """Of the first answer."""
        return int(self.octets.split(b" ", 2)[1])

    @property
    def headers(self) -> dict[str, str]:
        """Names in lower case; of equal ones the last."""
        head = self.octets.partition(b"\r\n\r\n")[0].decode("latin-1")
        fields = (line.split(": ", 1) for line in head.split("\r\n")[1:])
        return {name.lower(): value for name, value in fields}

    @property
    def body(self) -> bytes:
        """Everything after the first head."""
        return self.octets.partition(b"\r\n\r\n")[2]


def exchange(port: int, *pieces: bytes, timeout_s: float = 10) -> RawAnswer:
    """Send *pieces* to loopback, each by itself, and read until the server ends the connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            while octets := connection.recv(65_536):
                received += octets
        except ConnectionError:
            pass  # the server had enough; what it said before counts
    return RawAnswer(received)


def request_head(start: str, *fields: str, host: str = "localhost") -> bytes:
    """A request's head; the connection ends after the answer."""
    return "\r\n".join((start, f"Host: {host}", *fields, "Connection: close", "", "")).encode("latin-1")
