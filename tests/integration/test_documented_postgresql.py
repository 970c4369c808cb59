"""The statements of the page about PostgreSQL give Fils a database, and later fewer rights, as they stand."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from fils.application.ports import Batch
from fils.storage import open_store
from tests.support import records, version_2
from tests.support.command_line import run_fils
from tests.support.customer import DECLINING, Customer, Shop, link_of
from tests.support.postgresql import PostgresqlServer
from tests.support.process import FilsProcess

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "run-on-postgresql.md").read_text(encoding="utf-8")
SANDBOX = {"FILS_MODE": "sandbox"}


@pytest.fixture
def server() -> Iterator[PostgresqlServer]:
    """A server of this test's own, because roles belong to a whole server."""
    with PostgresqlServer(fsync=False) as running:
        yield running


async def execute(url: str, script: str) -> None:
    """Run each statement of *script* by itself: a database is not created inside a transaction."""
    connection = await asyncpg.connect(url)
    try:
        for statement in script.split(";"):
            if statement.strip():
                await connection.execute(statement)
    finally:
        await connection.close()


def statuses_of_payments(database: str, folder: Path) -> list[object]:
    """Start Fils on *database*, pay, be declined, and read both payments."""
    with FilsProcess(folder, database=database, environment=SANDBOX) as process:
        shop = Shop(process.base_url)
        paid, declined = shop.confirmed(), shop.confirmed()
        Customer().pay(link_of(paid))
        Customer().pay(link_of(declined), DECLINING)
        return [shop.payment(one["id"])["status"] for one in (paid, declined)]


async def test_the_documented_roles_can_do_what_fils_does(server: PostgresqlServer, tmp_path: Path) -> None:
    creation, fewer_rights = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    urls = {role: server.url("payments").replace("fils@", f"{role}@") for role in ("gateway", "gateway_app")}
    await execute(server.url("postgres"), creation)
    first = statuses_of_payments(urls["gateway"], tmp_path)
    await execute(server.url("payments"), fewer_rights)
    later = statuses_of_payments(urls["gateway_app"], tmp_path)

    assert first == later == ["Captured", "Canceled"]


async def test_the_lesser_role_serves_what_the_owner_migrated(
    server: PostgresqlServer, tmp_path: Path
) -> None:
    creation, fewer_rights = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    urls = {role: server.url("payments").replace("fils@", f"{role}@") for role in ("gateway", "gateway_app")}
    await execute(server.url("postgres"), creation)
    await version_2.make_database(urls["gateway"])
    await execute(server.url("payments"), fewer_rights.replace(", kept_answers", ""))

    def migrate(role: str) -> subprocess.CompletedProcess[str]:
        environment = SANDBOX | {"FILS_DATABASE_URL": urls[role]}
        return run_fils("migrate", folder=tmp_path, environment=environment)

    refused, migrated = migrate("gateway_app"), migrate("gateway")
    await execute(server.url("payments"), fewer_rights.partition(";")[2])

    assert refused.returncode != 0
    assert "was not migrated and is as it was: " in refused.stderr
    assert migrated.returncode == 0, migrated.stderr
    store = await open_store(urls["gateway_app"], mode="sandbox")
    terminal = records.terminal()
    await store.commit(Batch(inserts=(terminal, records.kept_answer(), records.setup())))
    assert await store.terminal(terminal.id) == terminal
    assert await store.forget_answers(before=records.NOW + timedelta(days=1), limit=10) == 1
    assert await store.claim_due_payments(now=records.NOW, limit=1, lease=timedelta(minutes=1)) == ()
    await store.close()


async def test_the_page_names_every_table_and_function(postgresql_url: str, tmp_path: Path) -> None:
    with FilsProcess(tmp_path, database=postgresql_url, environment=SANDBOX):
        connection = await asyncpg.connect(postgresql_url)
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
        await connection.close()
    names = {row[0] for row in rows}
    assert {"stamp", "fils_commit"} <= names
    assert {name for name in names if f"`{name}`" not in PAGE} == set()
