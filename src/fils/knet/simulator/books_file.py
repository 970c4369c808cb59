"""
The file that the bank's books are kept in: its tables, its version, its transactions and its counters.

It is written ahead of the answer (WAL) with ``synchronous=NORMAL``: a commit then lives in the operating system's
cache, which outlives ``kill -9`` of the process. Only a power cut could take the last commits back, and a simulated
bank may lose those; a real merchant's store may not.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

SCHEMA_VERSION: Final = 2
"""Of the tables below, kept in the file. Version 1 named no number."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS orders (
    payment_id TEXT PRIMARY KEY,
    terminal_id TEXT NOT NULL,
    track_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    language TEXT NOT NULL,
    response_url TEXT NOT NULL,
    error_url TEXT NOT NULL,
    udf1 TEXT NOT NULL, udf2 TEXT NOT NULL, udf3 TEXT NOT NULL, udf4 TEXT NOT NULL, udf5 TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    state TEXT NOT NULL,
    masked_card TEXT NOT NULL DEFAULT '',
    expiry_year INTEGER NOT NULL DEFAULT 0,
    expiry_month INTEGER NOT NULL DEFAULT 0,
    card_kind TEXT NOT NULL DEFAULT 'ordinary',
    otp_sent_at TEXT,
    otp_failure_count INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '',
    transaction_amount_minor INTEGER NOT NULL,
    auth TEXT NOT NULL DEFAULT '',
    ref TEXT NOT NULL DEFAULT '',
    tran_id TEXT NOT NULL DEFAULT '',
    post_date TEXT NOT NULL DEFAULT '',
    auth_resp_code TEXT,
    processed_at TEXT,
    news TEXT NOT NULL DEFAULT 'NONE',
    funds TEXT NOT NULL DEFAULT 'NONE',
    faults TEXT,
    UNIQUE (terminal_id, track_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_by_tran_id ON orders (tran_id) WHERE tran_id <> '';
CREATE INDEX IF NOT EXISTS orders_by_ref ON orders (ref) WHERE ref <> '';
CREATE INDEX IF NOT EXISTS orders_with_news_due ON orders (payment_id) WHERE news = 'DUE';
CREATE TABLE IF NOT EXISTS due (
    payment_id TEXT NOT NULL,
    act TEXT NOT NULL,
    due_at TEXT NOT NULL,
    PRIMARY KEY (payment_id, act)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due_by_time ON due (due_at);
CREATE TABLE IF NOT EXISTS refunds (
    tran_id TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    auth TEXT NOT NULL,
    ref TEXT NOT NULL,
    post_date TEXT NOT NULL,
    refunded_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refunds_by_order ON refunds (payment_id);
CREATE TABLE IF NOT EXISTS terminal_faults (
    terminal_id TEXT PRIMARY KEY,
    faults TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO counters VALUES ('order', 0), ('transaction', 0);
"""

_LOCK_WAIT_SECONDS: Final = 0.05  # the event loop stands still meanwhile: a locked file is 503, not a wait


class BooksRefused(sqlite3.DatabaseError):
    """The file was written by another version of the simulator, or is no books of a simulator at all."""


class BooksFile:
    """
    The open file. Use from one thread, and close.

    Raises:
        BooksRefused: If the file holds tables of another version.
        sqlite3.Error: If it cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        # SQLite gives the files beside it the same rights; they say who paid what.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_WAIT_SECONDS)
        try:
            self._db.row_factory = sqlite3.Row
            self._refuse_another_version(path)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """Run a statement and return all its rows: one that writes must be read to its end before a commit."""
        return self._db.execute(statement, values).fetchall()

    def write(self, statement: str, values: tuple[object, ...] = ()) -> int:
        """Run a statement that writes and return how many rows it changed."""
        return self._db.execute(statement, values).rowcount

    def next_number(self, counter: str) -> int:
        """Count up and return the number, which is never handed out twice."""
        [(last,)] = self.rows("UPDATE counters SET last = last + 1 WHERE name = ? RETURNING last", (counter,))
        return int(last)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write everything inside or nothing. It takes the write lock first, so that what is read stays so."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _refuse_another_version(self, path: Path) -> None:
        [(version,)] = self.rows("PRAGMA user_version")
        [(table_count,)] = self.rows("SELECT count(*) FROM sqlite_schema")
        if table_count > 0 and version != SCHEMA_VERSION:
            raise BooksRefused(
                f"{path.name} was written by another version of the simulator (version {version} of its tables,"
                f" this one reads {SCHEMA_VERSION}); move the file away to start with empty books"
            )
