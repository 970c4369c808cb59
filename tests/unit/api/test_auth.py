"""Who may ask: one well-formed secret key that is known, and nobody else."""

from __future__ import annotations

import pytest

from tests.support.api_client import ApiClient, authorized
from tests.support.application_ports import SECRET_KEY, WatchedStore

KEY = SECRET_KEY.encode()
PATHS = [
    ("POST", "/payments/setups"),
    ("GET", "/payments/setups/set_rcmepwrchqab2wsergcafvijfy"),
    ("POST", "/payments/setups/set_rcmepwrchqab2wsergcafvijfy/confirm/knet"),
    ("GET", "/payments/pay_4gubyq2w335upc54dx7a4257lq"),
]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
async def test_the_scheme_is_read_in_any_case(api: ApiClient, scheme: str) -> None:
    header = (b"authorization", f"{scheme} {SECRET_KEY}".encode())
    answer = await api.call("GET", "/payments/pay_4gubyq2w335upc54dx7a4257lq", key=None, headers=[header])
    assert answer.status == 404


@pytest.mark.parametrize(
    "values",
    [
        [],
        [b""],
        [b"Bearer"],
        [b"Bearer "],
        [KEY],
        [b"Basic " + KEY],
        [b"Bearer\t" + KEY],
        [b"Bearer " + KEY + b"x"],
        [b"Bearer " + KEY[:-1]],
        [b"Bearer " + KEY.upper()],
        [b"Bearer " + KEY.replace(b"sk_", b"pk_")],
        [b"Bearer sk_sbox_" + b"c" * 27],
        [b"Bearer sk_" + b"a" * 27],
        [b"Bearer " + KEY + b", Bearer " + KEY],
        [b"Bearer \xff\xfe"],
        [b"Bearer " + b"a" * 60_000],
        [b"Bearer " + KEY, b"Bearer " + KEY],
        [b"", b"Bearer " + KEY],
    ],
)
async def test_anything_else_is_401_with_an_empty_body(api: ApiClient, values: list[bytes]) -> None:
    headers = [(b"authorization", value) for value in values]
    answer = await api.call("GET", "/payments/pay_4gubyq2w335upc54dx7a4257lq", key=None, headers=headers)
    assert (answer.status, answer.is_empty) == (401, True)


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_every_address_asks_for_a_key_before_it_reads_a_body(
    api: ApiClient, store: WatchedStore, method: str, path: str
) -> None:
    # No message of the body is there to be received: reading one would fail.
    answer = await api.exchange(method, path, [], [])
    assert answer is not None
    assert (answer.status, answer.is_empty) == (401, True)
    assert store.committed == []


async def test_health_asks_for_no_key(api: ApiClient) -> None:
    assert (await api.call("GET", "/health", key=None)).status == 200


async def test_a_known_key_goes_on_to_the_body(api: ApiClient) -> None:
    arriving = [{"type": "http.request", "body": b"{"}]
    answer = await api.exchange("POST", "/payments/setups", [authorized()], arriving)
    assert answer is not None
    assert answer.status == 400
