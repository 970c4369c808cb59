"""
The default store: one SQLite file, one writer, every commit on disk before it is answered.

Writes go through the group commit of ``sqlite_writer``. Reads run on the event loop itself: a read by key takes some
microseconds from the page cache, less than handing it to a thread and back.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

from fils.application.ports import Batch
from fils.domain.errors import ConfigurationError, DatabaseInUse, StorageUnavailable
from fils.domain.identifiers import PaymentId
from fils.storage import queries
from fils.storage.reads import StoreReads
from fils.storage.rows import batch_rows
from fils.storage.sqlite_writer import SqliteWriter
from fils.storage.sqlite_writes import batch_change, claim_change, create_schema, forget_answers_change
from fils.storage.stamp import check_stamp

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
    """

    def __init__(self, path: Path, *, mode: str) -> None:
        self._path = path
        self._mode = mode
        self._lock: TextIO | None = None
        self._reader: sqlite3.Connection | None = None
        self._writer: SqliteWriter | None = None
        self._identity: tuple[int, int] | None = None

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
                f"the database {self._path} cannot be opened: {_reason(error)}"
            ) from error
        except ConfigurationError:
            self._release()
            raise
        self._writer = SqliteWriter(writer, check_file=self._check_file)

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
            raise StorageUnavailable(f"the database cannot be read: {error}") from error

    def _open_file(self) -> sqlite3.Connection:
        """Lock the file, connect for reads, and return the connection for writes."""
        _refuse_foreign_file(self._path)
        self._lock = _lock(self._path)
        _create_file(self._path)
        self._identity = _identity(self._path)
        self._reader = _connect(self._path, wait_s=READ_WAIT_S)
        self._reader.execute("PRAGMA query_only = ON")
        writer = _connect(self._path, wait_s=WRITE_WAIT_S)
        try:
            _prepare(writer, self._path, self._mode)
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
        if _identity(self._path) != self._identity:
            raise FileNotFoundError(f"{self._path} was replaced while it was in use")

    def _release(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _refuse_foreign_file(path: Path) -> None:
    """
    Look at a file that is there before anything is written beside it.

    What another process has not yet moved from its log into the file is not seen here, nor may it be waited for, so
    ``_prepare`` looks again under the lock.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return
    with contextlib.closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    ) as reader:
        try:
            _check_tables(reader, path)
        except sqlite3.DatabaseError as error:
            # What a kill cut short while it was moved into the file looks damaged without its log.
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                raise


def _lock(path: Path) -> TextIO:
    """Take the lock that only one process can have. It is the system's, so it ends with the process at the latest."""
    real_path = path.resolve()
    lock_path = real_path.with_name(real_path.name + ".lock")
    if path.is_dir():
        raise ConfigurationError(f"the database {path} is a folder; name a file")
    if not real_path.parent.is_dir():
        raise ConfigurationError(f"the database {path} cannot be made: there is no folder {real_path.parent}")
    if lock_path.is_symlink():
        raise ConfigurationError(f"the database {path} cannot be opened: {lock_path} is a link; remove it")
    # What a link points to is not ours to touch, also if it was put there just now.
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.fdopen(os.open(lock_path, flags, 0o600), "r+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise DatabaseInUse(
            f"the database {path} is in use by another Fils; stop that one or name another database"
        ) from error
    return lock


def _create_file(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _connect(path: Path, *, wait_s: float) -> sqlite3.Connection:
    # `mode=rw` opens and never creates: a file that vanished meanwhile is an error. The writer's thread gets its
    # connection from the one that opened it.
    address = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, path: Path, mode: str) -> None:
    """
    Make the tables of a new database, or check that an old one is ours; then see that it can be written.

    What a process that was killed had taken in hand is due again.
    """
    tables = _check_tables(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if not tables:
        create_schema(connection, mode=mode)
    check_stamp(*connection.execute(queries.STAMP).fetchone(), database=str(path), mode=mode)
    connection.execute("BEGIN IMMEDIATE")
    # Whoever holds the lock of the file is alone, so a lease belongs to a process that has ended.
    connection.execute(queries.END_LEASES)
    connection.execute("COMMIT")


def _check_tables(connection: sqlite3.Connection, path: Path) -> frozenset[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    tables = frozenset(name for (name,) in rows)
    if tables and "stamp" not in tables:
        raise ConfigurationError(f"the database {path} belongs to another program; name another file")
    return tables


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _reason(error: OSError | sqlite3.Error) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
