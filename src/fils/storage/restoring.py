"""From a backup to a database that a Fils can be started on. Only what is new or empty is ever written to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg

from fils.domain.errors import ConfigurationError, DatabaseInUse
from fils.storage import queries
from fils.storage.backup_file import Manifest, Tally, check_manifest, copy_rows, new_database_file
from fils.storage.postgresql import PostgresqlStore
from fils.storage.postgresql_connection import CLOSE_TIMEOUT_S, SCHEMA_LOCK, UNANSWERED, told
from fils.storage.postgresql_snapshot import connect_for_long
from fils.storage.snapshot import Snapshot
from fils.storage.sqlite_file import lock_file, reason
from fils.storage.tables import COLUMNS

_REMAINS: Final = ("-wal", "-shm", "-journal")
"""What SQLite writes beside a database. With another file of its name it would be taken for part of that."""


async def restore_sqlite(source: Snapshot, manifest: Manifest, path: Path, *, backup: Path) -> None:
    """
    Make the SQLite database *path*, which appears whole or not at all.

    Args:
        source: What is in the backup.
        manifest: What it says of itself.
        path: Where nothing is yet.
        backup: The backup, to be named to a person.

    Raises:
        ConfigurationError: If there is something already, the file cannot be written, or the backup is damaged.
    """
    tally = Tally()
    try:
        _refuse_remains(path)
        with _alone(path), new_database_file(path, mode=manifest.mode) as connection:
            await copy_rows(connection, source, tally)
            check_manifest(manifest, tally, backup)
            connection.execute(queries.END_LEASES)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {reason(error)}") from error


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep every Fils away from *path*. One whose file was removed while it serves still holds the lock of it."""
    real_path = path.resolve()
    if path.exists() or not real_path.with_name(f"{real_path.name}.lock").exists():
        # What exists is refused for what it is, and where no Fils has been a refusal leaves no lock behind.
        yield
        return
    try:
        lock = lock_file(path)
    except DatabaseInUse as error:
        raise ConfigurationError(
            f"a Fils that runs still has the database {path}; stop that Fils first"
        ) from error
    with lock:
        yield


def _refuse_remains(path: Path) -> None:
    """Without the database they belong to; with it, that is what stands in the way."""
    remains = [name for ending in _REMAINS if os.path.lexists(name := f"{path}{ending}")]
    if remains and not path.exists():
        raise ConfigurationError(
            f"{remains[0]} is left of a database that was here; move it away together with what belongs to it"
        )


async def restore_postgresql(source: Snapshot, manifest: Manifest, dsn: str, *, backup: Path) -> None:
    """
    Fill the empty PostgreSQL database of *dsn*, in one transaction. Its tables are made if there are none.

    Raises:
        ConfigurationError: If it holds something already, cannot be written, or the backup is damaged.
    """
    store = PostgresqlStore(dsn, mode=manifest.mode, connections=2)
    await store.open()
    await store.close()
    connection = await connect_for_long(dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
            # A Fils that starts meanwhile waits, and finds what was restored.
            await connection.execute(f"LOCK TABLE {', '.join(COLUMNS)} IN EXCLUSIVE MODE")
            await _refuse_rows(connection)
            tally = Tally()
            for table, columns in COLUMNS.items():
                async for rows in tally.passing(source, table):
                    await connection.copy_records_to_table(table, records=rows, columns=list(columns))
            check_manifest(manifest, tally, backup)
            await connection.execute(queries.END_LEASES)
    except UNANSWERED as error:
        raise ConfigurationError(f"the PostgreSQL database cannot be written: {told(error)}") from error
    finally:
        with contextlib.suppress(*UNANSWERED):
            await connection.close(timeout=CLOSE_TIMEOUT_S)


async def _refuse_rows(connection: asyncpg.Connection) -> None:
    for table in COLUMNS:
        if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table})"):  # noqa: S608
            raise ConfigurationError(
                "the PostgreSQL database is not empty: a backup is restored into a new one only "
                f"(there are rows in {table})"
            )
