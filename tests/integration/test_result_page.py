"""The receipt over real HTTP: whatever carries the news and whichever door the browser takes, the page is the same."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from fils.bootstrap.sandbox_setup import SANDBOX_TERMINALS, SandboxTerminal
from tests.support.customer import DECLINING, FAILURE_URL, SUCCESS_URL, Answer, Customer, Shop, call, link_of
from tests.support.process import FilsProcess

TERMINALS = pytest.mark.parametrize(
    "terminal", SANDBOX_TERMINALS, ids=[terminal.mode.name for terminal in SANDBOX_TERMINALS]
)


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    """A Fils that shows how a payment ended."""
    with FilsProcess(tmp_path_factory.mktemp("fils"), environment={"FILS_RESULT_PAGE": "on"}) as running:
        yield running


def page_of(link: str) -> str:
    """The address of the payment page, by that of the link."""
    return link.removesuffix("/pay")


def source_of(shop: Shop, payment_id: object) -> dict[str, str]:
    source = shop.payment(payment_id)["source"]
    assert isinstance(source, dict)
    return source


def error_return(running: FilsProcess, terminal: SandboxTerminal, track_id: str) -> Answer:
    """A browser comes to errorURL and claims the worst."""
    claims = {
        "trackid": track_id,
        "Error": "IPAY0100114",
        "ErrorText": "IPAY0100114-Duplicate Record",
        "result": "NOT CAPTURED",
    }
    return call("GET", f"{running.base_url}/knet/errors/{terminal.terminal_id}?{urlencode(claims)}")


@TERMINALS
def test_every_door_leads_to_the_same_receipt(telling: FilsProcess, terminal: SandboxTerminal) -> None:
    shop = Shop(telling.base_url)
    confirmed = shop.confirmed(processing_channel_id=terminal.channel_id)
    link = link_of(confirmed)
    customer = Customer()

    assert customer.pay(link) == page_of(link)

    receipt = customer.page
    source = source_of(shop, confirmed["id"])
    assert "<h1>Paid</h1>" in receipt
    names = ("knet_payment_id", "knet_track_id", "bank_reference", "knet_transaction_id", "auth_code")
    for name in names:
        assert f'<span class="id">{source[name]}</span>' in receipt, name
    assert call("GET", link).text == receipt
    after_error = error_return(telling, terminal, source["knet_track_id"])
    assert (after_error.status, after_error.location) == (303, page_of(link))
    assert call("GET", after_error.location).text == receipt


@TERMINALS
def test_a_declined_payment_has_a_receipt_whose_button_leads_to_the_failure_url(
    telling: FilsProcess, terminal: SandboxTerminal
) -> None:
    shop = Shop(telling.base_url)
    confirmed = shop.confirmed(processing_channel_id=terminal.channel_id)
    customer = Customer()

    assert customer.pay(link_of(confirmed), DECLINING) == page_of(link_of(confirmed))

    assert "<h1>Payment declined</h1>" in customer.page
    assert "NOT CAPTURED" in customer.page
    assert source_of(shop, confirmed["id"])["bank_reference"] in customer.page
    [button] = re.findall(r'<a class="button" href="([^"]+)"', customer.page)
    assert customer.open(html.unescape(button)).startswith(f"{FAILURE_URL}?cko-session-id=sid_")


def test_the_session_of_the_button_names_the_payment(telling: FilsProcess) -> None:
    shop = Shop(telling.base_url)
    confirmed = shop.confirmed()
    customer = Customer()
    customer.pay(link_of(confirmed))
    end = customer.open(page_of(link_of(confirmed)) + "/shop")
    assert end.startswith(f"{SUCCESS_URL}?cko-session-id=sid_")
    session_id = re.findall(r"sid_\w{26}", end)[0]
    assert shop.payment(session_id)["id"] == confirmed["id"]


def test_the_return_secret_stays_behind(telling: FilsProcess) -> None:
    confirmed = Shop(telling.base_url).confirmed()
    customer = Customer()
    returning = customer.pay_and_leave(link_of(confirmed))
    secret = returning.rpartition("/")[2]
    answer = call("GET", returning)
    assert (answer.status, answer.location) == (303, page_of(link_of(confirmed)))
    receipt = call("GET", answer.location)
    for seen in (answer, receipt):
        assert secret not in f"{seen.headers}{seen.text}"
        assert seen.headers["Referrer-Policy"] == "no-referrer"
        assert seen.headers["Cache-Control"] == "no-store"
        assert seen.headers["X-Robots-Tag"] == "noindex"


def test_without_the_setting_the_browser_goes_straight_to_the_shop(fils_process: FilsProcess) -> None:
    confirmed = Shop(fils_process.base_url).confirmed()
    assert Customer().pay(link_of(confirmed)).startswith(SUCCESS_URL)
    assert call("GET", page_of(link_of(confirmed))).location.startswith(SUCCESS_URL)
    assert "<h1>Paid</h1>" in call("GET", link_of(confirmed)).text
