"""The real process is killed (SIGKILL) between the steps of a payment and started again on the same files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_whole_payment import SHORT_WAITS, eventually
from tests.support.customer import DECLINING, FAILURE_URL, SUCCESS_URL, Customer, Shop, call, link_of
from tests.support.process import FilsProcess


@pytest.fixture
def process(tmp_path: Path) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path, environment=SHORT_WAITS) as running:
        yield running


def test_a_confirmed_payment_survives_and_its_link_still_pays(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    confirmed = shop.confirmed()

    process.restart()

    assert shop.payment(confirmed["id"])["status"] == "Pending"
    assert Customer().pay(link_of(confirmed)).startswith(SUCCESS_URL)
    assert shop.payment(confirmed["id"])["status"] == "Captured"


def test_a_customer_on_the_card_page_can_still_pay(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    confirmed = shop.confirmed()
    customer = Customer()
    customer.open(link_of(confirmed))

    process.restart()

    customer.fill_in_card()
    assert customer.confirm().startswith(SUCCESS_URL)
    assert shop.payment(confirmed["id"])["status"] == "Captured"


def test_killed_between_notification_and_return_the_browser_still_finds_its_way(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    confirmed = shop.confirmed()
    back = Customer().pay_and_leave(link_of(confirmed))

    process.restart()

    assert call("GET", back).location.startswith(SUCCESS_URL)
    assert shop.payment(confirmed["id"])["status"] == "Captured"


def test_killed_between_notification_and_return_and_nobody_comes_back(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    confirmed = shop.confirmed()
    Customer().pay_and_leave(link_of(confirmed))

    process.restart()

    eventually(lambda: shop.payment(confirmed["id"]), "Captured")


def test_killed_between_a_declined_notification_and_the_return(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    confirmed = shop.confirmed()
    back = Customer().pay_and_leave(link_of(confirmed), DECLINING)

    process.restart()

    assert call("GET", back).location.startswith(FAILURE_URL)
    assert shop.payment(confirmed["id"])["response_code"] == "20005"


def test_a_decided_payment_stays_decided(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    confirmed = shop.confirmed()
    Customer().pay(link_of(confirmed))
    before = shop.payment(confirmed["id"])

    process.restart()

    assert shop.payment(confirmed["id"]) == before
