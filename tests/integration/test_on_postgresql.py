"""Whole payments with PostgreSQL as the store, and two processes that share it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest

from fils.config import SANDBOX_KEY
from tests.integration.test_whole_payment import eventually
from tests.support.customer import (
    DECLINING,
    DOCUMENTED_REQUEST,
    FAILURE_URL,
    SUCCESS_URL,
    Answer,
    Customer,
    Shop,
    call,
    link_of,
)
from tests.support.duplicates import KEY_HEADER
from tests.support.postgresql import PostgresqlServer
from tests.support.process import FilsProcess

BODY = json.dumps(DOCUMENTED_REQUEST).encode()
ENVIRONMENT = {"FILS_MODE": "sandbox", "FILS_REVERSAL_WINDOW": "2"}


@pytest.fixture
def process(tmp_path: Path, postgresql_url: str) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path, database=postgresql_url, environment=ENVIRONMENT) as running:
        yield running


def test_payments_are_taken_and_declined(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    paid, declined = shop.confirmed(), shop.confirmed()

    assert Customer().pay(link_of(paid)).startswith(SUCCESS_URL)
    assert Customer().pay(link_of(declined), DECLINING).startswith(FAILURE_URL)

    assert shop.payment(paid["id"])["status"] == "Captured"
    assert shop.payment(declined["id"])["response_code"] == "20005"


def test_a_kill_between_notification_and_return_is_decided_after_the_restart(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    confirmed = shop.confirmed()
    back = Customer().pay_and_leave(link_of(confirmed))

    process.restart()

    assert call("GET", back).location.startswith(SUCCESS_URL)
    assert shop.payment(confirmed["id"])["status"] == "Captured"


def test_what_one_process_confirmed_another_settles(tmp_path: Path, postgresql_url: str) -> None:
    """The second process shares the database and the master key; the first dies after the notification."""
    keys = tmp_path / "keys"
    keys.mkdir()
    environment = ENVIRONMENT | {"FILS_DATA_DIR": str(keys)}
    folders = [tmp_path / name for name in ("first", "second")]
    with ExitStack() as stack:
        for folder in folders:
            folder.mkdir()
        first = stack.enter_context(FilsProcess(folders[0], database=postgresql_url, environment=environment))
        shop = Shop(first.base_url)
        confirmed = shop.confirmed()
        customer = Customer()
        customer.open(link_of(confirmed))
        customer.fill_in_card()
        customer.confirm_and_leave()
        first.kill()
        second = stack.enter_context(
            FilsProcess(folders[1], database=postgresql_url, environment=environment)
        )

        payment = eventually(lambda: Shop(second.base_url).payment(confirmed["id"]), "Captured")

    assert payment["approved"] is True


def post(process: FilsProcess, key: str) -> Answer:
    """Create the documented setup under an idempotency key."""
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}", KEY_HEADER: key}
    return call("POST", f"{process.base_url}/payments/setups", body=BODY, headers=headers)


def ask(url: str, query: str) -> list[asyncpg.Record]:
    async def fetch() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def test_a_commit_whose_answer_never_came_is_503_and_its_key_finds_what_it_did(tmp_path: Path) -> None:
    """The server falls silent in the middle of the commit of a create, and wakes up after the answer."""
    with PostgresqlServer() as server:
        url = server.url(asyncio.run(server.create_database()))
        with FilsProcess(tmp_path, database=url, environment=ENVIRONMENT) as process:
            assert post(process, "first").status == 200
            [writer] = ask(url, "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT fils_commit%'")
            os.kill(writer["pid"], signal.SIGSTOP)
            try:
                unknown = post(process, "second")
            finally:
                os.kill(writer["pid"], signal.SIGCONT)
            deadline = time.monotonic() + 5
            while len(ask(url, "SELECT 1 FROM payment_setups")) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            again, once_more = post(process, "second"), post(process, "second")
            setups = ask(url, "SELECT id FROM payment_setups ORDER BY id")

    assert unknown.status == 503
    assert (again.status, once_more.text) == (200, again.text)
    assert len(setups) == 2
    assert again.json()["id"] in {row["id"] for row in setups}


def test_while_the_server_is_away_requests_are_503_and_then_go_on(tmp_path: Path) -> None:
    with PostgresqlServer() as server:
        url = server.url(asyncio.run(server.create_database()))
        with FilsProcess(tmp_path, database=url, environment=ENVIRONMENT) as process:
            created = post(process, "before")
            server.stop()
            shop = Shop(process.base_url)
            away = [
                post(process, "during").status,
                shop.get(f"/payments/setups/{created.json()['id']}").status,
            ]
            server.start()
            back = [
                post(process, "during").status,
                shop.get(f"/payments/setups/{created.json()['id']}").status,
            ]

    assert away == [503, 503]
    assert back == [200, 200]
