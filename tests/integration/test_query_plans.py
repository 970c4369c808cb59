"""
Every question by a key is answered through an index, on both databases, however many rows there are.

The plans are looked at, not the time. A query that reads a whole table by its nature is named with the reason.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from fils.storage import open_store, queries

MANY: Final = 100_000
FEWER: Final = 10_000
OF_ONE_ACCOUNT: Final = ("payments", "kept_answers", "customers")
"""Tables with many rows, all of which are one account's, as they are for most merchants."""

TABLES: Final = {
    "accounts": "id, prefix, folded_name, version, document",
    "processing_channels": "id, account_id, folded_name, version, document",
    "secret_keys": "id, account_id, key_hash, version, document",
    "customers": "id, account_id, email, version, document",
    "kept_answers": "account_id, method, path, key, kept_at_us, document",
    "payment_setups": "id, account_id, version, document",
    "payments": "id, account_id, session_id, reference, version, document",
    "payment_attempts": (
        "id, account_id, setup_id, payment_id, terminal_id, track_id, return_secret_hash, counts, needs_person,"
        " version, document"
    ),
    "evidence": "id, account_id, payment_id, attempt_id, digest, document",
    "events": "payment_id, sequence, id, account_id, document",
    "audit_entries": "id, account_id, subject_id, document",
    "due_payments": "payment_id, account_id, due_at_us, leased_until_us",
}
"""The tables that may grow, and their columns."""

PARAMETERS: Final[dict[str, tuple[str | int, ...]]] = {
    "ACCOUNT": ("id7",),
    "ACCOUNT_BY_PREFIX": ("prefix7",),
    "SECRET_KEY": ("key_hash7",),
    "SECRET_KEYS_OF_ACCOUNT": ("account_id7",),
    "PROCESSING_CHANNEL": ("id7",),
    "CHANNELS_OF_ACCOUNT": ("account_id7",),
    "CUSTOMER": ("id7",),
    "CUSTOMER_BY_EMAIL": ("account_id7", "email7"),
    "KEPT_ANSWER": ("account_id7", "method7", "path7", "key7"),
    "PAYMENT_SETUP": ("id7",),
    "CASE_OF_PAYMENT": ("id7", "payment_id7"),
    "PAYMENT": ("id7",),
    "PAYMENT_BY_SESSION": ("session_id7",),
    "LATEST_PAYMENTS": ("account_id7", 10),
    "PAYMENTS_BY_REFERENCE": ("account_id7", "reference7", 10, 0),
    "COUNT_PAYMENTS_BY_REFERENCE": ("account_id7", "reference7"),
    "ATTEMPT": ("id7",),
    "ATTEMPT_BY_TRACK_ID": ("terminal_id7", "track_id7"),
    "ATTEMPT_BY_RETURN_SECRET": ("return_secret_hash7",),
    "ATTEMPTS_OF_PAYMENT": ("payment_id7",),
    "ATTEMPTS_NEEDING_A_PERSON": ("id7", 10),
    "EVIDENCE_OF_PAYMENT": ("payment_id7",),
    "AUDIT_OF_SUBJECT": ("subject_id7",),
    "EVENTS_OF_PAYMENT": ("payment_id7",),
    "FORGET_ANSWERS": (7, 10),
}
"""Queries by name, and what they are asked with."""

READS_WHOLE: Final = {
    "STAMP": "it has one row",
    "MODE": "it has one row",
    "ACCOUNTS": "every account is wanted",
    "TERMINAL": "there are few",
    "TERMINALS": "every terminal is wanted",
    "DATA_KEYS": "every data key is wanted",
    "DUE_NOW": "it looks at so many rows at most",
    "OLDEST_UNDECIDED": "it looks at so many rows at most",
}
"""Reads that need no index, and why."""


def filling(table: str, numbers: str) -> str:
    """An INSERT of one row for each number, whose texts are the column's name and the number."""
    numeric = {"version", "kept_at_us", "sequence", "due_at_us", "leased_until_us"}
    values = {
        column: "n" if column in numeric else f"'{column}' || n" for column in TABLES[table].split(", ")
    }
    values |= {column: "0" for column in ("counts", "needs_person") if column in values}
    if table in OF_ONE_ACCOUNT:
        values["account_id"] = "'account_id7'"
    return f"INSERT INTO {table} ({TABLES[table]}) SELECT {', '.join(values.values())} FROM {numbers}"  # noqa: S608


def rows_of(table: str) -> int:
    return MANY if table in OF_ONE_ACCOUNT else FEWER


def test_every_read_is_looked_at() -> None:
    reads = {
        name
        for name, query in vars(queries).items()
        if isinstance(query, str) and name.isupper() and re.match(r"\s*(SELECT|WITH|DELETE FROM kept)", query)
    }
    assert reads - {"CLAIM_DUE_PAYMENTS"} == PARAMETERS.keys() | READS_WHOLE.keys()


@pytest.fixture(scope="module")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plans") / "fils.db"
    schema = Path(queries.__file__).with_name("schema").joinpath("sqlite.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA synchronous = OFF")
        file.executescript(schema)
        file.execute("CREATE TEMPORARY TABLE numbers (n INTEGER PRIMARY KEY)")
        file.executemany("INSERT INTO numbers VALUES (?)", ((number,) for number in range(1, MANY + 1)))
        for table in TABLES:
            file.execute(filling(table, f"numbers WHERE n <= {rows_of(table)}"))
    return path


@pytest.mark.parametrize("name", PARAMETERS)
def test_sqlite_uses_an_index(full_file: Path, name: str) -> None:
    with closing(sqlite3.connect(full_file)) as file:
        plan = file.execute(f"EXPLAIN QUERY PLAN {getattr(queries, name)}", PARAMETERS[name]).fetchall()
    steps = [str(step[-1]) for step in plan]
    assert not [step for step in steps if step.startswith("SCAN") and " USING " not in step], steps
    assert not [step for step in steps if "TEMP B-TREE" in step], steps


async def test_postgresql_uses_an_index(postgresql_url: str) -> None:
    await (await open_store(postgresql_url, mode="sandbox")).close()
    server = await asyncpg.connect(postgresql_url)
    await server.execute("SET synchronous_commit = off")
    plans = {}
    try:
        for table in TABLES:
            await server.execute(filling(table, f"generate_series(1, {rows_of(table)}) AS n"))
        await server.execute("ANALYZE")
        for name, parameters in PARAMETERS.items():
            query = getattr(queries, name).replace("?", "$")
            plans[name] = [row[0] for row in await server.fetch(f"EXPLAIN {query}", *parameters)]
    finally:
        await server.close()
    scanning = {name: plan for name, plan in plans.items() if any("Seq Scan" in step for step in plan)}
    sorting = {name: plan for name, plan in plans.items() if any("Sort" in step for step in plan)}
    assert scanning == {}
    # Some rows of one key may be sorted; a list of a reference, which can be long, comes in its order.
    assert sorting.keys() & {"PAYMENTS_BY_REFERENCE", "LATEST_PAYMENTS"} == set()
