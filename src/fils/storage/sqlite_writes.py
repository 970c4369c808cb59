"""What a change does to an SQLite connection, inside a transaction that is already open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final

from fils.domain.errors import ConcurrentUpdate, InvariantViolated, StorageError
from fils.storage import queries
from fils.storage.rows import SCHEMA_VERSION, BatchRows, epoch_us, microseconds

Claimed = tuple[str, ...]
"""What a change says it took: the payments a claim got, the keys of forgotten answers."""

_WAKES: Final = {"at": queries.WAKE_AT, "no_later": queries.WAKE_NO_LATER, "never": queries.WAKE_NEVER}
_UNIQUE: Final = frozenset({"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"})


@dataclass(frozen=True, slots=True)
class Change:
    """Something to write, whole or not at all."""

    write: Callable[[sqlite3.Connection], Claimed | None]
    statement_count: int = 1


def batch_change(batch: BatchRows) -> Change:
    """The change that writes *batch*; it raises ConcurrentUpdate when a guard does not hold."""

    def write(connection: sqlite3.Connection) -> None:
        for table, row in batch.updates:
            if connection.execute(queries.UPDATES[table], row).rowcount != 1:
                raise ConcurrentUpdate(f"another version of {row['id']} was stored meanwhile")
        for table, row in batch.inserts:
            connection.execute(queries.INSERTS[table], row)
        for wake in batch.wakes:
            connection.execute(_WAKES[wake.kind], wake.row)

    return Change(write, batch.statement_count)


def forget_answers_change(*, before: datetime, limit: int) -> Change:
    """The change that forgets kept answers."""
    parameters = (epoch_us(before), limit)

    def write(connection: sqlite3.Connection) -> Claimed:
        return tuple(key for (key,) in connection.execute(queries.FORGET_ANSWERS, parameters).fetchall())

    return Change(write)


def claim_change(*, now: datetime, limit: int, lease: timedelta) -> Change:
    """The change that hands due payments to one claimant, in the order of their times."""
    parameters = (epoch_us(now), limit, microseconds(lease))

    def write(connection: sqlite3.Connection) -> Claimed:
        claimed = connection.execute(queries.CLAIM_DUE_PAYMENTS, parameters).fetchall()
        return tuple(payment_id for payment_id, _ in sorted(claimed, key=lambda row: int(row[1])))

    return Change(write)


def write_whole(
    connection: sqlite3.Connection, change: Change
) -> Claimed | StorageError | InvariantViolated | None:
    """
    Write *change* into the open transaction, or leave the transaction as it was and say why.

    Raises:
        sqlite3.Error: The database failed; the whole transaction must be rolled back.
    """
    # SQLite undoes a single statement by itself when it fails, so only more than one needs a savepoint.
    needs_savepoint = change.statement_count > 1
    if needs_savepoint:
        connection.execute("SAVEPOINT change")
    try:
        result = change.write(connection)
    except (ConcurrentUpdate, sqlite3.IntegrityError) as error:
        if needs_savepoint:
            connection.execute("ROLLBACK TO change")
            connection.execute("RELEASE change")
        return _refusal(error)
    if needs_savepoint:
        connection.execute("RELEASE change")
    return result


def create_schema(connection: sqlite3.Connection, *, mode: str) -> None:
    """Make the tables of an empty database and stamp it, in one transaction."""
    schema = files("fils.storage").joinpath("schema/sqlite.sql").read_text(encoding="utf-8")
    connection.executescript(f"BEGIN IMMEDIATE;\n{schema}")
    connection.execute(
        "INSERT INTO stamp (one, schema_version, mode) VALUES (1, ?, ?)", (SCHEMA_VERSION, mode)
    )
    connection.execute("COMMIT")


def _refusal(error: ConcurrentUpdate | sqlite3.IntegrityError) -> StorageError | InvariantViolated:
    if isinstance(error, ConcurrentUpdate):
        return error
    kind = ConcurrentUpdate if error.sqlite_errorname in _UNIQUE else InvariantViolated
    refusal = kind(f"the database refused a row: {error}")
    refusal.__cause__ = error
    return refusal
