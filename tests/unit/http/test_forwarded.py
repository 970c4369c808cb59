"""Whom a request comes from: what listed proxies say, and nothing that anybody else does."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from starlette.types import Message, Receive, Scope, Send

from fils.http.forwarded import ForwardedSource

PROXIES = tuple(map(ip_network, ("10.0.0.0/24", "192.0.2.1", "2001:db8:1::/48")))
XFF, FORWARDED = "X-Forwarded-For", "Forwarded"


async def receive() -> Message:
    raise AssertionError("nobody reads the body")


async def send(_: Message) -> None:
    raise AssertionError("nobody answers")


async def client_of(peer: str | None, *fields: tuple[str, str]) -> str | None:
    """Whom the application takes the request to come from."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in fields]
    scope = {"client": None if peer is None else (peer, 50_000), "headers": headers, "scheme": "http"}
    await ForwardedSource(app, PROXIES)({**scope}, receive, send)
    (passed,) = seen
    assert passed["headers"] == headers
    assert passed["scheme"] == "http"
    return None if passed["client"] is None else passed["client"][0]


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ([(XFF, "203.0.113.9")], "203.0.113.9"),
        ([(XFF, "198.51.100.1, 203.0.113.9")], "203.0.113.9"),
        ([(XFF, "203.0.113.9, 10.0.0.7")], "203.0.113.9"),
        ([(XFF, "1.1.1.1, 203.0.113.9, 192.0.2.1 ,10.0.0.7")], "203.0.113.9"),
        ([(XFF, "1.1.1.1"), (XFF, "203.0.113.9")], "203.0.113.9"),
        ([(XFF, "203.0.113.9"), (XFF, "10.0.0.7")], "203.0.113.9"),
        ([(XFF, "10.0.0.8, 10.0.0.7")], "10.0.0.8"),
        ([(XFF, "203.0.113.9:4711")], "203.0.113.9"),
        ([(XFF, "2001:db8::9")], "2001:db8::9"),
        ([(XFF, "[2001:db8::9]:4711, 2001:db8:1::5")], "2001:db8::9"),
        ([(XFF, "::ffff:203.0.113.9")], "203.0.113.9"),
        ([(FORWARDED, "for=203.0.113.9")], "203.0.113.9"),
        ([(FORWARDED, "for=1.1.1.1, for=203.0.113.9;proto=https;host=evil.example")], "203.0.113.9"),
        ([(FORWARDED, 'proto=http;For="[2001:db8::9]:4711";by=10.0.0.2')], "2001:db8::9"),
        ([(FORWARDED, 'for=203.0.113.9, for="10.0.0.7:80"')], "203.0.113.9"),
        ([(FORWARDED, 'host="a,for=1.1.1.1", for=203.0.113.9')], "203.0.113.9"),
        ([(XFF, "203.0.113.9"), (FORWARDED, "for=203.0.113.9")], "203.0.113.9"),
    ],
)
async def test_the_last_address_that_is_no_proxy_is_the_source(
    fields: list[tuple[str, str]], source: str
) -> None:
    assert await client_of("10.0.0.2", *fields) == source


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ",", "unknown", "_hidden", "unix:/run/fils.sock", "evil.example", "203.0.113.9x", "1.2.3"),
        *(
            "999.1.1.1",
            "[::1",
            "::1]",
            "[203.0.113.9",
            "203.0.113.9:",
            "203.0.113.9:123456",
            "0x7f.1",
            "01.2.3.4",
        ),
        *(
            "203.0.113.9 198.51.100.1",
            "\x00",
            "\xff",
            "'; DROP",
            "1.1.1.1, garbage",
            "٢٠٣.0.113.9"[3:],
            "a" * 9000,
        ),
    ],
    ids=ascii,
)
async def test_what_cannot_be_read_leaves_the_proxy_as_the_source(text: str) -> None:
    assert await client_of("10.0.0.2", (XFF, text)) == "10.0.0.2"
    assert await client_of("10.0.0.2", (FORWARDED, f"for={text}")) == "10.0.0.2"
    assert await client_of("10.0.0.2", (FORWARDED, f'for="{text}"')) == "10.0.0.2"


async def test_beyond_what_cannot_be_read_nothing_is_believed() -> None:
    assert await client_of("10.0.0.2", (XFF, "203.0.113.9, garbage, 10.0.0.7")) == "10.0.0.7"


@pytest.mark.parametrize(
    "line", ["by=203.0.113.9", "for", "xfor=203.0.113.9", "proto=https", 'for="203.0.113.9']
)
async def test_an_element_without_a_source_tells_none(line: str) -> None:
    assert await client_of("10.0.0.2", (FORWARDED, line)) == "10.0.0.2"


@pytest.mark.parametrize("peer", ["10.0.1.2", "203.0.113.1", "2001:db8:2::1", "::1", "not an address", ""])
async def test_from_anybody_else_it_is_ignored(peer: str) -> None:
    assert await client_of(peer, (XFF, "198.51.100.1"), (FORWARDED, "for=198.51.100.1")) == peer


async def test_a_peer_without_an_address_is_no_proxy() -> None:
    assert await client_of(None, (XFF, "198.51.100.1")) is None


@pytest.mark.parametrize("peer", ["10.0.0.2", "::ffff:10.0.0.2", "192.0.2.1", "2001:db8:1::7"])
async def test_a_proxy_is_known_in_every_spelling_of_its_address(peer: str) -> None:
    assert await client_of(peer, (XFF, "203.0.113.9")) == "203.0.113.9"


async def test_two_fields_that_differ_are_both_not_believed() -> None:
    """A proxy writes one of them and lets the client's other one through, and we cannot know which."""
    told = ((XFF, "203.0.113.9"), (FORWARDED, "for=198.51.100.1"))
    assert await client_of("10.0.0.2", *told) == "10.0.0.2"
    assert await client_of("10.0.0.2", (XFF, "203.0.113.9"), (FORWARDED, "garbage")) == "10.0.0.2"


async def test_scheme_and_host_that_a_proxy_tells_change_nothing() -> None:
    fields = ((XFF, "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"))
    assert await client_of("10.0.0.2", *fields) == "203.0.113.9"


async def test_a_long_list_is_read_in_no_time() -> None:
    assert await client_of("10.0.0.2", (XFF, "1.1.1.1," * 20_000 + "203.0.113.9")) == "203.0.113.9"


async def test_peers_without_end_are_not_remembered() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    middleware = ForwardedSource(app, PROXIES)
    for number in range(3000):
        scope = {"client": (f"198.51.{number // 256}.{number % 256}", 1), "headers": []}
        await middleware(scope, receive, send)
    assert len(middleware._peers) == 1000
