"""Which names Fils answers to."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from fils.http.known_hosts import KnownHosts

HOSTS = frozenset({"pay.example", "127.0.0.1", "fils.internal.example"})
PREFIXED = frozenset({"pay.example", "localhost", "api.localhost"})


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def asked(*hosts: bytes, known: KnownHosts | None = None) -> Message:
    """How a request that shows *hosts* is answered."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("nobody reads a body")

    async def send(message: Message) -> None:
        sent.append(message)

    app = known or KnownHosts(application, HOSTS, prefixed_hosts=PREFIXED)
    scope = {"type": "http", "method": "GET", "headers": [(b"host", host) for host in hosts]}
    await app(scope, receive, send)
    return sent[0]


async def status(*hosts: bytes) -> int:
    return int((await asked(*hosts))["status"])


@pytest.mark.parametrize(
    "host",
    [
        b"pay.example",
        b"PAY.example:443",
        b"fils.internal.example:8080",
        b"127.0.0.1:4140",
        b"10.1.2.3",
        b"[::1]:4140",
        b"localhost",
        b"fils",
        b"host.docker.internal:4140",
        b"",
    ],
)
async def test_names_that_nobody_else_can_have_are_known(host: bytes) -> None:
    assert await status(host) == 200


async def test_a_request_without_a_host_is_known() -> None:
    assert await status() == 200


@pytest.mark.parametrize(
    "host",
    [
        b"vkuhvk4v.pay.example",
        b"vkuhvk4v.pay.example:443",
        b"VKUHVK4V.Pay.Example",
        b"22222222.pay.example",
        b"vkuhvk4v.localhost:4140",
        b"vkuhvk4v.api.localhost:4140",
    ],
)
async def test_what_could_be_an_accounts_prefix_may_stand_before_the_base(host: bytes) -> None:
    assert await status(host) == 200


@pytest.mark.parametrize(
    "host",
    [
        b"evil.example",
        b"pay.example.evil.example",
        b"xpay.example",
        b"www.pay.example",
        b"vkuhvk4.pay.example",
        b"vkuhvk4vv.pay.example",
        b"vkuhvk41.pay.example",
        b"vkuhvk4v.evil.example",
        b"vkuhvk4v.fils.internal.example",
        b"vkuhvk4v.vkuhvk4v.pay.example",
        b"api.localhost",
        b"vkuhvk4v.api.pay.example",
        b".pay.example",
        b"vkuhvk4v..pay.example",
        b"vkuhvk4v.pay.example.",
        b"evil.example@pay.example",
        b"evil@vkuhvk4v.pay.example",
        b"pay.example/x.evil.example",
        b"vkuhvk4v.pay.example/x",
        b"pay.example?x",
        b"pay.example#x",
        b"pay.example\\x",
        b"pay.example evil.example",
        b"[::1",
        b"vkuhvk4v\xad.pay.example",
        b"vkuhvk4v.127.0.0.1",
    ],
)
async def test_any_other_name_is_421(host: bytes) -> None:
    assert await status(host) == 421


async def test_two_hosts_are_421() -> None:
    assert await status(b"pay.example", b"pay.example") == 421


async def test_a_refusal_has_the_headers_it_was_given_anew_each_time() -> None:
    ids = iter(("one", "two"))
    known = KnownHosts(application, HOSTS, more_headers=lambda: {"Cko-Request-Id": next(ids)})
    found = [dict((await asked(b"evil.example", known=known))["headers"]) for _ in range(2)]
    assert [headers[b"cko-request-id"] for headers in found] == [b"one", b"two"]
    assert {headers[b"cache-control"] for headers in found} == {b"no-store"}


async def test_what_is_remembered_is_bounded() -> None:
    known = KnownHosts(application, HOSTS, prefixed_hosts=PREFIXED)
    hosts = [b"n%d" % number for number in range(1500)]
    await asyncio.gather(*(asked(host, known=known) for host in hosts))
    assert len(known._passed) == 1000
