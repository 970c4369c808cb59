"""A client whose every request comes from another address of loopback, so that no limit on one source holds it up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from random import Random
from typing import Final

_NEW_EACH_TIME: Final = b"date:"
_ANSWER_TIMEOUT_S: Final = 60


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    octets: bytes
    """All of it but its date."""
    seconds: float
    """From the last octet that was sent to the first that came."""

    @property
    def status(self) -> int:
        """The status; 0 if nothing came."""
        return int(self.octets.split(b" ", 2)[1]) if self.octets else 0

    @property
    def body(self) -> bytes:
        """What follows the head."""
        return self.octets.partition(b"\r\n\r\n")[2]


class ManySources:
    """Posts to a server on loopback, many requests at a time. Linux answers on all of 127.0.0.0/8."""

    def __init__(self, port: int, random: Random, *, at_once: int = 64) -> None:
        """
        Args:
            port: The server's.
            random: Draws the addresses.
            at_once: How many requests are under way at most.
        """
        self._port = port
        self._random = random
        self._turns = asyncio.Semaphore(at_once)

    async def post(self, path: str, body: bytes, *, media_type: str = "") -> Reply:
        """One request and its answer, which is empty if the server just hung up."""
        async with self._turns, asyncio.timeout(_ANSWER_TIMEOUT_S):
            source = f"127.{self._octet()}.{self._octet()}.{self._octet()}"
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(source, 0))
            try:
                writer.write(_head(path, len(body), media_type) + body)
                sent_at = time.perf_counter()
                first = await reader.read(1)
                seconds = time.perf_counter() - sent_at
                octets = first + await reader.read()
            except ConnectionError:
                # The server had enough of a body before it was sent to its end.
                return Reply(b"", 0)
            finally:
                writer.close()
        return Reply(_without_date(octets), seconds)

    def _octet(self) -> int:
        return self._random.randint(1, 254)


def _head(path: str, length: int, media_type: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}", "Connection: close"]
    lines += [f"Content-Type: {media_type}"] if media_type else []
    return "\r\n".join([*lines, "", ""]).encode()


def _without_date(octets: bytes) -> bytes:
    head, blank, body = octets.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(_NEW_EACH_TIME)]
    return b"\r\n".join(lines) + blank + body
