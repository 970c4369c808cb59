"""Both spellings of the base url over HTTP, as SDKs with and without a subdomain ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fils.config import SANDBOX_KEY
from tests.support.customer import DOCUMENTED_REQUEST
from tests.support.process import FilsProcess
from tests.support.raw_http import RawAnswer, exchange, request_head

PREFIX = "filstest"
KEY = f"Authorization: Bearer {SANDBOX_KEY}"
BASE = "http://pay.test:4140"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path_factory.mktemp("plain")) as running:
        yield running


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    """A Fils with a name, whose API links carry the prefix, and which answers to another name as well."""
    settings = {
        "FILS_BASE_URL": BASE,
        "FILS_PREFIX_LINKS": "on",
        "FILS_EXTRA_HOSTS": "fils.internal.example",
    }
    folder: Path = tmp_path_factory.mktemp("named")
    with FilsProcess(folder, environment=settings, arguments=("--host", "127.0.0.1")) as running:
        yield running


def ask(process: FilsProcess, start: str, host: str, body: bytes = b"", key: str = KEY) -> RawAnswer:
    length = f"Content-Length: {len(body)}"
    return exchange(process.port, request_head(f"{start} HTTP/1.1", key, length, host=host) + body)


@pytest.mark.parametrize(
    "spelling", ["127.0.0.1", "localhost", f"{PREFIX}.localhost", f"{PREFIX}.api.localhost"]
)
def test_a_payment_is_taken_in_each_spelling(process: FilsProcess, spelling: str) -> None:
    host = f"{spelling}:{process.port}"
    created = ask(process, "POST /payments/setups", host, json.dumps(DOCUMENTED_REQUEST).encode())
    assert created.status == 200
    confirm = f"POST /payments/setups/{json.loads(created.body)['id']}/confirm/knet"
    confirmed = ask(process, confirm, host)
    assert confirmed.status == 202
    # Links come from the base url, however Fils was called.
    assert json.loads(confirmed.body)["_links"]["self"]["href"].startswith(f"{process.base_url}/payments/")


@pytest.mark.parametrize("prefix", ["aaaaaaaa", "22222222"])
def test_a_prefix_that_is_not_the_accounts_is_401(process: FilsProcess, prefix: str) -> None:
    answer = ask(process, "GET /payments?reference=x", f"{prefix}.localhost:{process.port}")
    assert (answer.status, answer.body) == (401, b"")
    assert "cko-request-id" in answer.headers


@pytest.mark.parametrize(
    "host",
    ["fils.localhost", "api.localhost", f"{PREFIX}.example", "fils.internal.example", f"{PREFIX}1.localhost"],
)
def test_any_other_name_is_421_and_names_the_request(process: FilsProcess, host: str) -> None:
    answer = ask(process, "GET /payments?reference=x", host)
    assert answer.status == 421
    assert {"cko-request-id", "cko-version"} <= answer.headers.keys()


def test_links_of_the_api_carry_the_prefix_where_that_is_chosen(named: FilsProcess) -> None:
    for host in ("pay.test:4140", f"{PREFIX}.pay.test:4140", "fils.internal.example"):
        created = ask(named, "POST /payments/setups", host, json.dumps(DOCUMENTED_REQUEST).encode())
        confirm = f"POST /payments/setups/{json.loads(created.body)['id']}/confirm/knet"
        links = json.loads(ask(named, confirm, host).body)["_links"]
        assert links["self"]["href"].startswith(f"http://{PREFIX}.pay.test:4140/payments/pay_")
        assert links["redirect"]["href"].startswith(f"{BASE}/knet-external/")


def test_a_prefix_may_stand_before_a_further_name(named: FilsProcess) -> None:
    for prefix, status in ((PREFIX, 200), ("aaaaaaaa", 401)):
        host = f"{prefix}.fils.internal.example:8080"
        assert ask(named, "GET /payments?reference=x", host).status == status


def test_an_address_that_nothing_answers_to_is_404_and_names_the_request(process: FilsProcess) -> None:
    for path in ("/workflows", "/payment-sessions", "/disputes/evt_x?limit=1"):
        answer = ask(process, f"GET {path}", "localhost")
        assert (answer.status, answer.body) == (404, b"")
        assert {"cko-request-id", "cko-version"} <= answer.headers.keys()
