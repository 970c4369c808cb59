"""Whole payments with PostgreSQL as the store, and two processes that share it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.test_whole_payment import eventually
from tests.support.customer import DECLINING, FAILURE_URL, SUCCESS_URL, Customer, Shop, call, link_of
from tests.support.process import FilsProcess

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
