"""Two real processes on one PostgreSQL, asked at once: one effect, whichever of them is asked and whichever dies."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from fils.config import SANDBOX_KEY
from tests.support.customer import DOCUMENTED_REQUEST, Shop
from tests.support.duplicates import KEY_HEADER, send_duplicates
from tests.support.postgresql import PostgresqlServer
from tests.support.process import FilsProcess

SETUPS = "/payments/setups"


class Nodes:
    """The processes, and what their database holds."""

    def __init__(self, processes: Sequence[FilsProcess], database_url: str) -> None:
        self.processes = processes
        self._database_url = database_url

    @property
    def base_urls(self) -> list[str]:
        return [process.base_url for process in self.processes]

    def new_setup(self) -> str:
        return str(Shop(self.base_urls[0]).post(SETUPS, DOCUMENTED_REQUEST).json()["id"])

    async def count(self, table: str) -> int:
        connection = await asyncpg.connect(self._database_url)
        try:
            return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608  # ours
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def nodes(postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    name = asyncio.run(postgresql_server.create_database())
    url = postgresql_server.url(name)
    keys: Path = tmp_path_factory.mktemp("keys")
    environment = {"FILS_MODE": "sandbox", "FILS_DATA_DIR": str(keys)}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                FilsProcess(tmp_path_factory.mktemp("node"), database=url, environment=environment)
            )
            for _ in range(2)
        ]
        yield Nodes(processes, url)
    asyncio.run(postgresql_server.drop_database(name))


async def test_of_200_confirms_at_two_nodes_one_is_accepted(nodes: Nodes) -> None:
    path = f"{SETUPS}/{nodes.new_setup()}/confirm/knet"
    before = await nodes.count("payments")
    found = await send_duplicates(nodes.base_urls, path, key=None)
    assert found.statuses == {202: 1, 422: 199}
    assert await nodes.count("payments") == before + 1


async def test_200_confirms_with_one_key_at_two_nodes_have_one_effect(nodes: Nodes) -> None:
    path, key = f"{SETUPS}/{nodes.new_setup()}/confirm/knet", str(uuid4())
    before = await nodes.count("payments"), await nodes.count("events")
    found = await send_duplicates(nodes.base_urls, path, key=key)
    body = found.the_answer(202)
    assert (await nodes.count("payments"), await nodes.count("events")) == (before[0] + 1, before[1] + 1)
    again = await send_duplicates(nodes.base_urls, path, key=key, count=2)
    assert again.the_answer(202) == body


async def test_200_creates_with_one_key_at_two_nodes_make_one_setup(nodes: Nodes) -> None:
    before = await nodes.count("payment_setups")
    body = json.dumps(DOCUMENTED_REQUEST).encode()
    found = await send_duplicates(nodes.base_urls, SETUPS, body, key=str(uuid4()))
    found.the_answer(200)
    assert await nodes.count("payment_setups") == before + 1


async def send(
    nodes: Nodes, requests: Sequence[tuple[str, str, object]], *, key: str | None = None
) -> list[tuple[int, object] | None]:
    """Send every request at once, the nodes taking turns; None for an answer that never came."""
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}"} | ({KEY_HEADER: key} if key is not None else {})
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(number: int, method: str, path: str, body: object) -> tuple[int, object] | None:
            url = nodes.base_urls[number % 2] + path
            octets = b"" if body is None else json.dumps(body).encode()
            try:
                async with session.request(method, url, data=octets) as answer:
                    return answer.status, await answer.json()
            except aiohttp.ClientError:
                return None

        return await asyncio.gather(*(one(number, *request) for number, request in enumerate(requests)))


async def test_a_payment_has_the_amount_its_setup_had_when_it_was_confirmed(nodes: Nodes) -> None:
    setup_id = nodes.new_setup()
    update, confirm = f"{SETUPS}/{setup_id}", f"{SETUPS}/{setup_id}/confirm/knet"
    updated = await send(nodes, [("PUT", update, {"amount": 2_000})] * 2)
    assert [answer and answer[0] for answer in updated] == [200, 200]
    requests: list[tuple[str, str, object]] = [
        ("PUT", update, {"amount": 1_000 + 10 * number}) if number % 4 < 2 else ("POST", confirm, None)
        for number in range(80)
    ]
    answers = await send(nodes, requests)

    statuses = Counter(
        (method, answer[0]) for (method, _, _), answer in zip(requests, answers, strict=True) if answer
    )
    assert statuses["POST", 202] == 1
    assert statuses["POST", 422] == 39
    assert set(statuses) <= {("POST", 202), ("POST", 422), ("PUT", 200), ("PUT", 422)}
    setup = Shop(nodes.base_urls[1]).get(update).json()
    latest = setup["latest_payment"]
    assert isinstance(latest, dict)
    assert Shop(nodes.base_urls[0]).payment(latest["id"])["amount"] == setup["amount"]


async def test_with_one_node_lost_in_the_middle_there_is_one_effect_and_its_answer(nodes: Nodes) -> None:
    lost, _ = nodes.processes
    setup_id, key = nodes.new_setup(), str(uuid4())
    path = f"{SETUPS}/{setup_id}/confirm/knet"
    before = await nodes.count("payments")
    sending = asyncio.create_task(send(nodes, [("POST", path, None)] * 200, key=key))
    await asyncio.sleep(0.05)
    lost.kill()
    answers = await sending
    lost.start()

    told = [answer for answer in answers if answer is not None and answer[0] == 202]
    assert {answer[0] for answer in answers if answer is not None} <= {202, 429}
    assert len({json.dumps(body, sort_keys=True) for _, body in told}) <= 1
    assert await nodes.count("payments") == before + 1
    again = await send_duplicates(nodes.base_urls, path, key=key, count=2)
    assert json.loads(again.the_answer(202)) in [body for _, body in told] or not told
