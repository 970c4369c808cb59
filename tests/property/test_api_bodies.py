"""Whatever a body holds, the API answers as documented: it takes it, refuses it, and never breaks."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from fils.api.schemas.setup import SetupBody
from tests.support.api_client import ApiAnswer, ApiClient, documented_request
from tests.support.application_ports import WatchedStore, make_ports, seed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(
    st.sampled_from(SetupBody.__struct_fields__) | st.text(max_size=5),
    JSON
    | st.fixed_dictionaries({}, optional={"success_url": JSON, "failure_url": JSON, "capture": JSON})
    | st.fixed_dictionaries({"knet": st.fixed_dictionaries({"language": JSON}) | JSON}),
    max_size=6,
)


def text_of(value: Any) -> bytes:
    """JSON as a client could write it, also with integers that no machine word holds."""
    if isinstance(value, dict):
        return b"{" + b",".join(msgspec.json.encode(k) + b":" + text_of(v) for k, v in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(text_of, value)) + b"]"
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return str(value).encode() if is_integer else msgspec.json.encode(value)


def answer_to(body: bytes) -> tuple[ApiAnswer, int]:
    """The answer to a create with *body*, and how many commits it made."""

    async def ask() -> tuple[ApiAnswer, int]:
        store = WatchedStore()
        ports = make_ports(store=store)
        await seed(ports)
        store.committed.clear()
        return await ApiClient(ports).create(body), len(store.committed)

    return asyncio.run(ask())


@given(FIELDS)
@example({"amount": 10**400})
@example({"customer": {"big": 2**64}})
def test_any_fields_are_taken_or_refused_with_codes(fields: dict[str, Any]) -> None:
    answer, commits = answer_to(text_of(documented_request() | fields))
    assert answer.status in (200, 422)
    assert commits == (1 if answer.status == 200 else 0)
    if answer.status == 422:
        codes = answer.error_codes
        assert codes
        assert len(codes) == len(set(codes))


@given(JSON)
def test_any_json_is_answered_as_documented(value: Any) -> None:
    answer, commits = answer_to(text_of(value))
    assert answer.status == (422 if isinstance(value, dict) else 400)
    assert commits == 0


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_as_documented(body: bytes) -> None:
    answer, commits = answer_to(body)
    assert answer.status in (400, 422)
    assert commits == 0
