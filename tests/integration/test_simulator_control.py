"""The simulated bank's control API over real HTTP: faults are set, books are read, and nobody else can."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fils.knet.simulator.faults import NO_FAULTS, write_faults
from tests.support.simulated_bank import (
    APPROVING,
    LONGEST_REVERSAL,
    PASSWORD,
    TERMINAL_ID,
    Bank,
    MovableClock,
    banking,
    merchant_serving,
)


def signed_in(tranportal_id: str, password: str) -> dict[str, str]:
    words = base64.b64encode(f"{tranportal_id}:{password}".encode()).decode()
    return {"Authorization": f"Basic {words}"}


OWN = signed_in(TERMINAL_ID, PASSWORD)
JSON = {"Content-Type": "application/json"}


@dataclass
class Answer:
    """What the control API said."""

    status: int
    fields: dict[str, Any]
    headers: dict[str, str]


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Bank]:
    async with (
        merchant_serving() as merchant,
        banking(merchant, tmp_path / "bank.db", MovableClock()) as running,
    ):
        yield running


async def control(
    bank: Bank,
    method: str,
    path: str,
    body: str = "",
    *,
    auth: dict[str, str] = OWN,
    headers: dict[str, str] = JSON,
) -> Answer:
    url = f"{bank.base_url}/kpg/control/{path}"
    async with bank.browser.request(method, url, data=body, headers=auth | headers) as response:
        return Answer(response.status, await response.json(), dict(response.headers))


async def test_faults_of_the_terminal_hold_for_all_its_orders_and_survive_a_restart(
    bank: Bank, tmp_path: Path
) -> None:
    put = await control(bank, "PUT", "faults", '{"inquiry": "down"}')
    got = await control(bank, "GET", "faults")

    assert (put.status, got.status) == (200, 200)
    assert put.fields == got.fields == write_faults(NO_FAULTS) | {"inquiry": "down"}
    await bank.pay(APPROVING)
    status, _ = await bank.ask_raw("<id>999901</id><password>simpass01</password><action>8</action>")
    assert status == 503
    await bank.simulator.close()
    await bank.simulator.open()
    assert (await control(bank, "GET", "faults")).fields == got.fields


async def test_faults_of_an_order_hold_for_it_alone_until_they_are_deleted(bank: Bank) -> None:
    await bank.pay(APPROVING, "TRK1")
    await bank.pay(APPROVING, "TRK2")
    payment_id = bank.merchant.heard()[0].payment_id

    put = await control(bank, "PUT", f"orders/{payment_id}/faults", '{"inquiry": "suspect"}')
    words = [await bank.word("TRK1"), await bank.word("TRK2")]
    deleted = await control(bank, "DELETE", f"orders/{payment_id}/faults")

    assert (put.status, put.fields["inquiry"]) == (200, "suspect")
    assert words == ["FAILURE(SUSPECT)", "CAPTURED"]
    assert (deleted.status, deleted.fields) == (200, write_faults(NO_FAULTS))
    assert await bank.word("TRK1") == "CAPTURED"


async def test_order_is_told_as_the_books_hold_it_without_its_card(bank: Bank) -> None:
    bank.merchant.answer = bank.merchant.refuse
    await bank.pay(APPROVING)
    [told] = bank.merchant.heard()

    answer = await control(bank, "GET", f"orders/{told.payment_id}")

    assert answer.status == 200
    expected: dict[str, object] = {
        "track_id": "TRK1",
        "amount": "1.500",
        "transaction_amount": "1.500",
        "state": "PROCESSED",
        "result": "CAPTURED",
        "news": "REFUSED",
        "funds": "CAPTURED",
        "tran_id": told.tran_id,
        "refunds": [],
        "faults": None,
    }
    assert answer.fields.items() >= expected.items()
    [due] = answer.fields["due"]
    assert due["act"] == "REVERSE"
    assert "888888" not in json.dumps(answer.fields)


async def test_what_is_due_is_done_at_once(bank: Bank) -> None:
    bank.merchant.answer = bank.merchant.refuse
    await bank.pay(APPROVING)
    payment_id = bank.merchant.heard()[0].payment_id
    # Whether the bank itself was faster is all the same: it is done when the answer comes.
    bank.clock.now += LONGEST_REVERSAL

    answer = await control(bank, "POST", "due", "{}")

    assert answer.status == 200
    order = await control(bank, "GET", f"orders/{payment_id}")
    assert (order.fields["funds"], order.fields["due"]) == ("REVERSED", [])
    assert (await control(bank, "POST", "due", "{}")).fields == {"done": 0}


@pytest.mark.parametrize(
    "auth",
    [
        {},
        signed_in(TERMINAL_ID, "simpass02"),
        signed_in(TERMINAL_ID, ""),
        signed_in("999902", ""),
        signed_in("", ""),
    ],
    ids=["nobody", "wrong password", "no password", "another terminal", "empty"],
)
async def test_nobody_else_signs_in(bank: Bank, auth: dict[str, str]) -> None:
    answer = await control(bank, "PUT", "faults", '{"inquiry": "down"}', auth=auth)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert (await control(bank, "GET", "faults")).fields == write_faults(NO_FAULTS)


@pytest.mark.parametrize("header", ["Basic %%%", "Basic /w==", "Bearer OTk5OTAxOnNpbXBhc3MwMQ==", "Basic"])
async def test_malformed_sign_in_is_refused(bank: Bank, header: str) -> None:
    answer = await control(bank, "GET", "faults", auth={"Authorization": header})

    assert answer.status == 401


async def test_form_of_another_site_cannot_write(bank: Bank) -> None:
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        answer = await control(
            bank, "PUT", "faults", '{"inquiry": "down"}', headers={"Content-Type": content_type}
        )
        assert answer.status == 415
    assert (await control(bank, "POST", "due", headers={"Content-Type": "text/plain"})).status == 415


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("", 400, "no JSON"),
        ("{", 400, "no JSON"),
        ('{"inquiry": "down", "inquiry": "none"}', 400, "names a field twice"),
        ('{"inquiry_delay_seconds": NaN}', 400, "no JSON"),
        ("[" * 60_000, 400, "no JSON"),
        ('["inquiry"]', 422, "no JSON object"),
        ('{"inquiry": "off"}', 422, "inquiry is none of"),
        ('{"faults": {}}', 422, "there is no field 'faults'"),
    ],
)
async def test_body_that_is_no_description_of_faults_is_refused_by_name(
    bank: Bank, body: str, status: int, words: str
) -> None:
    answer = await control(bank, "PUT", "faults", body)

    assert answer.status == status
    assert words in str(answer.fields["error"])
    assert (await control(bank, "GET", "faults")).fields == write_faults(NO_FAULTS)


async def test_work_that_is_due_takes_no_fields(bank: Bank) -> None:
    assert (await control(bank, "POST", "due", '{"until": 1}')).status == 422


@pytest.mark.parametrize("path", ["orders/100606110000000099", "orders/100606110000000099/faults"])
async def test_unknown_order_is_not_found(bank: Bank, path: str) -> None:
    assert (await control(bank, "GET", path)).status == 404


async def test_order_of_another_terminal_is_not_found(bank: Bank) -> None:
    await bank.pay(APPROVING)
    payment_id = bank.merchant.heard()[0].payment_id
    with sqlite3.connect(bank.settings.books) as books:
        books.execute("UPDATE orders SET terminal_id = '999902'")
    books.close()

    for path in (f"orders/{payment_id}", f"orders/{payment_id}/faults"):
        assert (await control(bank, "GET", path)).status == 404


async def test_locked_books_are_503(bank: Bank) -> None:
    other = sqlite3.connect(bank.settings.books, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    answer = await control(bank, "PUT", "faults", '{"inquiry": "down"}')

    other.execute("ROLLBACK")
    other.close()
    assert answer.status == 503


async def test_bank_does_by_itself_what_is_due(bank: Bank) -> None:
    bank.merchant.answer = bank.merchant.refuse
    await bank.pay(APPROVING)
    payment_id = bank.merchant.heard()[0].payment_id

    bank.clock.now += LONGEST_REVERSAL + timedelta(seconds=1)

    # Reading the books does nothing of what is due, so only the bank itself can have done it.
    while (await control(bank, "GET", f"orders/{payment_id}")).fields["funds"] != "REVERSED":
        await bank.wait_a_little()
