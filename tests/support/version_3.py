"""
A database as version 3 made it: that of version 2, brought to 3 by its own migration, with two terminals.

What a migration leads to is what its version had, and it never changes; so no schema has to be kept beside it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Final

import asyncpg

from fils.storage.migrating import Request, migrate_postgresql, migrate_sqlite
from fils.storage.migrations import MIGRATIONS
from tests.support import records, version_2
from tests.support.application_ports import ACCOUNT

VERSION: Final = 3
MADE_AT: Final = "2026-02-28T23:59:59.999999Z"


def terminal(name: str, tranportal_id: str, *, disabled_at: str | None = None) -> dict[str, object]:
    """The document of a terminal, as version 3 wrote it."""
    credentials = {
        "version": 1,
        "tranportal_id": tranportal_id,
        "sealed_password": "p",
        "sealed_key": "k",
        "usable_from": MADE_AT,
    }
    return {
        "id": f"trm_{name.casefold()}{tranportal_id}",
        "account_id": ACCOUNT.id,
        "name": name,
        "mode": "server",
        "browser_url": "https://kpaytest.com.kw/kpg",
        "server_url": "https://kpaytest.com.kw/kpg",
        "credentials": [credentials],
        "created_at": MADE_AT,
        "disabled_at": disabled_at,
        "version": 2,
    }


USUAL: Final = (terminal("Main", "888801"), terminal("Straße", "888801", disabled_at=MADE_AT))
"""One that is on, and the same at the bank switched off."""


async def make_database(url: str, *, terminals: Sequence[dict[str, object]] = USUAL) -> None:
    """Make it at *url*, as ``version_2.make_database`` does."""
    await version_2.make_database(url)
    request = Request(
        database=url.removeprefix("sqlite:///"),
        label="the-label",
        mode="sandbox",
        now=lambda: records.NOW,
        new_id=records.name,
        migrations=[step for step in MIGRATIONS if step.version <= VERSION],
    )
    if url.startswith("sqlite:///"):
        migrate_sqlite(request)
    else:
        await migrate_postgresql(request)
    rows = [(item["id"], item["account_id"], item["version"], json.dumps(item)) for item in terminals]
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            file.executemany("INSERT INTO terminals VALUES (?, ?, ?, ?)", rows)
        return
    server = await asyncpg.connect(url)
    await server.executemany("INSERT INTO terminals VALUES ($1, $2, $3, $4)", rows)
    await server.close()
