"""
A database as version 2 made it: its tables and rows, which its own use cases wrote.

Two accounts with channels and keys, a setup that was never confirmed, payments that were captured, declined and left to
expire, a raw message that was read, a payment nobody has begun, and one under way: its customer paid and came back, and
the bank does not answer. The last rows are records with every field set and texts that are easily damaged.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

UNDER_WAY: Final = "pay_jrshbxasxaoe7l722yy6bsgmju"
"""The payment whose customer paid; the bank was not yet heard."""
LEFT_AT: Final = datetime(2026, 4, 30, 11, 1, 0, 250_000, tzinfo=UTC)
"""When the last request came."""
MASTER_KEY: Final = bytes(range(32))
"""Under which it sealed."""
_FOLDER: Final = Path(__file__).parent


async def make_database(url: str, *, mode: str = "sandbox") -> None:
    """Make it at *url*, which is an empty PostgreSQL database or ``sqlite:///`` and a path where no file is."""
    engine = "sqlite" if url.startswith("sqlite:///") else "postgresql"
    schema = _FOLDER.joinpath(f"{engine}.sql").read_text(encoding="utf-8")
    rows = _FOLDER.joinpath("rows.sql").read_text(encoding="utf-8")
    stamp = f"INSERT INTO stamp (one, schema_version, mode) VALUES (1, 2, '{mode}');"  # noqa: S608
    if engine == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            file.execute("PRAGMA journal_mode = WAL")
            file.executescript(schema + stamp + rows)
        return
    server = await asyncpg.connect(url)
    await server.execute(schema + stamp + rows)
    await server.close()
