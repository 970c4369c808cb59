"""Many at once over HTTP: each request gets an answer that it would also get alone, and money moves once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import aiohttp
import pytest

from fils.config import SANDBOX_KEY
from fils.knet.wire import PaymentResponse, TerminalKey, read_payment_request, write_payment_response
from tests.support.customer import DOCUMENTED_REQUEST, SUCCESS_URL, Customer, Shop, call, link_of
from tests.support.process import FilsProcess

AT_ONCE = 50
TERMINAL = "trm_filstestkuwaitknetsandbox2"
KEY = TerminalKey("SIMKEY0123456789")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path_factory.mktemp("crowd")) as running:
        yield running


@pytest.fixture
def shop(process: FilsProcess) -> Shop:
    return Shop(process.base_url)


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        yield session


async def together(
    client: aiohttp.ClientSession, count: int, method: str, url: str, body: bytes | None = None
) -> list[tuple[int, str, str]]:
    """The same request *count* times at once: status, address of a redirect, and body of each answer."""

    async def one() -> tuple[int, str, str]:
        async with client.request(method, url, data=body, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    return await asyncio.gather(*(one() for _ in range(count)))


def count(process: FilsProcess, table: str, payment_id: object, column: str = "payment_id") -> int:
    with closing(sqlite3.connect(process.folder / "fils-data" / "fils.sqlite3")) as reader:
        query = f"SELECT count(*) FROM {table} WHERE {column} = ?"  # noqa: S608 - names of this module
        (found,) = reader.execute(query, (payment_id,)).fetchone()
    return int(found)


def event_kinds(process: FilsProcess, payment_id: object) -> list[str]:
    """The kinds of a payment's events, in order."""
    with closing(sqlite3.connect(process.folder / "fils-data" / "fils.sqlite3")) as reader:
        query = "SELECT document ->> 'type' FROM events WHERE payment_id = ? ORDER BY sequence"
        return [str(kind) for (kind,) in reader.execute(query, (payment_id,))]


async def test_of_200_confirms_one_is_accepted(
    process: FilsProcess, shop: Shop, client: aiohttp.ClientSession
) -> None:
    setup_id = shop.post("/payments/setups", DOCUMENTED_REQUEST).json()["id"]
    url = f"{process.base_url}/payments/setups/{setup_id}/confirm/knet"
    answers = await together(client, 200, "POST", url)
    assert Counter(status for status, _, _ in answers) == {202: 1, 422: 199}
    refused = {text.partition('"error_type"')[2] for status, _, text in answers if status == 422}
    assert len(refused) == 1
    assert "payment_setup_already_confirmed" in refused.pop()
    payment = shop.get(f"/payments/setups/{setup_id}").json()["latest_payment"]
    assert isinstance(payment, dict)
    assert len(event_kinds(process, payment["id"])) == 1


async def test_50_visits_of_a_link_start_attempts_within_the_limit(
    process: FilsProcess, shop: Shop, client: aiohttp.ClientSession
) -> None:
    confirmed = shop.confirmed()
    answers = await together(client, AT_ONCE, "GET", link_of(confirmed))
    assert {status for status, _, _ in answers} <= {302, 303, 410}
    to_bank = [location for status, location, _ in answers if "/kpg/PaymentHTTP.htm" in location]
    assert 1 <= len(to_bank) == len(set(to_bank)) == count(process, "payment_attempts", confirmed["id"])
    assert len(to_bank) <= 10
    customer = Customer()
    customer.open(to_bank[-1])
    customer.fill_in_card()
    assert customer.confirm().startswith(SUCCESS_URL)
    assert shop.payment(confirmed["id"])["status"] == "Captured"


async def test_50_returns_decide_once(
    process: FilsProcess, shop: Shop, client: aiohttp.ClientSession
) -> None:
    confirmed = shop.confirmed()
    back = Customer().pay_and_leave(link_of(confirmed))
    before = event_kinds(process, confirmed["id"])
    answers = await together(client, AT_ONCE, "GET", back)
    assert len(set(answers)) == 1
    status, location, _ = answers[0]
    assert (status, location.startswith(SUCCESS_URL)) == (303, True)
    assert len(event_kinds(process, confirmed["id"])) == len(before) + 1


async def test_50_equal_notifications_are_one(
    process: FilsProcess, shop: Shop, client: aiohttp.ClientSession
) -> None:
    confirmed = shop.confirmed()
    start = call("GET", link_of(confirmed)).location
    request = read_payment_request(start.partition("trandata=")[2].partition("&")[0], KEY)
    message = PaymentResponse("100201914315601265", "CAPTURED", request.track_id, request.amount)
    body = write_payment_response(message, KEY).encode()
    url = f"{process.base_url}/knet/notifications/{TERMINAL}"
    answers = await together(client, AT_ONCE, "POST", url, body)
    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert answers[0][2].startswith(f"REDIRECT={process.base_url}/knet-external/return/")
    assert count(process, "evidence", confirmed["id"]) == 1
    assert shop.payment(confirmed["id"])["status"] == "Pending"


async def test_50_confirms_of_one_card_charge_once(
    process: FilsProcess, shop: Shop, client: aiohttp.ClientSession
) -> None:
    """Both doors at once: the customer presses twice and more, and reloads the return."""
    confirmed = shop.confirmed()
    customer = Customer()
    customer.open(link_of(confirmed))
    customer.fill_in_card()
    url, body = customer.form({"proceedConfirm": "1"})
    answers = await together(client, AT_ONCE, "POST", url, body)
    locations = [location for status, location, _ in answers if status == 303]
    assert len(locations) == 1
    assert {status for status, _, _ in answers} == {303, 409}
    assert call("GET", locations[0]).location.startswith(SUCCESS_URL)
    assert count(process, "evidence", confirmed["id"]) >= 1
    assert shop.payment(confirmed["id"])["status"] == "Captured"


async def test_hundreds_of_new_setups_and_reads_are_all_answered(
    process: FilsProcess, client: aiohttp.ClientSession
) -> None:
    url = f"{process.base_url}/payments/setups"
    answers = await together(client, 300, "POST", url, b"{}")
    assert Counter(status for status, _, _ in answers) == {422: 300}
    assert "Traceback" not in process.output
