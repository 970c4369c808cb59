"""
Writes batches to PostgreSQL in groups: one connection, one round trip and one transaction for whatever waits.

A group holds at most one batch for a guarded record; a second one would only meet the version that the first one
left, so it waits for the next group. The function ``fils_commit`` of the schema gives every batch its own
savepoint and says for each how it ended.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import msgspec

from fils.application.telemetry import Telemetry, stopwatch_us
from fils.domain.errors import ConcurrentUpdate, InvariantViolated, StorageUnavailable
from fils.storage.postgresql_connection import CLOSE_TIMEOUT_S, UNANSWERED, told
from fils.storage.rows import SCHEMA_VERSION, BatchRows, Row, Table

GROUP_MAX: Final = 64
"""So many batches share one commit at most; with more, PostgreSQL no longer keeps all savepoints in memory."""

WAITING_MAX: Final = 1024
"""So many batches may wait; beyond that the caller is told at once instead of later."""

TRIES_MAX: Final = 3
"""How often a batch is sent that PostgreSQL gave up to end a deadlock."""

_COMMIT: Final = "SELECT fils_commit($1, $2)"
_WRITTEN: Final = "00000"
_REFUSED: Final = frozenset({"FILS1", asyncpg.UniqueViolationError.sqlstate})
_DEADLOCKED: Final = frozenset({asyncpg.DeadlockDetectedError.sqlstate, asyncpg.SerializationError.sqlstate})
_BUSY_CLASSES: Final = ("25", "53", "55", "57", "58")
"""SQLSTATE classes: the server is read-only, has no room, waited too long for a lock, is stopped, or is broken."""


@dataclass(slots=True)
class _Request:
    payload: bytes
    guarded: frozenset[str]
    future: asyncio.Future[None]
    try_count: int = 0


class PostgresqlWriter:
    """
    Writes batches durably, one group after the other.

    Args:
        connect: Makes a new connection to the primary; used again after the last one broke.
        telemetry: Is told of every group.
    """

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], *, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._connect = connect
        self._connection: asyncpg.Connection | None = None
        self._statement: asyncpg.prepared_stmt.PreparedStatement | None = None
        self._waiting: deque[_Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    async def write(self, batch: BatchRows) -> None:
        """
        Write *batch* and return once the server has committed it.

        Raises:
            ConcurrentUpdate: A guard or a unique index refused it; nothing of it was written.
            StorageUnavailable: Too many wait already, the server failed, or its answer was lost.
        """
        if self._is_closing or len(self._waiting) >= WAITING_MAX:
            raise StorageUnavailable(
                "the database is closing" if self._is_closing else "too many changes wait"
            )
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        guarded = frozenset(str(row["id"]) for _, row in batch.updates)
        self._waiting.append(_Request(_payload(batch), guarded, future))
        if self._task is None:
            self._task = asyncio.create_task(self._write_groups())
        await future

    @property
    def waiting_count(self) -> int:
        """How many batches wait for the group under way."""
        return len(self._waiting)

    async def close(self) -> None:
        """Write what waits and close the connection."""
        self._is_closing = True
        if self._task is not None:
            await self._task
        if self._connection is not None:
            with contextlib.suppress(*UNANSWERED):
                await self._connection.close(timeout=CLOSE_TIMEOUT_S)
            self._connection = self._statement = None

    async def _write_groups(self) -> None:
        try:
            while self._waiting:
                group = self._next_group()
                began_us = stopwatch_us()
                try:
                    ends = await self._send(group)
                except UNANSWERED as error:
                    self._tell(group, began_us, is_written=False)
                    self._forget_connection()
                    _refuse_all(group, StorageUnavailable, error)
                except Exception as error:
                    # The outermost edge of this task: a bug must reach the callers, who would else wait for ever.
                    self._forget_connection()
                    _refuse_all(group, InvariantViolated, error)
                else:
                    self._tell(group, began_us, is_written=True)
                    self._resolve(group, ends)
        finally:
            self._task = None

    def _tell(self, group: Sequence[_Request], began_us: int, *, is_written: bool) -> None:
        duration_us = stopwatch_us() - began_us
        self._telemetry.group_written(change_count=len(group), duration_us=duration_us, is_written=is_written)

    def _next_group(self) -> Sequence[_Request]:
        group: list[_Request] = []
        guarded: set[str] = set()
        later: list[_Request] = []
        while self._waiting and len(group) < GROUP_MAX:
            request = self._waiting.popleft()
            if guarded.isdisjoint(request.guarded):
                guarded |= request.guarded
                group.append(request)
            else:
                later.append(request)
        self._waiting.extendleft(reversed(later))
        # Nodes that lock in the same order do not wait for each other in a circle.
        group.sort(key=lambda request: min(request.guarded, default=""))
        return group

    async def _send(self, group: Sequence[_Request]) -> Sequence[str]:
        if self._connection is None or self._connection.is_closed() or self._statement is None:
            self._connection = await self._connect()
            self._statement = await self._connection.prepare(_COMMIT)
        payload = b"[" + b",".join(request.payload for request in group) + b"]"
        ends: list[str] = await self._statement.fetchval(SCHEMA_VERSION, payload.decode())
        return ends

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = self._statement = None

    def _resolve(self, group: Sequence[_Request], ends: Sequence[str]) -> None:
        for request, end in zip(group, ends, strict=True):
            request.try_count += 1
            if end in _DEADLOCKED and request.try_count < TRIES_MAX:
                self._waiting.append(request)
            elif request.future.done():  # its caller was cancelled; what was written stays written
                continue
            elif end == _WRITTEN:
                request.future.set_result(None)
            else:
                request.future.set_exception(_failure(end))


def _payload(batch: BatchRows) -> bytes:
    """One batch as ``fils_write_batch`` takes it."""
    wakes = [{"kind": wake.kind, **wake.row} for wake in batch.wakes]
    parts = {"updates": _by_table(batch.updates), "inserts": _by_table(batch.inserts), "wakes": wakes}
    return msgspec.json.encode({name: part for name, part in parts.items() if part})


def _by_table(rows: Sequence[tuple[Table, Row]]) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    return tables


def _failure(end: str) -> ConcurrentUpdate | StorageUnavailable | InvariantViolated:
    if end in _REFUSED or end in _DEADLOCKED:
        return ConcurrentUpdate(f"the database refused the batch ({end})")
    if end.startswith(_BUSY_CLASSES):
        return StorageUnavailable(f"the database did not take the batch ({end})")
    return InvariantViolated(f"the database cannot hold the batch ({end})")


def _refuse_all(
    group: Sequence[_Request], kind: type[StorageUnavailable] | type[InvariantViolated], cause: Exception
) -> None:
    for request in group:
        if not request.future.done():
            failure = kind(f"the database did not answer: {told(cause)}")
            failure.__cause__ = cause
            request.future.set_exception(failure)
