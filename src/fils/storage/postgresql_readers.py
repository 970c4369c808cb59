"""
The connections that read from PostgreSQL.

The driver's own pool takes longer to hand a connection out and back than the server takes to answer a read by key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from fils.storage.postgresql_connection import CLOSE_TIMEOUT_S


class PostgresqlReaders:
    """
    Connections that are made when they are wanted, and kept; each has one reader at a time.

    Args:
        connect: Makes a new connection to the primary.
        connections_max: So many at once; whoever comes then waits.
    """

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], *, connections_max: int) -> None:
        self._connect = connect
        self._free = asyncio.Semaphore(connections_max)
        self._idle: list[asyncpg.Connection] = []
        self._busy_count = 0
        self._is_closed = False

    @property
    def idle_count(self) -> int:
        """Connections that nobody uses."""
        return len(self._idle)

    @property
    def busy_count(self) -> int:
        """Connections that are in use or being made."""
        return self._busy_count

    async def fetch(self, query: str, *parameters: object) -> Sequence[asyncpg.Record]:
        """
        The rows of *query*. The time is the caller's to keep: one that stops waiting ends the connection.

        Raises:
            OSError: If no server can be reached; with ``TimeoutError`` and the driver's errors, see ``UNANSWERED``.
        """
        async with self._free:
            self._busy_count += 1
            try:
                connection = self._last_used() or await self._connect()
                return await self._fetch(connection, query, parameters)
            finally:
                self._busy_count -= 1

    async def close(self) -> None:
        """Let the connections go that nobody uses, and each other one when its reader has ended."""
        self._is_closed = True
        idle, self._idle = self._idle, []
        goodbyes = (connection.close(timeout=CLOSE_TIMEOUT_S) for connection in idle)
        # Nothing depends on how the server takes them.
        await asyncio.gather(*goodbyes, return_exceptions=True)

    async def _fetch(
        self, connection: asyncpg.Connection, query: str, parameters: Sequence[object]
    ) -> Sequence[asyncpg.Record]:
        is_free = False
        try:
            found: Sequence[asyncpg.Record] = await connection.fetch(query, *parameters)
            is_free = True
        except asyncpg.PostgresError:
            # An error is an answer, unless it ends the connection.
            is_free = not connection.is_closed()
            raise
        finally:
            if is_free and not self._is_closed:
                self._idle.append(connection)
            else:
                connection.terminate()
        return found

    def _last_used(self) -> asyncpg.Connection | None:
        """The connection that was used last, so that few are used while few are wanted; those that ended are gone."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None
