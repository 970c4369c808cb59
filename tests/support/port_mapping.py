"""A port in front of Fils, as a container, a proxy or a load balancer has one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import cycle
from types import TracebackType
from typing import Self

_OCTETS_AT_ONCE = 65_536


class PortMapping:
    """A port of loopback whose connections lead to other ports in turn. It remembers what clients sent through it."""

    def __init__(self) -> None:
        self.sent = b""
        self._ports: Iterator[int] = iter(())
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening().close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def base_url(self) -> str:
        """What browsers and shops know."""
        return f"http://127.0.0.1:{self._listening().sockets[0].getsockname()[1]}"

    def lead_to(self, *ports: int) -> None:
        """Give each new connection to the next of *ports*."""
        self._ports = cycle(ports)

    def _listening(self) -> asyncio.Server:
        if self._server is None:
            raise RuntimeError("the port is not open")
        return self._server

    def _begin(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._connect(client, to_client))
        self._connections.add(connection)

    async def _connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", next(self._ports))
        try:
            await asyncio.gather(
                self._pass_on(client, to_server, is_remembered=True), self._pass_on(server, to_client)
            )
        finally:
            to_server.close()
            to_client.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_remembered: bool = False
    ) -> None:
        while octets := await reader.read(_OCTETS_AT_ONCE):
            if is_remembered:
                self.sent += octets
            writer.write(octets)
            await writer.drain()
        writer.write_eof()
