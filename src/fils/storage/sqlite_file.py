"""
The file of an SQLite database: whose it is, who has it, and why it cannot be used.

One process at a time has it, by a lock that the system ends with the process at the latest.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Final, TextIO

from fils.domain.errors import ConfigurationError, DatabaseInUse

_ADVICE: Final = {
    "SQLITE_FULL": "its disk is full: make room",
    # SQLite says no more when a write fails, whatever the system told it.
    "SQLITE_IOERR": "its disk cannot be written: it is full, over a quota or broken",
    "SQLITE_READONLY": "it is read-only: the file, its folder and those that end in -wal and -shm must be writable",
    "SQLITE_CANTOPEN": "its file cannot be opened: look at its owner and the rights of its folder",
    "SQLITE_CORRUPT": "its content is damaged: restore a backup",
}
"""What a person can do, by the beginning of SQLite's name of an error."""


def refuse_foreign_file(path: Path) -> None:
    """
    Look at a file that is there before anything is written beside it.

    What another process has not yet moved from its log into the file is not seen here, nor may it be waited for, so
    ``the store looks again under the lock.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return
    with contextlib.closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    ) as reader:
        try:
            check_tables(reader, path)
        except sqlite3.DatabaseError as error:
            # What a kill cut short while it was moved into the file looks damaged without its log.
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                raise


def lock_file(path: Path) -> TextIO:
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


def create_file(path: Path) -> None:
    """Make the file if there is none, readable by its owner only."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def connect_to_file(path: Path, *, wait_s: float) -> sqlite3.Connection:
    """
    Connect to a file that is there.

    Args:
        wait_s: How long a statement waits for a lock that another program holds.
    """
    # `mode=rw` opens and never creates: a file that vanished meanwhile is an error. The writer's thread gets its
    # connection from the one that opened it.
    address = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)


def check_tables(connection: sqlite3.Connection, path: Path) -> frozenset[str]:
    """
    The names of the tables; none in a new file.

    Raises:
        ConfigurationError: If they are another program's.
    """
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    tables = frozenset(name for (name,) in rows)
    if "backup" in tables:
        raise ConfigurationError(
            f"the database {path} is a backup, which nobody serves from; `fils restore {path}` makes a database of it"
        )
    if tables and "stamp" not in tables:
        raise ConfigurationError(f"the database {path} belongs to another program; name another file")
    return tables


def identity_of(path: Path) -> tuple[int, int]:
    """What stays the same as long as the path leads to the same file."""
    status = path.stat()
    return status.st_dev, status.st_ino


def reason(error: OSError | sqlite3.Error) -> str:
    """Why a file could not be used, in words that tell a person where to look."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    name = getattr(error, "sqlite_errorname", "")
    advice = next((advice for start, advice in _ADVICE.items() if name.startswith(start)), None)
    return str(error) if advice is None else f"{advice} ({error}, {name})"
