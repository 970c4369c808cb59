"""Idempotency keys over HTTP: many at once, and a kill between the commit and the answer."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from uuid import uuid4

import pytest

from fils.config import SANDBOX_KEY
from tests.support.customer import DOCUMENTED_REQUEST, Answer, Shop, call
from tests.support.duplicates import KEY_HEADER, send_duplicates
from tests.support.gate import Gate, Side
from tests.support.process import FilsProcess

SETUPS = "/payments/setups"
BODY = json.dumps(DOCUMENTED_REQUEST).encode()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path_factory.mktemp("idempotency")) as running:
        yield running


def new_setup(process: FilsProcess) -> str:
    return str(Shop(process.base_url).post(SETUPS, DOCUMENTED_REQUEST).json()["id"])


def count(process: FilsProcess, table: str, where: str = "1 = 1") -> int:
    with closing(sqlite3.connect(process.folder / "fils-data" / "fils.sqlite3")) as reader:
        (found,) = reader.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()  # noqa: S608
    return int(found)


def post(base_url: str, path: str, body: bytes, key: str) -> Answer:
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}", KEY_HEADER: key}
    return call("POST", base_url + path, body=body, headers=headers)


async def test_200_confirms_with_one_key_have_one_effect(process: FilsProcess) -> None:
    setup_id, key = new_setup(process), str(uuid4())
    before = count(process, "payments"), count(process, "events")
    path = f"{SETUPS}/{setup_id}/confirm/knet"
    found = await send_duplicates([process.base_url], path, key=key)
    body = found.the_answer(202)
    assert (count(process, "payments"), count(process, "events")) == (before[0] + 1, before[1] + 1)
    assert post(process.base_url, path, b"", key).text.encode() == body


async def test_200_confirms_without_a_key_are_one_payment_and_199_refusals(process: FilsProcess) -> None:
    path = f"{SETUPS}/{new_setup(process)}/confirm/knet"
    found = await send_duplicates([process.base_url], path, key=None)
    assert found.statuses == {202: 1, 422: 199}


async def test_200_creates_with_one_key_make_one_setup(process: FilsProcess) -> None:
    before, key = count(process, "payment_setups"), str(uuid4())
    found = await send_duplicates([process.base_url], SETUPS, BODY, key=key)
    found.the_answer(200)
    assert count(process, "payment_setups") == before + 1


def kill_before_the_answer(process: FilsProcess, path: str, body: bytes, key: str) -> None:
    """Send a request whose answer is on its way when Fils is killed, and start Fils again."""
    gate = Gate(process.port, lambda asked, _: asked)

    def ask() -> None:
        with pytest.raises((HTTPException, OSError)):
            post(gate.base_url, path, body, key)

    with gate.open():
        hold = gate.hold(path, Side.ANSWER)
        asking = threading.Thread(target=ask)
        asking.start()
        hold.wait_until_reached()
        process.kill()
        hold.cut()
        asking.join()
    process.start()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path) as running:
        yield running


def test_an_answer_that_a_kill_swallowed_is_found_by_its_key(mortal: FilsProcess) -> None:
    key = str(uuid4())
    kill_before_the_answer(mortal, SETUPS, BODY, key)
    created = post(mortal.base_url, SETUPS, BODY, key)
    assert created.status == 200
    assert count(mortal, "payment_setups") == 1

    path = f"{SETUPS}/{created.json()['id']}/confirm/knet"
    kill_before_the_answer(mortal, path, b"", key)
    confirmed = post(mortal.base_url, path, b"", key)
    assert confirmed.status == 202
    assert (count(mortal, "payments"), count(mortal, "events")) == (1, 1)
    assert Shop(mortal.base_url).payment(confirmed.json()["id"])["status"] == "Pending"

    refused = post(mortal.base_url, path, b"{}", key)
    assert (refused.status, refused.json()["error_codes"]) == (422, ["idempotency_key_reused"])
    assert post(mortal.base_url, path, b"", key).text == confirmed.text
