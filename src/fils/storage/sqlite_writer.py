"""
The one thread that writes an SQLite database, in groups.

Whatever waits when the thread is free becomes one transaction with one fsync. Changes of one turn of the event loop
are handed to the thread together: woken by the first of them, it would commit that one alone and get in the way of
the rest, because only one thread of Python runs at a time. A change that fails inside is rolled
back to its own savepoint and the others go on, so a second change of the same record in one group simply meets the
version that the first one left: in SQLite changes of a group run one after the other. Nobody is answered before
the group is committed, and a lone change waits for nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from fils.application.telemetry import Telemetry, stopwatch_us
from fils.domain.errors import InvariantViolated, StorageError, StorageUnavailable
from fils.storage.sqlite_file import reason
from fils.storage.sqlite_writes import Change, Claimed, write_whole

GROUP_MAX: Final = 128
"""So many changes share one commit at most, which bounds how long the first of them waits."""

WAITING_MAX: Final = 1024
"""So many changes may wait; beyond that the caller is told at once instead of later."""

Outcome = Claimed | StorageError | InvariantViolated | None


@dataclass(frozen=True, slots=True)
class _Request:
    change: Change
    future: asyncio.Future[Claimed | None]


class SqliteWriter:
    """
    Writes changes durably, one group after the other.

    Args:
        connection: Used and closed by the writer's thread alone from here on.
        check_file: Raises OSError when the database's file is no longer what the connection has open.
        telemetry: Is told of every group.
    """

    def __init__(
        self, connection: sqlite3.Connection, *, check_file: Callable[[], None], telemetry: Telemetry
    ) -> None:
        self._connection = connection
        self._check_file = check_file
        self._telemetry = telemetry
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        self._gathered: list[_Request] = []
        self._waiting_count = 0
        self._is_closing = False
        # A daemon, so that a program that fails before it can close its store still ends; an unfinished group is
        # then as if the process had been killed, and nobody was told that it is written.
        self._thread = threading.Thread(target=self._run, name="fils-sqlite-writer", daemon=True)
        self._thread.start()

    async def write(self, change: Change) -> Claimed | None:
        """
        Write *change* and return once it is on disk.

        Raises:
            ConcurrentUpdate: A guard or a unique index refused it; nothing of it was written.
            StorageUnavailable: Too many wait already, or the database failed.
        """
        if self._is_closing or self._waiting_count >= WAITING_MAX:
            raise StorageUnavailable(
                "the database is closing" if self._is_closing else "too many changes wait"
            )
        future: asyncio.Future[Claimed | None] = self._loop.create_future()
        self._waiting_count += 1
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(_Request(change, future))
        return await future

    @property
    def waiting_count(self) -> int:
        """How many changes are not on disk yet."""
        return self._waiting_count

    async def close(self) -> None:
        """Write what waits, close the connection and end the thread."""
        if not self._is_closing:
            self._is_closing = True
            self._hand_over()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        for request in gathered:
            self._queue.put(request)

    def _run(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if group:
                began_us = stopwatch_us()
                outcomes = self._write_group(group)
                self._tell(group, outcomes, stopwatch_us() - began_us)
        self._connection.close()

    def _next_group(self) -> tuple[list[_Request], bool]:
        """Wait for one request and take those that wait with it; the flag says whether more may come."""
        request = self._queue.get()
        group: list[_Request] = []
        with contextlib.suppress(Empty):
            while request is not None:
                group.append(request)
                if len(group) == GROUP_MAX:
                    break
                request = self._queue.get_nowait()
        return group, request is not None

    def _write_group(self, group: Sequence[_Request]) -> Sequence[Outcome]:
        connection = self._connection
        try:
            self._check_file()
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [write_whole(connection, request.change) for request in group]
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._roll_back()
            return [_failure(StorageUnavailable, error) for _ in group]
        except Exception as error:
            # The outermost edge of this thread: a bug must reach the callers, who would else wait for ever.
            self._roll_back()
            return [_failure(InvariantViolated, error) for _ in group]
        return outcomes

    def _roll_back(self) -> None:
        # A commit that failed may have rolled back already; a rollback that fails makes the next BEGIN fail too.
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    def _tell(self, group: Sequence[_Request], outcomes: Sequence[Outcome], duration_us: int) -> None:
        # A loop that has ended has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._resolve, group, outcomes, duration_us)

    def _resolve(self, group: Sequence[_Request], outcomes: Sequence[Outcome], duration_us: int) -> None:
        self._waiting_count -= len(group)
        for request, outcome in zip(group, outcomes, strict=True):
            if request.future.done():  # its caller was cancelled; what was written stays written
                continue
            if isinstance(outcome, Exception):
                request.future.set_exception(outcome)
            else:
                request.future.set_result(outcome)
        is_written = not any(isinstance(outcome, StorageUnavailable) for outcome in outcomes)
        self._telemetry.group_written(change_count=len(group), duration_us=duration_us, is_written=is_written)


def _failure(
    kind: type[StorageUnavailable] | type[InvariantViolated], cause: Exception
) -> StorageUnavailable | InvariantViolated:
    why = reason(cause) if isinstance(cause, sqlite3.Error | OSError) else cause
    failure = kind(f"the database did not take a change: {why}")
    failure.__cause__ = cause
    return failure
