"""
The default store: one SQLite file, one writer, every commit on disk before it is answered.

Writes go through the group commit of ``sqlite_writer``. Reads run on the event loop itself: a read by key takes some
microseconds from the page cache, less than handing it to a thread and back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

from fils.application.ports import Batch
from fils.application.telemetry import Silence, Telemetry
from fils.domain.errors import ConfigurationError, StorageUnavailable
from fils.domain.identifiers import PaymentId
from fils.storage import queries
from fils.storage.load import StoreLoad
from fils.storage.reads import StoreReads
from fils.storage.rows import batch_rows
from fils.storage.sqlite_file import (
    check_tables,
    connect_to_file,
    create_file,
    identity_of,
    lock_file,
    reason,
    refuse_foreign_file,
)
from fils.storage.sqlite_surveys import SqliteSurveys
from fils.storage.sqlite_writer import SqliteWriter
from fils.storage.sqlite_writes import batch_change, claim_change, create_schema, forget_answers_change
from fils.storage.stamp import check_stamp, nothing_of_fils

WRITE_WAIT_S: Final = 2.0
"""How long a commit waits for a lock that another program holds."""

READ_WAIT_S: Final = 0.05
"""How long a read does. The event loop stands still meanwhile; in WAL mode a lock hardly ever stops a read."""


class SqliteStore(StoreReads):
    """
    Implements the port ``Store`` on one file, for one process.

    Args:
        path: The database file; made, readable by its owner only, if there is none.
        mode: ``sandbox`` or ``production``; a database made for the other one is refused.
        telemetry: Is told of every commit.
        may_create: Whether a new file is made and an empty one is given tables; if not, both are refused.
    """

    def __init__(
        self, path: Path, *, mode: str, telemetry: Telemetry | None = None, may_create: bool = True
    ) -> None:
        self._path = path
        self._mode = mode
        self._may_create = may_create
        self._was_created = False
        self._telemetry = telemetry or Silence()
        self._lock: TextIO | None = None
        self._reader: sqlite3.Connection | None = None
        self._surveys: SqliteSurveys | None = None
        self._writer: SqliteWriter | None = None
        self._identity: tuple[int, int] | None = None

    @property
    def was_created(self) -> bool:
        """Whether the file was new or empty."""
        return self._was_created

    async def open(self) -> None:
        """
        Open the file and start the writer.

        Raises:
            ConfigurationError: The file cannot be used: its text says why, and what to do.
        """
        try:
            writer = self._open_file()
        except (OSError, sqlite3.Error) as error:
            self._release()
            raise ConfigurationError(
                f"the database {self._path} cannot be opened: {reason(error)}"
            ) from error
        except ConfigurationError:
            self._release()
            raise
        self._writer = SqliteWriter(writer, check_file=self._check_file, telemetry=self._telemetry)

    async def close(self) -> None:
        """Write what waits and close the file. A store that is not open has nothing to close."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()
        self._release()

    async def commit(self, batch: Batch) -> None:
        """Write *batch* with a full fsync; see the port ``Store`` for the errors."""
        await self._open_writer().write(batch_change(batch_rows(batch)))

    async def forget_answers(self, *, before: datetime, limit: int) -> int:
        """Forget kept answers that were kept before that time, at most *limit*; returns how many."""
        return len(await self._open_writer().write(forget_answers_change(before=before, limit=limit)) or ())

    async def claim_due_payments(
        self, *, now: datetime, limit: int, lease: timedelta
    ) -> tuple[PaymentId, ...]:
        """Hand due payments to one caller; the lease is by SQLite's clock."""
        claimed = await self._open_writer().write(claim_change(now=now, limit=limit, lease=lease)) or ()
        return tuple(PaymentId(payment_id) for payment_id in claimed)

    def load(self) -> StoreLoad:
        """How busy the store is."""
        return StoreLoad(waiting_count=0 if self._writer is None else self._writer.waiting_count)

    async def check(self) -> None:
        """Ask the store whether it can read; returns if so."""
        try:
            self._check_file()
        except OSError as error:
            raise StorageUnavailable(str(error)) from error
        await self._documents(queries.MODE)

    async def _documents(self, query: str, *parameters: str | int) -> Sequence[str]:
        if self._reader is None:
            raise StorageUnavailable("the database is not open")
        try:
            return [document for (document,) in self._reader.execute(query, parameters)]
        except sqlite3.Error as error:
            raise StorageUnavailable(f"the database cannot be read: {reason(error)}") from error

    async def _survey(self, query: str, *parameters: str | int) -> Sequence[str]:
        """The same in a thread, so that the event loop stands still for no survey."""
        if self._surveys is None:
            raise StorageUnavailable("the database is not open")
        try:
            # Its connections were opened before, and would go on reading a file that was moved away.
            self._check_file()
            return await self._surveys.documents(query, parameters)
        except OSError as error:
            raise StorageUnavailable(str(error)) from error
        except sqlite3.Error as error:
            raise StorageUnavailable(f"the database cannot be read: {reason(error)}") from error

    def _open_file(self) -> sqlite3.Connection:
        """Lock the file, connect for reads, and return the connection for writes."""
        if not self._may_create and not self._path.exists():
            # Before the lock, which is a file beside it.
            raise nothing_of_fils(str(self._path.absolute()), mode=self._mode)
        refuse_foreign_file(self._path)
        self._lock = lock_file(self._path)
        create_file(self._path)
        self._identity = identity_of(self._path)
        self._reader = connect_to_file(self._path, wait_s=READ_WAIT_S)
        self._reader.execute("PRAGMA query_only = ON")
        self._surveys = SqliteSurveys(self._path, wait_s=READ_WAIT_S)
        writer = connect_to_file(self._path, wait_s=WRITE_WAIT_S)
        try:
            self._was_created = _prepare(writer, self._path, self._mode, may_create=self._may_create)
        except BaseException:
            writer.close()
            raise
        return writer

    def _open_writer(self) -> SqliteWriter:
        if self._writer is None:
            raise StorageUnavailable("the database is not open")
        return self._writer

    def _check_file(self) -> None:
        # SQLite would go on writing to a file that was removed or replaced, and all of it would be lost.
        if identity_of(self._path) != self._identity:
            raise FileNotFoundError(f"{self._path} was replaced while it was in use")

    def _release(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._surveys is not None:
            self._surveys.close()
            self._surveys = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _prepare(connection: sqlite3.Connection, path: Path, mode: str, *, may_create: bool) -> bool:
    """
    Make the tables of a new database, or check that an old one is ours; then see that it can be written.

    What a process that was killed had taken in hand is due again.

    Returns:
        Whether the tables were made.
    """
    tables = check_tables(connection, path)
    if not tables and not may_create:
        raise nothing_of_fils(str(path.absolute()), mode=mode)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if not tables:
        create_schema(connection, mode=mode)
    check_stamp(*connection.execute(queries.STAMP).fetchone(), database=str(path), mode=mode)
    connection.execute("BEGIN IMMEDIATE")
    # Whoever holds the lock of the file is alone, so a lease belongs to a process that has ended.
    connection.execute(queries.END_LEASES)
    connection.execute("COMMIT")
    return not tables
