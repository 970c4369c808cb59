"""
A look at a whole database at one moment, beside whoever works with it: for a backup, and to verify what is stored.

An SQLite file in WAL mode may be read by any process while one writes it, and PostgreSQL shows a transaction one
moment; so nobody waits for a snapshot, and it needs no operator's door.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fils.domain.errors import ConfigurationError
from fils.storage.rows import SCHEMA_VERSION
from fils.storage.sqlite_file import check_tables, reason
from fils.storage.tables import CHUNK_ROWS, COLUMNS, StoredTable

Value = str | int | None
StoredRow = Sequence[Value]
"""A row's columns, in the order of ``COLUMNS``."""

_POSTGRESQL_URLS: Final = ("postgresql://", "postgres://")
_SQLITE_URL: Final = "sqlite:///"
_WAIT_S: Final = 10
"""How long a snapshot waits for a lock; in WAL mode there is hardly ever one."""


class Snapshot(ABC):
    """Everything in a database, at one moment. It is read only."""

    schema_version: int
    mode: str

    @abstractmethod
    def rows(self, table: StoredTable) -> AsyncIterator[Sequence[StoredRow]]:
        """Every row of *table*, some at a time, in the order in which they were stored if that is kept."""

    @abstractmethod
    async def rows_among(
        self, table: StoredTable, column: str, values: Collection[str]
    ) -> Sequence[StoredRow]:
        """The rows of *table* whose *column* has one of *values*, in the same order."""

    @abstractmethod
    async def strays(
        self, table: StoredTable, column: str, parent: StoredTable, *, limit: int
    ) -> Sequence[str]:
        """What *column* of *table* names and no id of *parent* has, at most *limit*."""

    @abstractmethod
    async def damages(self) -> Sequence[str]:
        """What the database itself finds wrong with its storage, if it can tell."""


@asynccontextmanager
async def open_snapshot(database: str) -> AsyncIterator[Snapshot]:
    """
    Look at the database *database*, which may be in use.

    Args:
        database: As ``open_store`` takes it.

    Raises:
        ConfigurationError: If there is none, or it is not one of this version of Fils.
    """
    if database.startswith(_POSTGRESQL_URLS):
        # The driver is imported only by those who use it.
        from fils.storage.postgresql_snapshot import open_postgresql_snapshot

        async with open_postgresql_snapshot(database) as postgresql:
            yield postgresql
        return
    path = Path(database.removeprefix(_SQLITE_URL))
    with reading(path) as connection:
        stamp = connection.execute("SELECT schema_version, mode FROM stamp").fetchone()
        yield SqliteSnapshot(connection, *checked_stamp(stamp[0], stamp[1], database=str(path)))


def checked_stamp(schema_version: int, mode: str, *, database: str) -> tuple[int, str]:
    """
    The stamp of a database whose tables this Fils can read.

    Raises:
        ConfigurationError: If they are of another version.
    """
    if schema_version != SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {database} has tables of version {schema_version} and this Fils reads version "
            f"{SCHEMA_VERSION}; use the Fils that made them, or copy it by other means (the file while no Fils runs, "
            "or pg_dump) and run `fils migrate`"
        )
    return schema_version, mode


@contextlib.contextmanager
def reading(path: Path, *, is_backup: bool = False) -> Iterator[sqlite3.Connection]:
    """
    A connection that sees the SQLite file *path* at one moment and writes nothing.

    Raises:
        ConfigurationError: If the file is not there, is no database of Fils, or cannot be read.
    """
    try:
        if not path.is_file():
            raise ConfigurationError(_missing(path, is_backup=is_backup))
        address = f"{path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(
            sqlite3.connect(address, uri=True, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
        ) as connection:
            # A text that is damaged is told as such, with its row, and keeps nobody from the other rows.
            connection.text_factory = _text
            connection.execute("BEGIN")
            # The first read is what fixes the moment.
            if not is_backup and not check_tables(connection, path):
                raise ConfigurationError(f"the database {path} is empty")
            yield connection
    except (OSError, sqlite3.Error) as error:
        kind = "backup" if is_backup else "database"
        raise ConfigurationError(f"the {kind} {path} cannot be read: {reason(error)}") from error


def _missing(path: Path, *, is_backup: bool) -> str:
    if is_backup:
        return f"there is no backup {path}"
    return (
        f"there is no database {path}: run the command where `fils serve` runs, with the same settings (--database, "
        "FILS_DATABASE_URL)"
    )


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


class SqliteSnapshot(Snapshot):
    """
    An SQLite file at one moment.

    Args:
        connection: In a transaction that reads.
        schema_version: As stamped.
        mode: As stamped.
    """

    def __init__(self, connection: sqlite3.Connection, schema_version: int, mode: str) -> None:
        self._connection = connection
        self.schema_version = schema_version
        self.mode = mode

    async def rows(self, table: StoredTable) -> AsyncIterator[Sequence[StoredRow]]:
        """Every row of *table*, some at a time, in the order in which they were stored."""
        with _reading_errors():
            cursor = self._connection.execute(f"{_select(table)} ORDER BY rowid")
            chunk = cursor.fetchmany(CHUNK_ROWS)
        while chunk:
            yield chunk
            with _reading_errors():
                chunk = cursor.fetchmany(CHUNK_ROWS)

    async def rows_among(
        self, table: StoredTable, column: str, values: Collection[str]
    ) -> Sequence[StoredRow]:
        """The rows of *table* whose *column* has one of *values*."""
        query = f"{_select(table)} WHERE {column} IN (SELECT value FROM json_each(?1)) ORDER BY rowid"  # noqa: S608
        with _reading_errors():
            return self._connection.execute(query, (json.dumps(list(values)),)).fetchall()

    async def strays(
        self, table: StoredTable, column: str, parent: StoredTable, *, limit: int
    ) -> Sequence[str]:
        """What *column* of *table* names and no id of *parent* has."""
        with _reading_errors():
            found = self._connection.execute(strays_query(table, column, parent, limit=limit)).fetchall()
        return [str(name) for (name,) in found]

    async def damages(self) -> Sequence[str]:
        """What SQLite finds wrong with the file: its pages, its indexes, its constraints."""
        try:
            found = [str(line) for (line,) in self._connection.execute("PRAGMA integrity_check(20)")]
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [] if found == ["ok"] else found


@contextlib.contextmanager
def _reading_errors() -> Iterator[None]:
    """What SQLite raises while the block reads, told from what goes wrong with a file that is written meanwhile."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConfigurationError(f"the database cannot be read: {reason(error)}") from error


def strays_query(table: StoredTable, column: str, parent: StoredTable, *, limit: int) -> str:
    """The same question for both databases. Its parts are names of this package's tables and columns."""
    return (
        f"SELECT DISTINCT {table}.{column} FROM {table} WHERE NOT EXISTS "  # noqa: S608
        f"(SELECT 1 FROM {parent} WHERE {parent}.id = {table}.{column}) LIMIT {limit}"
    )


def _select(table: StoredTable) -> str:
    return f"SELECT {', '.join(COLUMNS[table])} FROM {table}"  # noqa: S608
