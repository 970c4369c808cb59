"""A database of an earlier version becomes one of today's: equal to a fresh one, with everything that was in it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from fils.application.authentication import KEY_PURPOSE
from fils.application.ports import Batch
from fils.application.settling import settle_payment
from fils.domain.errors import ConcurrentUpdate, ConfigurationError, DatabaseInUse, StorageUnavailable
from fils.domain.identifiers import SECRET_KEY, PaymentId, is_identifier
from fils.domain.payment import PaymentStatus
from fils.storage import open_store
from fils.storage.migrating import Plan, Request, migrate_postgresql, migrate_sqlite
from fils.storage.migrations import MIGRATIONS, OLDEST_VERSION
from fils.storage.rows import SCHEMA_VERSION
from tests.support import application_ports, records, version_2, version_3
from tests.support.application_ports import ACCOUNT, ScriptedBank, SettableClock, make_ports
from tests.support.command_line import run_fils
from tests.support.postgresql import PostgresqlServer, find_binaries

MADE_AT = records.NOW
NAMED = ("accounts", "processing_channels", "terminals")
"""Tables of what people give names."""
RECORDS = ("payment_setups", "payments", "payment_attempts", "evidence", "events")
"""Tables whose documents are as they were."""
EARLIER: Mapping[str, Callable[[str], Awaitable[None]]] = {
    "from 2": version_2.make_database,
    "from 3": version_3.make_database,
}
"""What makes a database of each earlier version."""


async def migrate(url: str, *, mode: str = "sandbox", is_dry: bool = False, is_forced: bool = False) -> Plan:
    request = Request(
        database=url.removeprefix("sqlite:///"),
        label="the-label",
        mode=mode,
        now=lambda: MADE_AT,
        new_id=records.name,
        is_dry=is_dry,
        is_forced=is_forced,
    )
    return migrate_sqlite(request) if url.startswith("sqlite:///") else await migrate_postgresql(request)


async def select(url: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of *query*, in their order."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return list(file.execute(query))
    server = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await server.fetch(query)]
    finally:
        await server.close()


async def documents(url: str, table: str) -> list[dict[str, Any]]:
    order = {"payment_setups": "id", "events": "payment_id, sequence"}.get(table, "position")
    return [
        json.loads(text)
        for (text,) in await select(url, f"SELECT document FROM {table} ORDER BY {order}")  # noqa: S608
    ]


@pytest.fixture
async def old_url(durable_url: str) -> str:
    """A database as version 2 left it, on each engine."""
    await version_2.make_database(durable_url)
    return durable_url


# Equal to a fresh one


def sqlite_schema(path: Path) -> Mapping[str, object]:
    """What a file's tables are, whatever their statements look like and in whatever order columns were added."""
    with closing(sqlite3.connect(path)) as file:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return list(file.execute(query))

        tables = [
            name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        schema: dict[str, object] = {}
        for table in tables:
            schema[table] = sorted(column[1:] for column in ask(f"PRAGMA table_info({table})"))
            [(statement,)] = ask(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")  # noqa: S608
            schema[f"checks of {table}"] = sorted(re.findall(r"CHECK \([^)]*\)+", statement))
            indexes = []
            for _, name, is_unique, origin, is_partial in ask(f"PRAGMA index_list({table})"):
                shown = name if origin == "c" else origin
                [(text,)] = ask(f"SELECT sql FROM sqlite_master WHERE name = '{name}'")  # noqa: S608
                condition = text.partition(" WHERE ")[2] if is_partial else ""
                columns = [column for _, _, column in ask(f"PRAGMA index_info({name})")]
                indexes.append((shown, is_unique, columns, condition))
            schema[f"indexes of {table}"] = sorted(indexes)
        others = "SELECT type, name, sql FROM sqlite_master WHERE type NOT IN ('table', 'index')"
        schema["anything else"] = ask(others)
        return schema


def postgresql_schema(url: str) -> list[str]:
    """What ``pg_dump`` says, with the lines of each statement sorted: an added column is the last of its table."""
    dump = subprocess.run(
        [str(find_binaries() / "pg_dump"), "--schema-only", "--no-comments", url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = (line for line in dump.splitlines() if not line.startswith(("--", "\\")))
    statements = "\n".join(lines).split(";\n")
    return sorted("\n".join(sorted(line.rstrip(",") for line in one.splitlines())) for one in statements)


async def fresh(url: str) -> None:
    store = await open_store(url, mode="sandbox")
    await store.close()


@pytest.mark.parametrize("make_database", EARLIER.values(), ids=EARLIER)
async def test_a_migrated_file_has_the_tables_of_a_fresh_one(
    tmp_path: Path, make_database: Callable[[str], Awaitable[None]]
) -> None:
    await fresh(f"sqlite:///{tmp_path}/fresh")
    await make_database(f"sqlite:///{tmp_path}/old")
    assert sqlite_schema(tmp_path / "fresh") != sqlite_schema(tmp_path / "old")

    await migrate(f"sqlite:///{tmp_path}/old")

    assert sqlite_schema(tmp_path / "fresh") == sqlite_schema(tmp_path / "old")


@pytest.mark.parametrize("make_database", EARLIER.values(), ids=EARLIER)
async def test_a_migrated_server_has_the_tables_and_functions_of_a_fresh_one(
    postgresql_server: PostgresqlServer, postgresql_url: str, make_database: Callable[[str], Awaitable[None]]
) -> None:
    other = await postgresql_server.create_database()
    try:
        await fresh(postgresql_server.url(other))
        await make_database(postgresql_url)
        await migrate(postgresql_url)
        new = postgresql_schema(postgresql_server.url(other))
    finally:
        await postgresql_server.drop_database(other)

    migrated = postgresql_schema(postgresql_url)
    assert any("FUNCTION public.fils_commit" in statement for statement in new)
    assert migrated == new


def test_the_migrations_lead_step_by_step_to_the_version_of_today() -> None:
    assert [step.version for step in MIGRATIONS] == list(range(OLDEST_VERSION + 1, SCHEMA_VERSION + 1))


# What was in it


async def test_no_record_of_a_payment_changes(old_url: str) -> None:
    before = {table: await documents(old_url, table) for table in RECORDS}
    due = await select(old_url, "SELECT * FROM due_payments ORDER BY payment_id")
    await migrate(old_url)
    assert {table: await documents(old_url, table) for table in RECORDS} == before
    assert await select(old_url, "SELECT * FROM due_payments ORDER BY payment_id") == due
    assert all(before.values())
    assert due


def lost(before: object, after: object, path: str = "") -> list[str]:
    """What *before* says and *after* does not; it may say more."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [] if before == after else [path]
    return [name for key in before for name in lost(before[key], after.get(key), f"{path}.{key}")]


async def test_the_store_of_today_reads_all_that_was_meant(old_url: str) -> None:
    before = {table: await documents(old_url, table) for table in RECORDS}
    await migrate(old_url)
    store = await open_store(old_url, mode="sandbox")
    read: dict[str, list[object]] = {name: [] for name in RECORDS}
    for payment_document in before["payments"]:
        payment = await store.payment(payment_document["id"])
        assert payment is not None
        read["payments"].append(payment)
    for setup_document in before["payment_setups"]:
        read["payment_setups"].append(await store.payment_setup(setup_document["id"]))
    for attempt_document in before["payment_attempts"]:
        read["payment_attempts"].append(await store.attempt(attempt_document["id"]))
    for name, question in (("evidence", store.evidence), ("events", store.events)):
        by_id = {
            item.id: item
            for payment_id in {document["payment_id"] for document in before[name]}
            for item in await question(payment_id)
        }
        read[name] = [by_id[document["id"]] for document in before[name]]
    await store.close()

    for table in RECORDS:
        for document, record in zip(before[table], read[table], strict=True):
            told = json.loads(msgspec.json.encode(record))
            assert lost(document, told) == [], f"{table} {document['id']}"


async def test_accounts_channels_and_keys_get_what_they_lacked(old_url: str) -> None:
    await migrate(old_url)
    store = await open_store(old_url, mode="sandbox")
    ports = make_ports(store=store)
    account = await store.account(ACCOUNT.id)
    channels = await store.processing_channels(ACCOUNT.id)
    key = await store.secret_key(ports.vault.hash(KEY_PURPOSE, application_ports.SECRET_KEY))
    assert account is not None
    assert await store.account_by_prefix(account.prefix) == account
    assert (account.name, account.created_at, account.version) == ("Shop", MADE_AT, 0)
    assert [(channel.name, channel.created_at) for channel in channels] == [("KNET", MADE_AT)]
    assert channels[0].terminal_id == application_ports.CHANNEL.terminal_id
    assert key is not None
    assert (key.account_id, key.name, key.created_at) == (ACCOUNT.id, "tests", MADE_AT)
    assert key.is_good(now=MADE_AT)
    assert key.of_sandbox
    assert is_identifier(SECRET_KEY, key.id)
    assert await store.secret_keys(ACCOUNT.id) == (key,)
    assert await store.data_keys() == ()
    await store.close()


async def test_payments_are_found_by_their_reference(old_url: str) -> None:
    before = [
        document["id"]
        for document in await documents(old_url, "payments")
        if document["reference"] == "ORD-0"
    ]
    await migrate(old_url)
    store = await open_store(old_url, mode="sandbox")
    found = await store.payments_by_reference(ACCOUNT.id, "ORD-0", skip=0, limit=10)
    await store.close()
    assert [payment.id for payment in found] == before[::-1]
    assert len(before) == 2
    counts = await select(old_url, "SELECT count(*) FROM payments WHERE reference IS NULL")
    assert counts == [(2,)]


async def test_what_was_done_is_found_by_what_it_was_done_to(old_url: str) -> None:
    [before] = await documents(old_url, "audit_entries")
    await migrate(old_url)
    store = await open_store(old_url, mode="sandbox")
    [entry] = await store.audit_entries(before["payment_id"])
    await store.close()
    assert (entry.id, entry.by, entry.why) == (before["id"], "Noura", "the bank asked")
    assert "payment_id" not in (await documents(old_url, "audit_entries"))[0]


async def test_more_payments_than_fit_into_one_page_get_their_reference(
    old_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fils.storage.migrations.documents.PAGE_ROWS", 2)
    await migrate(old_url)
    for document in await documents(old_url, "payments"):
        query = f"SELECT reference FROM payments WHERE id = '{document['id']}'"  # noqa: S608
        assert await select(old_url, query) == [(document["reference"],)]


async def test_a_payment_under_way_is_finished_after_the_migration(old_url: str) -> None:
    await migrate(old_url)
    store = await open_store(old_url, mode="sandbox")
    [attempt] = await store.attempts(PaymentId(version_2.UNDER_WAY))
    [news] = [item for item in await store.evidence(attempt.payment_id) if item.statement is not None]
    assert news.statement is not None
    bank, clock = ScriptedBank(), SettableClock(version_2.LEFT_AT)
    bank.answers.append(news.statement)
    ports = make_ports(store=store, bank=bank, clock=clock)

    await settle_payment(ports, attempt.payment_id)

    payment = await store.payment(attempt.payment_id)
    await store.close()
    assert payment is not None
    assert payment.status is PaymentStatus.CAPTURED


# From version 3


@pytest.fixture
async def newer_url(durable_url: str) -> str:
    """A database as version 3 left it, on each engine."""
    await version_3.make_database(durable_url)
    return durable_url


async def test_terminals_come_along_and_keep_their_versions(newer_url: str) -> None:
    before = await documents(newer_url, "audit_entries")
    await migrate(newer_url)
    store = await open_store(newer_url, mode="sandbox")
    one, other = sorted(await store.terminals(), key=lambda terminal: terminal.name)
    await store.commit(Batch(updates=(replace(one, name="Another"),)))
    with pytest.raises(ConcurrentUpdate):
        await store.commit(Batch(updates=(replace(one, version=3, name="STRASSE"),)))
    await store.close()
    assert (one.name, one.version, one.disabled_at) == ("Main", 2, None)
    assert (other.name, other.disabled_at) == ("Straße", MADE_AT)
    assert await documents(newer_url, "audit_entries") == before


async def test_a_payment_names_a_customer_that_is_stored(newer_url: str) -> None:
    [first, *_] = await documents(newer_url, "payments")
    known = {"id": first["customer_id"], "account_id": ACCOUNT.id, "created_at": version_3.MADE_AT}
    columns = "(id, account_id, version, document)"
    values = f"('{known['id']}', '{ACCOUNT.id}', 0, '{json.dumps(known)}')"
    await select_nothing(newer_url, f"INSERT INTO customers {columns} VALUES {values}")  # noqa: S608
    await migrate(newer_url)
    store = await open_store(newer_url, mode="sandbox")
    for payment in await documents(newer_url, "payments"):
        customer = await store.customer(payment["customer_id"])
        assert customer is not None
        assert customer.account_id == payment["account_id"]
        created_at = known["created_at"] if customer.id == known["id"] else payment["requested_at"]
        assert customer.created_at == datetime.fromisoformat(created_at)
        assert (customer.email, customer.name, customer.deleted_at) == (None, None, None)
    await store.close()


TWINS: Mapping[str, tuple[Sequence[dict[str, object]], str, str]] = {
    "accounts": (
        [],
        "UPDATE accounts SET document = replace(document, '\"Another shop\"', '\"SHOP\"')",
        r"accounts are called \w+ \(cli_\w+\) and \w+ \(cli_\w+\): .*`fils accounts set ID --name NAME`",
    ),
    "channels": (
        [],
        "INSERT INTO processing_channels SELECT 'pc_twin', account_id, version, replace(replace(document, "
        "'\"KNET\"', '\"knet\"'), 'pc_wzjki6hw5puepb5fnvqlizj2e4', 'pc_twin') FROM processing_channels "
        "WHERE document LIKE '%\"KNET\"%'",
        r"channels of one account are called .*\(pc_twin\).*`fils channels set ID --name NAME`",
    ),
    "terminals": (
        [version_3.terminal("Main", "888801"), version_3.terminal("MAIN", "888802")],
        "",
        r"terminals are called .*\(trm_main888802\): .*`fils terminals set ID --name NAME`",
    ),
    "one terminal at the bank": (
        [version_3.terminal("Main", "888801"), version_3.terminal("Till", "888801")],
        "",
        r"terminals that are one at the bank .*`fils terminals disable ID`",
    ),
}


@pytest.mark.parametrize("twins", TWINS)
async def test_twins_stop_the_migration_and_are_named_with_what_to_do(durable_url: str, twins: str) -> None:
    terminals, statement, said = TWINS[twins]
    await version_3.make_database(durable_url, terminals=terminals)
    if statement:
        await select_nothing(durable_url, statement)
    before = {table: await select(durable_url, f"SELECT * FROM {table} ORDER BY id") for table in NAMED}  # noqa: S608
    with pytest.raises(ConfigurationError, match=said) as refusal:
        await migrate(durable_url)
    assert "\n" not in str(refusal.value)
    after = {table: await select(durable_url, f"SELECT * FROM {table} ORDER BY id") for table in NAMED}  # noqa: S608
    assert after == before
    assert await select(durable_url, "SELECT schema_version FROM stamp") == [(3,)]


# Once, whole, or not at all


async def test_a_second_time_does_nothing(old_url: str) -> None:
    first = await migrate(old_url)
    keys = await select(old_url, "SELECT * FROM secret_keys ORDER BY id")
    second = await migrate(old_url)
    assert (first.version, len(first.steps)) == (2, 2)
    assert (second.version, len(second.steps)) == (SCHEMA_VERSION, 0)
    assert await select(old_url, "SELECT * FROM secret_keys ORDER BY id") == keys


async def test_a_plan_changes_nothing(old_url: str) -> None:
    plan = await migrate(old_url, is_dry=True)
    assert [step.version for step in plan.steps] == [3, 4]
    assert await select(old_url, "SELECT schema_version FROM stamp") == [(2,)]
    assert len(await select(old_url, "SELECT name FROM secret_keys")) == 2


async def test_a_step_that_fails_leaves_everything_as_it_was(old_url: str) -> None:
    clash = "INSERT INTO accounts (account_id, document) VALUES ('x', '{\"id\":\"cli_vkuhvk4v-again\"}')"
    await select_nothing(old_url, clash)
    with pytest.raises(ConfigurationError, match="the-label was not migrated and is as it was: ") as caught:
        await migrate(old_url)
    assert "INSERT" not in str(caught.value)
    assert await select(old_url, "SELECT schema_version FROM stamp") == [(2,)]
    assert len(await select(old_url, "SELECT name FROM secret_keys")) == 2


async def select_nothing(url: str, statement: str) -> None:
    """Run a statement that answers nothing."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            file.execute(statement)
        return
    server = await asyncpg.connect(url)
    await server.execute(statement)
    await server.close()


KILLED_IN_THE_MIDDLE = """
import os, sys
from fils.cli import main
from fils.storage.migrations import version_3
version_3._rename_subject = lambda *_: (print("at the last step", flush=True), sys.stdin.read())
main()
"""


def killed_in_the_middle(url: str, folder: Path) -> None:
    """Run ``fils migrate`` and kill it when all but the last step is done and nothing is committed."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_IN_THE_MIDDLE, "migrate", "--database", url, "--mode", "sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("FILS_")},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at the last step\n"
        process.kill()


async def test_a_kill_in_the_middle_leaves_the_old_database(old_url: str, tmp_path: Path) -> None:
    killed_in_the_middle(old_url, tmp_path)

    assert await select(old_url, "SELECT schema_version FROM stamp") == [(2,)]
    assert len(await select(old_url, "SELECT payment_id FROM audit_entries")) == 1

    plan = await migrate(old_url)

    assert plan.version == 2
    assert await select(old_url, "SELECT schema_version FROM stamp") == [(SCHEMA_VERSION,)]


# What is refused


async def test_a_database_of_another_mode_is_refused(old_url: str) -> None:
    with pytest.raises(ConfigurationError, match="made for mode=sandbox and mode=production"):
        await migrate(old_url, mode="production")
    assert await select(old_url, "SELECT schema_version FROM stamp") == [(2,)]


@pytest.mark.parametrize(("version", "said"), [(1, "cannot be migrated"), (99, "use the newer Fils")])
async def test_versions_out_of_reach_are_refused(old_url: str, version: int, said: str) -> None:
    await select_nothing(old_url, f"UPDATE stamp SET schema_version = {version}")  # noqa: S608
    with pytest.raises(ConfigurationError, match=said):
        await migrate(old_url)


@pytest.mark.parametrize(("version", "said"), [(2, "run `fils migrate`"), (99, "use the newer Fils")])
async def test_a_store_that_does_not_fit_says_what_to_do(old_url: str, version: int, said: str) -> None:
    await select_nothing(old_url, f"UPDATE stamp SET schema_version = {version}")  # noqa: S608
    with pytest.raises(ConfigurationError, match=said):
        await open_store(old_url, mode="sandbox")


async def test_an_empty_database_is_left_alone(durable_url: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no database the-label to migrate"):
        await migrate(durable_url)
    await fresh(durable_url)


async def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    await select_nothing(f"sqlite:///{tmp_path}/notes", "CREATE TABLE notes (text TEXT)")
    with pytest.raises(ConfigurationError, match="another program"):
        await migrate(f"sqlite:///{tmp_path}/notes")
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


async def test_a_file_that_a_fils_has_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/fils.db"
    store = await open_store(url, mode="sandbox")
    with pytest.raises(DatabaseInUse):
        await migrate(url)
    await store.close()


async def test_a_server_that_nobody_reaches_is_one_line_without_a_password() -> None:
    with pytest.raises(ConfigurationError, match="the-label was not migrated") as caught:
        await migrate("postgresql://fils:planted@127.0.0.1:1/payments")
    assert "planted" not in str(caught.value)


# Nodes that still run


@pytest.fixture
async def old_node(postgresql_url: str) -> AsyncIterator[Callable[[], Any]]:
    """A node of version 2 with its open session; returns what its next commit ends with."""
    await version_2.make_database(postgresql_url)
    connection = await asyncpg.connect(postgresql_url, server_settings={"application_name": "fils"})
    yield lambda: connection.fetchval("SELECT fils_commit($1)", "[{}]")
    await connection.close()


@pytest.mark.parametrize("is_forced", [False, True])
async def test_nodes_of_version_2_stop_a_migration(
    postgresql_url: str, old_node: Callable[[], Any], is_forced: bool
) -> None:
    """Their commits do not say their version, so one that is under way could end after the migration."""
    with pytest.raises(ConfigurationError, match="1 connections of Fils are open") as refusal:
        await migrate(postgresql_url, is_forced=is_forced)
    assert "--force" not in str(refusal.value)
    assert await old_node() == ["00000"]
    assert await select(postgresql_url, "SELECT schema_version FROM stamp") == [(2,)]


@pytest.fixture
def fenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for every later version."""
    monkeypatch.setattr("fils.storage.migrating.FENCED_SINCE", 2)


@pytest.mark.usefixtures("fenced")
async def test_connected_nodes_stop_a_migration_that_is_not_forced(
    postgresql_url: str, old_node: Callable[[], Any]
) -> None:
    with pytest.raises(ConfigurationError, match="with --force they answer 503"):
        await migrate(postgresql_url)
    assert await old_node() == ["00000"]
    assert await select(postgresql_url, "SELECT schema_version FROM stamp") == [(2,)]


@pytest.mark.usefixtures("fenced")
async def test_a_node_of_the_old_version_writes_nothing_after_a_forced_one(
    postgresql_url: str, old_node: Callable[[], Any]
) -> None:
    await migrate(postgresql_url, is_forced=True)
    with pytest.raises(asyncpg.UndefinedFunctionError):
        await old_node()


async def test_a_migration_waits_for_a_commit_that_is_under_way(postgresql_url: str) -> None:
    await version_2.make_database(postgresql_url)
    node = await asyncpg.connect(postgresql_url)
    watcher = await asyncpg.connect(postgresql_url)
    async with node.transaction():
        # As every commit reads it, of whatever version.
        await node.execute("SELECT schema_version FROM stamp")
        migration = asyncio.create_task(migrate(postgresql_url))
        async with asyncio.timeout(5):
            while not migration.done() and not await watcher.fetchval(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
            ):
                await asyncio.sleep(0.01)
        assert not migration.done()
    assert (await migration).steps
    await node.close()
    await watcher.close()


async def test_a_commit_that_waited_for_a_migration_is_refused(postgresql_url: str) -> None:
    """As the next migration will do it: the stamp is held, changed and let go while a node of today commits."""
    store = await open_store(postgresql_url, mode="sandbox")
    await store.commit(Batch(inserts=(records.setup(),)))
    late = records.setup()
    migration = await asyncpg.connect(postgresql_url)
    async with migration.transaction():
        await migration.execute("LOCK TABLE stamp IN ACCESS EXCLUSIVE MODE")
        commit = asyncio.create_task(store.commit(Batch(inserts=(late,))))
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        async with asyncio.timeout(2):
            while not await migration.fetchval(query):
                await asyncio.sleep(0.01)
        await migration.execute("UPDATE stamp SET schema_version = schema_version + 1")
    await migration.close()

    with pytest.raises(StorageUnavailable, match="tables are of another version"):
        await commit

    assert await store.payment_setup(late.id) is None
    await store.close()


# The command


def run_migrate(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_fils("migrate", "--database", str(path), *arguments, folder=path.parent)


async def test_the_command_says_what_it_would_do_then_does_it_and_then_has_nothing_to_do(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.sqlite3"
    await version_2.make_database(f"sqlite:///{path}")
    planned, checked, done, again = (
        run_migrate(path, *arguments) for arguments in (["--plan"], ["--check"], [], ["--check"])
    )
    assert (planned.returncode, checked.returncode, done.returncode, again.returncode) == (0, 1, 0, 0)
    assert planned.stdout == checked.stdout
    assert "has tables of version 2; this Fils needs 4" in planned.stdout
    assert "  2 to 3: " in planned.stdout
    assert "  3 to 4: " in planned.stdout
    assert "now has tables of version 4" in done.stdout
    assert "nothing to do" in again.stdout


async def test_a_refusal_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    await version_2.make_database(f"sqlite:///{path}", mode="production")
    refused = run_migrate(path)
    assert refused.returncode != 0
    assert refused.stderr.count("\n") == 1
    assert "was made for mode=production" in refused.stderr


def test_serving_a_file_loads_nothing_of_migrations(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
import fils.bootstrap.sandbox
from fils.storage import open_store

async def main():
    await (await open_store({str(tmp_path / "fils.db")!r}, mode="sandbox")).close()

asyncio.run(main())
print(sorted({{"alembic", "sqlalchemy", "asyncpg"}} & sys.modules.keys()))
"""
    finished = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert finished.stdout == "[]\n"
