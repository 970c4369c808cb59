"""A whole payment through the real process: shop, Fils and simulator over HTTP, a customer without JavaScript."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.customer import (
    APPROVING,
    DECLINING,
    DOCUMENTED_REQUEST,
    FAILURE_URL,
    SUCCESS_URL,
    Customer,
    Shop,
    call,
    link_of,
)
from tests.support.process import FilsProcess

SHORT_WAITS: Mapping[str, str] = {"FILS_REVERSAL_WINDOW": "2"}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path_factory.mktemp("fils"), environment=SHORT_WAITS) as running:
        yield running


@pytest.fixture
def shop(process: FilsProcess) -> Shop:
    return Shop(process.base_url)


def eventually(
    read: Callable[[], dict[str, object]], status: str, *, within_s: int = 30
) -> dict[str, object]:
    """Read until the payment has the status, as a shop without webhooks would."""
    deadline = time.monotonic() + within_s
    payment = read()
    while payment["status"] != status and time.monotonic() < deadline:
        time.sleep(0.25)
        payment = read()
    assert payment["status"] == status
    return payment


def test_an_approved_payment_is_captured_and_the_shop_can_read_it(shop: Shop) -> None:
    confirmed = shop.confirmed()

    end = Customer().pay(link_of(confirmed))

    assert end.startswith(SUCCESS_URL)
    payment = shop.payment(confirmed["id"])
    assert payment["status"] == "Captured"
    assert payment["approved"] is True
    assert payment["response_code"] == "10000"
    assert payment["amount"] == 1000
    source = payment["source"]
    assert isinstance(source, dict)
    assert source["knet_result"] == "Captured"
    assert len(source["knet_payment_id"]) == 18
    assert source["auth_response_code"] == "00"


def test_the_return_names_the_payment_and_its_session(shop: Shop) -> None:
    confirmed = shop.confirmed()

    end = Customer().pay(link_of(confirmed))

    query = parse_qs(urlsplit(end).query)
    assert query["cko-payment-id"] == [confirmed["id"]]
    by_session = shop.payment(query["cko-session-id"][0])
    assert by_session["id"] == confirmed["id"]
    assert by_session["actions"]


def test_another_expiry_is_declined(shop: Shop) -> None:
    confirmed = shop.confirmed()

    end = Customer().pay(link_of(confirmed), DECLINING)

    assert end.startswith(FAILURE_URL)
    payment = shop.payment(confirmed["id"])
    assert payment["status"] == "Canceled"
    assert payment["response_code"] == "20005"
    assert payment["approved"] is False


def test_cancelling_is_told_apart_from_a_decline(shop: Shop) -> None:
    confirmed = shop.confirmed()
    customer = Customer()
    customer.open(link_of(confirmed))

    end = customer.cancel()

    assert end.startswith(FAILURE_URL)
    payment = shop.payment(confirmed["id"])
    assert payment["status"] == "Canceled"
    assert payment["response_code"] == "20017"


def test_a_setup_whose_payment_was_declined_can_be_confirmed_again(shop: Shop) -> None:
    setup = shop.post("/payments/setups", DOCUMENTED_REQUEST).json()
    first = shop.post(f"/payments/setups/{setup['id']}/confirm/knet").json()
    Customer().pay(link_of(first), DECLINING)

    second = shop.post(f"/payments/setups/{setup['id']}/confirm/knet")

    assert second.status == 202
    assert second.json()["id"] != first["id"]
    assert Customer().pay(link_of(second.json())).startswith(SUCCESS_URL)
    third = shop.post(f"/payments/setups/{setup['id']}/confirm/knet")
    assert (third.status, third.json()["error_codes"]) == (422, ["payment_setup_already_confirmed"])


def test_a_closed_browser_is_settled_once_knet_cannot_reverse_any_more(shop: Shop) -> None:
    confirmed = shop.confirmed()
    Customer().pay_and_leave(link_of(confirmed))

    assert shop.payment(confirmed["id"])["status"] == "Pending"
    payment = eventually(lambda: shop.payment(confirmed["id"]), "Captured")
    assert payment["response_code"] == "10000"


def test_an_arabic_payment_is_shown_in_arabic(shop: Shop) -> None:
    confirmed = shop.confirmed(payment_methods={"knet": {"language": "ar"}})
    customer = Customer()

    customer.open(link_of(confirmed))

    assert 'dir="rtl"' in customer.page
    assert "محاكي" in customer.page
    customer.fill_in_card(APPROVING)
    assert customer.confirm().startswith(SUCCESS_URL)


def test_the_link_of_a_paid_payment_says_so_and_starts_nothing(shop: Shop) -> None:
    confirmed = shop.confirmed()
    Customer().pay(link_of(confirmed))

    again = call("GET", link_of(confirmed))

    way_to_the_shop = link_of(confirmed).removesuffix("/pay") + "/shop"
    assert again.status == 200
    assert f'href="{way_to_the_shop}"' in again.text
    assert call("GET", way_to_the_shop).location.startswith(SUCCESS_URL)


def test_the_return_address_works_twice_and_decides_once(shop: Shop) -> None:
    confirmed = shop.confirmed()
    back = Customer().pay_and_leave(link_of(confirmed))

    first, second = call("GET", back), call("GET", back)

    assert (first.status, second.status) == (303, 303)
    assert first.location == second.location
    assert first.headers["Referrer-Policy"] == "no-referrer"
    assert first.headers["Cache-Control"] == "no-store"
