"""A PostgreSQL database at one moment: one read-only transaction that sees nothing of what is committed meanwhile."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from fils.domain.errors import ConfigurationError
from fils.storage import queries
from fils.storage.postgresql_connection import (
    APPLICATION_NAME,
    CLOSE_TIMEOUT_S,
    UNANSWERED,
    UNREADABLE_URL,
    connect,
    told,
    unusable,
)
from fils.storage.snapshot import Snapshot, StoredRow, checked_stamp, strays_query
from fils.storage.tables import CHUNK_ROWS, COLUMNS, POSITIONED, StoredTable

_SESSION: Final = {
    "application_name": f"{APPLICATION_NAME} snapshot",
    # Reading a large database takes as long as it takes.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "synchronous_commit": "on",
    "lock_timeout": "10000",
}
SILENCE_S: Final = 900.0
"""A statement that has no answer for so long never gets one: the server, or the way to it, is gone."""

_KEYS: Final = {
    "kept_answers": "account_id, method, path, key",
    "events": "payment_id, sequence",
    "due_payments": "payment_id",
}


@asynccontextmanager
async def open_postgresql_snapshot(dsn: str) -> AsyncIterator[PostgresqlSnapshot]:
    """
    Look at the database of *dsn*.

    Raises:
        ConfigurationError: If it cannot be read or is not one of this version of Fils.
    """
    connection = await connect_for_long(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            database = await connection.fetchval("SELECT current_database()")
            if await connection.fetchval("SELECT to_regclass('stamp') IS NULL"):
                raise ConfigurationError(f"the database {database} has no tables of Fils")
            [stamp] = await connection.fetch(queries.STAMP)
            yield PostgresqlSnapshot(connection, *checked_stamp(stamp[0], stamp[1], database=database))
    except UNANSWERED as error:
        raise _unreadable(error) from error
    finally:
        with contextlib.suppress(*UNANSWERED):
            await connection.close(timeout=CLOSE_TIMEOUT_S)


async def connect_for_long(dsn: str) -> asyncpg.Connection:
    """
    A connection for work whose length nobody can foresee.

    Raises:
        ConfigurationError: If the server cannot be reached; no password is in the text.
    """
    try:
        return await connect(dsn, session=_SESSION, answer_timeout_s=SILENCE_S)
    except ValueError:
        raise ConfigurationError(UNREADABLE_URL) from None
    except UNANSWERED as error:
        raise unusable(error) from error


class PostgresqlSnapshot(Snapshot):
    """
    A PostgreSQL database at one moment.

    Args:
        connection: In a transaction that reads.
        schema_version: As stamped.
        mode: As stamped.
    """

    def __init__(self, connection: asyncpg.Connection, schema_version: int, mode: str) -> None:
        self._connection = connection
        self.schema_version = schema_version
        self.mode = mode

    async def rows(self, table: StoredTable) -> AsyncIterator[Sequence[StoredRow]]:
        """Every row of *table*, some at a time, in the order in which they were stored if that is kept."""
        with _reading_errors():
            cursor = await self._connection.cursor(f"{_select(table)} ORDER BY {_order(table)}")
            chunk = await cursor.fetch(CHUNK_ROWS)
        while chunk:
            yield [tuple(row) for row in chunk]
            with _reading_errors():
                chunk = await cursor.fetch(CHUNK_ROWS)

    async def rows_among(
        self, table: StoredTable, column: str, values: Collection[str]
    ) -> Sequence[StoredRow]:
        """The rows of *table* whose *column* has one of *values*."""
        query = (
            f"{_select(table)} WHERE {column} IN (SELECT jsonb_array_elements_text($1::jsonb)) "
            f"ORDER BY {_order(table)}"
        )
        with _reading_errors():
            return [tuple(row) for row in await self._connection.fetch(query, json.dumps(list(values)))]

    async def strays(
        self, table: StoredTable, column: str, parent: StoredTable, *, limit: int
    ) -> Sequence[str]:
        """What *column* of *table* names and no id of *parent* has."""
        with _reading_errors():
            found = await self._connection.fetch(strays_query(table, column, parent, limit=limit))
        return [str(row[0]) for row in found]

    async def damages(self) -> Sequence[str]:
        """Nothing: the server looks after its files, and its own ``amcheck`` is the tool to doubt them."""
        return []


@contextlib.contextmanager
def _reading_errors() -> Iterator[None]:
    """What the server does not answer while the block reads, told from what goes wrong with what is written of it."""
    try:
        yield
    except UNANSWERED as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> ConfigurationError:
    return ConfigurationError(f"the PostgreSQL database cannot be read: {told(error)}")


def _select(table: StoredTable) -> str:
    return f"SELECT {', '.join(COLUMNS[table])} FROM {table}"  # noqa: S608


def _order(table: StoredTable) -> str:
    return "position" if table in POSITIONED else _KEYS.get(table, "id")
