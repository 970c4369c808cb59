"""A connection that dawdles: the protocol on a real socket, with a patience short enough for a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from fils.http import server
from fils.http.arrival import REQUEST_IS_WHOLE
from fils.http.protocol import BoundedHttpProtocol

PATIENCE_S = 0.3
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"


class Impatient(BoundedHttpProtocol):
    message_timeout_s = PATIENCE_S


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body, once all of it is there, and with whether it was before anybody asked for it."""
    body, was_whole = b"", REQUEST_IS_WHOLE in scope
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            headers = [(b"content-length", str(len(body)).encode()), (b"whole", str(was_whole).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server that runs until the block ends."""
    with server.listen("127.0.0.1", 0) as listener:
        ready = asyncio.Event()
        serving = asyncio.create_task(server.serve(echo, listener, on_ready=ready.set, protocol=Impatient))
        await ready.wait()
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            yield reader, writer
        finally:
            writer.close()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def dribble(writer: asyncio.StreamWriter, octets: bytes) -> None:
    """Send one octet at a time, for as long as the server listens."""
    for octet in octets:
        writer.write(bytes((octet,)))
        await asyncio.sleep(PATIENCE_S / 10)


async def test_a_connection_that_says_nothing_is_ended() -> None:
    async with connected() as (reader, _):
        assert await asyncio.wait_for(reader.read(), 5) == b""


@pytest.mark.parametrize(
    ("sent", "status"),
    [(HEAD[:30], b"HTTP/1.1 408 "), (HEAD + b"{", b"")],
    ids=["head", "body"],
)
async def test_a_request_that_drips_is_given_up_however_steadily_it_drips(sent: bytes, status: bytes) -> None:
    async with connected() as (reader, writer):
        writer.write(sent)
        dripping = asyncio.create_task(dribble(writer, b"a" * 8))
        answer = await asyncio.wait_for(reader.read(), 5)
        dripping.cancel()
    assert answer.startswith(status)
    assert bool(answer) == bool(status)


async def test_a_second_request_is_waited_for_anew() -> None:
    async with connected() as (reader, writer):
        for _ in range(2):
            await asyncio.sleep(PATIENCE_S / 2)
            writer.write(HEAD + b"0123456789")
            assert (await asyncio.wait_for(reader.readuntil(b"0123456789"), 5)).startswith(b"HTTP/1.1 200 ")
        # Between requests uvicorn's longer time holds.
        await asyncio.sleep(PATIENCE_S * 2)
        writer.write(HEAD[:20])
        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "cut",
    [lambda octets: [octets], lambda octets: [octets[i : i + 7] for i in range(0, len(octets), 7)]],
    ids=["whole", "cut"],
)
async def test_requests_in_one_go_are_answered_in_order(cut: Callable[[bytes], list[bytes]]) -> None:
    upgrade = HEAD.replace(b"Host", b"Connection: Upgrade\r\nUpgrade: h2c\r\nHost")
    async with connected() as (reader, writer):
        for piece in cut(HEAD + b"first_____" + upgrade + b"second____" + HEAD + b"third_____"):
            writer.write(piece)
            await writer.drain()
        answers = await asyncio.wait_for(reader.readuntil(b"third_____"), 5)
    assert answers.index(b"first") < answers.index(b"second") < answers.index(b"third")
    assert answers.count(b"HTTP/1.1 200 ") == 3


async def test_a_request_says_whether_all_of_it_is_here() -> None:
    async with connected() as (reader, writer):
        writer.write(HEAD + b"first_____" + HEAD + b"sec")
        first = await asyncio.wait_for(reader.readuntil(b"first_____"), 5)
        await asyncio.sleep(PATIENCE_S / 3)
        writer.write(b"ond____")
        second = await asyncio.wait_for(reader.readuntil(b"second____"), 5)
    assert b"whole: True" in first
    assert b"whole: False" in second
