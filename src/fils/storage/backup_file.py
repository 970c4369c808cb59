"""
A backup: one SQLite file with all rows of a database as they were at one moment, and a manifest that says what it is.

It is the same for both databases, so that either can be restored from it, and it can be looked into and verified as
a database can. It has no stamp, so that no Fils takes it for a database to serve from.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Final

import msgspec

from fils.domain.errors import ConfigurationError
from fils.storage.rows import SCHEMA_VERSION
from fils.storage.snapshot import Snapshot, SqliteSnapshot, StoredRow, reading
from fils.storage.sqlite_file import reason
from fils.storage.sqlite_writes import create_schema
from fils.storage.tables import COLUMNS, StoredTable

FORMAT: Final = 1
"""The version of the form of backups."""

_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    fils_version: str
    schema_version: int
    mode: str
    taken_at: datetime
    """Aware UTC time just before the moment that the backup shows."""
    rows: Mapping[str, int]
    """Table to number of rows."""
    sha256: str
    """Of all rows in their order, in hexadecimal."""


class Tally:
    """Counts rows and digests them while they pass."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.rows: dict[str, int] = {}

    async def passing(self, source: Snapshot, table: StoredTable) -> AsyncIterator[Sequence[StoredRow]]:
        """The rows of *table*, each counted and digested."""
        self.rows[table] = 0
        self._sha256.update(_ENCODER.encode(table))
        async for rows in source.rows(table):
            self.rows[table] += len(rows)
            try:
                for row in rows:
                    self._sha256.update(_ENCODER.encode(tuple(row)))
            except UnicodeEncodeError as error:
                raise ConfigurationError(
                    f"a text in {table} is damaged; `fils verify` names its row"
                ) from error
            yield rows

    @property
    def sha256(self) -> str:
        """Of everything that has passed."""
        return self._sha256.hexdigest()


async def write_backup(source: Snapshot, path: Path, *, taken_at: datetime, fils_version: str) -> Manifest:
    """
    Write all of *source* into the new file *path*, which appears whole or not at all.

    Args:
        source: The database at the moment the backup is to show.
        path: Where nothing is yet.
        taken_at: Aware UTC time just before that moment.
        fils_version: Of this program.

    Raises:
        ConfigurationError: If the file exists already or cannot be written.
    """
    tally = Tally()
    with new_database_file(path, mode=source.mode) as connection:
        await copy_rows(connection, source, tally)
        manifest = Manifest(
            format=FORMAT,
            fils_version=fils_version,
            schema_version=source.schema_version,
            mode=source.mode,
            taken_at=taken_at,
            rows=tally.rows,
            sha256=tally.sha256,
        )
        connection.execute("DROP TABLE stamp")
        connection.execute("CREATE TABLE backup (manifest TEXT NOT NULL)")
        connection.execute("INSERT INTO backup VALUES (?)", (_ENCODER.encode(manifest).decode(),))
    return manifest


@contextlib.contextmanager
def open_backup(path: Path) -> Iterator[tuple[Snapshot, Manifest]]:
    """
    Look into a backup.

    Raises:
        ConfigurationError: If it is not a backup that this Fils can read. Whether its rows are the ones that were
            written is for whoever reads them: see ``Tally``.
    """
    with reading(path, is_backup=True) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "backup" not in tables:
            raise ConfigurationError(f"{path} is not a backup that `fils backup` made")
        manifest = _read_manifest(connection.execute("SELECT manifest FROM backup LIMIT 2").fetchall(), path)
        yield SqliteSnapshot(connection, manifest.schema_version, manifest.mode), manifest


@contextlib.contextmanager
def new_database_file(path: Path, *, mode: str) -> Iterator[sqlite3.Connection]:
    """
    A connection to a new database with empty tables; if the block ends well the file appears as *path*.

    Raises:
        ConfigurationError: If *path* exists already or cannot be written.
    """
    draft: Path | None = None
    try:
        if path.exists() or path.is_symlink():
            raise ConfigurationError(f"there is something at {path} already; nothing is ever written over it")
        descriptor, name = mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        draft = Path(name)
        with os.fdopen(descriptor, "rb") as file:
            # Until it has its name nobody misses it, so it needs no journal and is brought to the disk once.
            with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("PRAGMA synchronous = OFF")
                create_schema(connection, mode=mode)
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
            os.fsync(file.fileno())
        os.link(draft, path)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise ConfigurationError(f"something came to be at {path} meanwhile; it was left as it is") from error
    except (OSError, sqlite3.Error) as error:
        raise ConfigurationError(f"{path} cannot be written: {reason(error)}") from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring the names in *folder* to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def copy_rows(connection: sqlite3.Connection, source: Snapshot, tally: Tally) -> None:
    """Write every row of *source* into the empty tables behind *connection*."""
    for table, columns in COLUMNS.items():
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        async for rows in tally.passing(source, table):
            connection.executemany(insert, rows)


async def tally_of(source: Snapshot) -> Tally:
    """Count and digest everything in *source*."""
    tally = Tally()
    for table in COLUMNS:
        async for _ in tally.passing(source, table):
            pass
    return tally


def check_manifest(manifest: Manifest, tally: Tally, path: Path) -> None:
    """
    Check that what was read from *path* is what was written there.

    Raises:
        ConfigurationError: If it is not.
    """
    if tally.rows != manifest.rows or tally.sha256 != manifest.sha256:
        raise ConfigurationError(
            f"the backup {path} is damaged: its content is not what its manifest says; use another one"
        )


def _read_manifest(rows: Sequence[tuple[object]], path: Path) -> Manifest:
    try:
        [(text,)] = rows
        manifest = msgspec.json.decode(str(text), type=Manifest)
    except (ValueError, msgspec.MsgspecError) as error:
        raise ConfigurationError(f"the manifest of the backup {path} cannot be read") from error
    if manifest.format != FORMAT or manifest.schema_version != SCHEMA_VERSION:
        raise ConfigurationError(
            f"the backup {path} was made by Fils {manifest.fils_version} with tables of version "
            f"{manifest.schema_version}, and this Fils reads version {SCHEMA_VERSION}; restore it with that Fils"
        )
    return manifest
