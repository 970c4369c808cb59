"""Reading a body from a client that may be slow, endless or gone."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from fils.api.body import BODY_DEPTH_MAX, BODY_LIMIT, ClientGone, read_body
from fils.api.errors import BodyTooLarge, BodyTooSlow, BodyUnreadable
from fils.http.arrival import REQUEST_IS_WHOLE
from tests.support.api_client import ApiClient, Message, authorized
from tests.support.application_ports import WatchedStore


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def read(*arriving: Message, length: int | None = None) -> bytes:
    left = iter(arriving)

    async def receive() -> Message:
        return next(left)

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return await read_body({"headers": headers}, receive)


async def test_a_body_arrives_in_parts() -> None:
    assert await read(part(b'{"a"', more=True), part(b"", more=True), part(b":1}")) == b'{"a":1}'


async def test_a_body_may_be_as_long_as_the_limit() -> None:
    assert len(await read(part(b" " * BODY_LIMIT), length=BODY_LIMIT)) == BODY_LIMIT


async def test_a_body_that_says_it_is_too_long_is_not_read() -> None:
    with pytest.raises(BodyTooLarge):
        await read(length=BODY_LIMIT + 1)


async def test_a_body_that_turns_out_too_long_is_not_read_to_its_end() -> None:
    with pytest.raises(BodyTooLarge):
        await read(part(b" " * BODY_LIMIT, more=True), part(b" ", more=True))


async def test_a_body_has_to_be_utf_8() -> None:
    assert await read(part('{"reference":"طلب"}'.encode())) == '{"reference":"طلب"}'.encode()
    for octets in (b"\xff", b"\xed\xa0\x80", b"\xc0\x80", "طلب".encode("utf-16")):
        with pytest.raises(BodyUnreadable):
            await read(part(b'{"unknown":"' + octets + b'"}'))


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
async def test_a_body_nests_twenty_deep_and_no_deeper(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    deepest = opening * BODY_DEPTH_MAX + b"1" + closing * BODY_DEPTH_MAX
    assert await read(part(deepest)) == deepest
    with pytest.raises(BodyUnreadable):
        await read(part(opening + deepest + closing))


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"' + b"[{" * 100 + b'"}',
        b'{"a":"\\"' + b"[" * 100 + b'"}',
        b'{"a":"\\\\","b":"' + b"{" * 100 + b'"}',
        b"[" + b"[]," * 100 + b"{}]",
    ],
)
async def test_brackets_in_texts_and_side_by_side_are_not_deep(body: bytes) -> None:
    assert await read(part(body)) == body


@pytest.mark.parametrize(
    "body", [b'"' + b'\\"' * 30_000, b'"' * 60_000 + b"[" * 21, b"[" * 21 + b'"\\', b'"\\'], ids=len
)
async def test_texts_without_an_end_are_looked_at_once(body: bytes) -> None:
    began = time.perf_counter()
    with contextlib.suppress(BodyUnreadable):
        await read(part(body[:BODY_LIMIT]))
    assert time.perf_counter() - began < 1


async def test_a_client_that_goes_away_is_noticed() -> None:
    with pytest.raises(ClientGone):
        await read(part(b'{"amount"', more=True), {"type": "http.disconnect"})


async def test_a_body_that_does_not_come_in_time_is_given_up() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        return part(b"")

    with pytest.raises(BodyTooSlow):
        await read_body({"headers": []}, receive, timeout_s=0)


async def test_the_time_of_a_request_that_is_here_already_is_not_kept() -> None:
    async def receive() -> Message:
        return part(b"{}")

    scope = {"headers": [], REQUEST_IS_WHOLE: True}
    assert await read_body(scope, receive, timeout_s=-1) == b"{}"


async def test_a_client_that_goes_away_is_not_answered_and_nothing_is_stored(
    api: ApiClient, store: WatchedStore, caplog: pytest.LogCaptureFixture
) -> None:
    arriving = [part(b'{"amount":', more=True), {"type": "http.disconnect"}]
    assert await api.exchange("POST", "/payments/setups", [authorized()], arriving) is None
    assert store.committed == []
    assert caplog.records == []


async def test_a_body_too_long_ends_the_connection(api: ApiClient, store: WatchedStore) -> None:
    headers = [authorized(), (b"content-length", str(BODY_LIMIT + 1).encode())]
    answer = await api.exchange("POST", "/payments/setups", headers, [])
    assert answer is not None
    assert (answer.status, answer.is_empty, answer.headers["connection"]) == (413, True, "close")
    assert store.committed == []
