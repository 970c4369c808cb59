"""Clients that lie, dawdle or attack, against the real process: a documented refusal, nothing stored, still healthy."""

from __future__ import annotations

import json
import os
import resource
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fils.config import SANDBOX_KEY
from tests.support.customer import DOCUMENTED_REQUEST, Customer, Shop, call, link_of
from tests.support.hostile import (
    CONTROL_TEXTS,
    EVIL,
    FORWARDED_FIELDS,
    HOSTS,
    REQUEST_TARGETS,
    RETURN_URLS,
    TEXTS,
)
from tests.support.process import FilsProcess
from tests.support.raw_http import exchange, request_head

KEY = f"Authorization: Bearer {SANDBOX_KEY}"
POST = "POST /payments/setups HTTP/1.1"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path_factory.mktemp("hostile")) as process:
        yield process


@pytest.fixture
def process(running: FilsProcess) -> Iterator[FilsProcess]:
    """The process, which must have stored nothing and printed nothing by the end, and answer as ever."""
    before = stored_count(running), running.output
    yield running
    assert (stored_count(running), running.output) == before
    assert call("GET", f"{running.base_url}/health").status == 200


def stored_count(process: FilsProcess) -> int:
    counts = "SELECT (SELECT count(*) FROM payment_setups) + (SELECT count(*) FROM evidence)"
    with closing(sqlite3.connect(process.folder / "fils-data" / "fils.sqlite3")) as reader:
        (count,) = reader.execute(counts).fetchone()
    return int(count)


def memory_kib(process: FilsProcess) -> int:
    (line,) = (
        line
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )
    return int(line.split()[1])


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(request_head(POST, KEY, "Content-Length: 2", CHUNKED) + b"0\r\n\r\n", id="two lengths"),
        pytest.param(request_head(POST, KEY, "Content-Length: 2", "Content-Length: 3") + b"{}", id="twice"),
        pytest.param(request_head(POST, KEY, "Content-Length: -2") + b"{}", id="negative"),
        pytest.param(request_head(POST, KEY, "Content-Length: " + "9" * 5000) + b"{}", id="astronomic"),
        pytest.param(request_head(POST, KEY, "Transfer-Encoding: gzip") + b"{}", id="another coding"),
        pytest.param(request_head(POST, KEY, CHUNKED) + b"ZZ\r\n\r\n", id="no chunk size"),
        pytest.param(request_head(POST, KEY, CHUNKED) + b"2\r\n{}more\r\n0\r\n\r\n", id="a chunk that lies"),
        pytest.param(request_head("GET /health HTTP/1.1", "X: a\0b"), id="NUL in a field"),
        pytest.param(request_head("GET /health HTTP/1.1", "X : a"), id="blank before the colon"),
        pytest.param(request_head("GET /health HTTP/1.1", "X: a\r\n folded"), id="folded field"),
        pytest.param(request_head("GET /\xff HTTP/1.1"), id="a path that is no ASCII"),
        pytest.param(request_head("GET http://localhost HTTP/1.1"), id="no path"),
        pytest.param(request_head("CONNECT example.com:443 HTTP/1.1"), id="a tunnel"),
        pytest.param(request_head("PAY /health HTTP/1.1"), id="unknown method"),
        pytest.param(request_head("GET /health HTTP/3.0"), id="unknown version"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100), id="TLS"),
        pytest.param(b"\x00\xff" * 100 + b"\r\n\r\n", id="noise"),
    ],
)
def test_what_is_no_http_is_refused_and_not_logged(process: FilsProcess, octets: bytes) -> None:
    answer = exchange(process.port, octets)
    assert answer.status == 400
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("host", HOSTS, ids=range(len(HOSTS)))
@pytest.mark.parametrize("path", ["/", "/shop", "/health", "/payments/pay_x", "/kpg/paymentpage.htm/"])
def test_a_name_that_is_not_ours_is_421_everywhere(process: FilsProcess, host: str, path: str) -> None:
    answer = exchange(process.port, request_head(f"GET {path} HTTP/1.1", host=host))
    assert answer.status == 421
    assert b"--base-url" in answer.body
    assert b"evil" not in answer.octets.lower()
    assert "location" not in answer.headers


def test_two_hosts_are_421(process: FilsProcess) -> None:
    assert exchange(process.port, request_head("GET / HTTP/1.1", "Host: localhost")).status == 421


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:1", "192.168.1.7", "[::1]:4140", "fils:4140", "host.docker.internal"]
)
def test_addresses_and_names_that_nobody_can_publish_are_ours(process: FilsProcess, host: str) -> None:
    answer = exchange(process.port, request_head("GET /health HTTP/1.1", host=host))
    assert answer.status == 200


def test_links_come_from_the_base_url_alone(running: FilsProcess) -> None:
    """Whatever a client claims of hosts, schemes and proxies, all at once and one by one."""
    body = json.dumps(DOCUMENTED_REQUEST).encode()
    for fields in (*((field,) for field in FORWARDED_FIELDS), FORWARDED_FIELDS):
        head = request_head(POST, KEY, f"Content-Length: {len(body)}", *fields, host="10.0.0.1")
        created = exchange(running.port, head + body)
        confirm = f"POST /payments/setups/{json.loads(created.body)['id']}/confirm/knet HTTP/1.1"
        confirmed = exchange(
            running.port, request_head(confirm, KEY, "Content-Length: 0", *fields, host="10.0.0.1")
        )
        links = json.loads(confirmed.body)["_links"]
        assert all(link["href"].startswith(running.base_url + "/") for link in links.values()), fields
        path = links["redirect"]["href"].removeprefix(running.base_url)
        for target in (path, path.removesuffix("/pay"), "/", "/shop"):
            page = exchange(running.port, request_head(f"GET {target} HTTP/1.1", *fields, host="10.0.0.1"))
            assert page.status in (200, 302), fields
            assert page.headers.get("location", running.base_url).startswith(running.base_url + "/kpg/") or (
                page.status == 200
            )
            assert EVIL.encode() not in page.octets + created.octets + confirmed.octets, fields


@pytest.mark.parametrize("target", REQUEST_TARGETS, ids=range(len(REQUEST_TARGETS)))
def test_no_target_leads_to_another_host(process: FilsProcess, target: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = exchange(process.port, request_head(f"{method} {target} HTTP/1.1", "Content-Length: 0"))
        assert answer.status in (200, 400, 401, 403, 404, 405, 421), method
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert EVIL.encode() not in answer.octets


@pytest.mark.parametrize("text", [*TEXTS, *CONTROL_TEXTS], ids=ascii)
def test_text_of_a_shop_is_told_as_json_or_refused_and_reaches_no_header(
    running: FilsProcess, text: str
) -> None:
    """JSON carries every character, so the API gives back what was stored; people read it on pages that strip it."""
    shop = Shop(running.base_url)
    request = {**DOCUMENTED_REQUEST, "reference": text[:80], "description": text}
    answer = shop.post("/payments/setups", request)
    assert answer.status in (200, 422), answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers.get_all("Set-Cookie") is None
    assert not {"Location", "owned"} & set(answer.headers)
    if answer.status == 200:
        assert answer.json()["reference"] == text[:80]
        assert answer.json()["description"] == text


def test_the_fields_of_a_trailer_are_not_those_of_the_head(process: FilsProcess) -> None:
    body = b"2\r\n{}\r\n0\r\n" + KEY.encode() + b"\r\n\r\n"
    assert exchange(process.port, request_head(POST, CHUNKED) + body).status == 401


def test_an_offer_of_another_protocol_loses_no_body(running: FilsProcess) -> None:
    """Java's HTTP client offers HTTP/2 with its first request over plain HTTP."""
    body = json.dumps(DOCUMENTED_REQUEST).encode()
    offer = (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA",
    )
    lines = (POST, "Host: localhost", KEY, f"Content-Length: {len(body)}", *offer, "", "")
    head = "\r\n".join(lines).encode()
    last = request_head("GET /health HTTP/1.1")
    for pieces in ((head + body + last,), (head, body, last)):
        answer = exchange(running.port, *pieces)
        assert answer.status == 200
        assert json.loads(answer.body.partition(b"HTTP/1.1")[0])["amount"] == 1000
        assert answer.body.count(b"HTTP/1.1 200 OK") == 1


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        pytest.param(
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ", b"a" * 65_536, id="one endless field"
        ),
        pytest.param(b"GET /health HTTP/1.1\r\nHost: localhost\r\n", b"X: a\r\n" * 8192, id="endless fields"),
        pytest.param(b"GET /", b"a" * 65_536, id="an endless path"),
        pytest.param(
            request_head("POST /health HTTP/1.1", CHUNKED) + b"0\r\nX: ",
            b"a" * 65_536,
            id="an endless trailer",
        ),
        pytest.param(
            request_head("POST /kpg/paymentrouter.htm HTTP/1.1", CHUNKED),
            b"10000\r\n" + b"a" * 65_536 + b"\r\n",
            id="body",
        ),
    ],
)
def test_what_has_no_end_is_cut_off_and_not_kept(process: FilsProcess, head: bytes, piece: bytes) -> None:
    before = memory_kib(process)
    answer = exchange(process.port, head, *[piece] * 500)
    assert answer.octets == b"" or answer.status in (405, 413, 431)
    assert memory_kib(process) - before < 8_192


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/assets/../pages/home.py",
            "/assets/..%2f..%2fconfig.py",
            "/assets/%2e%2e/config.py",
            "/assets//etc/passwd",
        ),
        *(
            "/kpg/assets/..%2fpages.py",
            "/kpg/assets/%2e%2e%2fbooks.py",
            "/shop/..%2f..%2fmaster.key",
            "/assets/fonts/OFL.txt",
        ),
        *(
            "/knet-external/redirect/%00/pay",
            "/knet-external/return/..%2f..",
            "/knet-external/redirect/tok_%ff%fe",
        ),
        *(
            "/payments/pay_%00",
            "/payments/..%2fhealth",
            "/payments/sid_" + "a" * 60_000,
            "/.git/config",
            "/fils-data/master.key",
        ),
    ],
)
def test_a_path_that_climbs_or_lies_finds_nothing(process: FilsProcess, path: str) -> None:
    answer = exchange(process.port, request_head(f"GET {path} HTTP/1.1", KEY))
    assert answer.status == 404


@pytest.fixture(scope="module")
def setup_path(running: FilsProcess) -> str:
    """The path of a setup that may be updated."""
    created = Shop(running.base_url).post("/payments/setups", DOCUMENTED_REQUEST)
    return f"/payments/setups/{created.json()['id']}"


SENSELESS = [
    b'{"amount": 1e400}',
    b'{"amount": 1E+999999999}',
    b'{"amount": ' + b"9" * 60_000 + b"}",
    b'{"amount": 1e-5}',
    b'{"amount": NaN}',
    b'{"amount": true}',
    b'{"metadata": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    b'{"customer": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
    b'{"a":' * 21 + b"1" + b"}" * 21,
    b'{"order": {"n": ' + b"9" * 400 + b"}}",
    b'{"order": {"n": [' + b"1e300," * 10_000 + b"1e400]}}",
    b'{"order": {"items": [' + b'{"name":1},' * 5_000 + b"{}]}}",
    b'{"order": {"amount_allocations": [' + b'{"id":"a","amount":1},' * 2_500 + b'{"id":"a","amount":1}]}}',
    b'{"payment_methods": {"auto_confirm": "card"}, "amount": 1}',
    b'{"customer": {"email": {"address": "' + b"@" * 60_000 + b'"}}}',
    b'{"reference": "\\ud800"}',
    b'{"reference": "a\\u0000b"}',
    b'{"reference": "a\\r\\nSet-Cookie: b"}',
    b'{"a": 1',
    b'{"a": "' + b'\\"' * 30_000,
    b'"' * 60_000 + b"[" * 30,
    b"[]",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
]


@pytest.mark.parametrize("body", SENSELESS, ids=range(len(SENSELESS)))
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_makes_no_sense_is_a_documented_refusal(
    setup_path: str, process: FilsProcess, method: str, body: bytes
) -> None:
    path = setup_path if method == "PUT" else "/payments/setups"
    head = request_head(f"{method} {path} HTTP/1.1", KEY, f"Content-Length: {len(body)}")
    began = time.monotonic()
    answer = exchange(process.port, head + body)
    assert time.monotonic() - began < 2
    assert answer.status in (400, 422)
    document = json.loads(answer.body)
    assert sorted(document) == ["error_codes", "error_type", "request_id"]
    assert document["error_codes"]


def test_no_hostile_return_url_is_taken(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    taken = []
    for url in RETURN_URLS:
        for name, code in (("success_url", "success_url_invalid"), ("failure_url", "fail_url_invalid")):
            settings = {"success_url": "https://a.example/", "failure_url": "https://a.example/", name: url}
            answer = shop.post("/payments/setups", {**DOCUMENTED_REQUEST, "settings": settings})
            if answer.status != 422 or answer.json()["error_codes"] != [code]:
                taken.append((name, url, answer.text))
    assert taken == []


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://shop.example", "https://shop.example?"),
        ("https://shop.example/a?b=%0d%0aSet-Cookie:x#top", "https://shop.example/a?b=%0d%0aSet-Cookie:x&"),
        ("https://shop.example/?%63ko-payment-id=pay_forged&a=1", "https://shop.example/?a=1&"),
        (
            "https://xn--80ak6aa92e.example/;url=https://evil.example",
            "https://xn--80ak6aa92e.example/;url=https://evil.example?",
        ),
        ("HTTPS://SHOP.example/'\"><script>", "https://SHOP.example/'\"><script>?"),
    ],
)
def test_the_browser_is_sent_where_the_shop_said_and_nowhere_else(
    running: FilsProcess, url: str, target: str
) -> None:
    shop = Shop(running.base_url)
    confirmed = shop.confirmed(settings={"success_url": url, "failure_url": "https://a.example/"})
    customer = Customer()
    customer.open(link_of(confirmed))
    customer.fill_in_card()
    answer = call("GET", customer.confirm_and_leave())
    assert answer.location.startswith(target + "cko-session-id=sid_")
    assert answer.location.count("cko-payment-id") == 1
    assert answer.headers.get_all("Set-Cookie") is None
    page = call("GET", link_of(confirmed))
    assert "<script" not in page.text
    assert call("GET", link_of(confirmed).removesuffix("/pay") + "/shop").location == answer.location


def test_a_hundred_idle_connections_keep_nobody_out(process: FilsProcess) -> None:
    idle = [socket.create_connection(("127.0.0.1", process.port)) for _ in range(100)]
    for connection in idle[50:]:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: ")
    assert call("GET", f"{process.base_url}/health").status == 200
    for connection in idle:
        connection.close()


def test_the_shells_first_limit_of_open_files_is_not_ours(tmp_path: Path) -> None:
    first, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    try:
        with FilsProcess(tmp_path) as process:
            assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE) == (most, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (first, most))


def test_noise_on_every_path_is_never_our_fault(running: FilsProcess) -> None:
    """Every route, every method, with a body of noise: some 4xx, and not one 5xx."""
    paths = (
        *(
            "/",
            "/shop",
            "/shop/pay",
            "/shop/success",
            "/shop/failure",
            "/health",
            "/payments",
            "/payments/setups",
            "/assets/x",
        ),
        *("/knet-external/redirect/x/pay", "/knet-external/redirect/x", "/knet-external/return/x"),
        *("/knet/notifications/x", "/knet/notifications/trm_filstestkuwaitknetsandbox2", "/knet/errors/x"),
        *(
            "/kpg/PaymentHTTP.htm?param=paymentInit",
            "/kpg/paymentpage.htm",
            "/kpg/paymentconfirm.htm",
            "/kpg/paymentrouter.htm",
        ),
        *("/kpg/tranPipe.htm", "/kpg/assets/x", "/favicon.ico", "/robots.txt", "/nothing", "*", "//", "/%00"),
    )
    answers = {}
    for path in paths:
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            noise = os.urandom(300)
            head = request_head(f"{method} {path} HTTP/1.1", f"Content-Length: {len(noise)}")
            answers[method, path] = exchange(running.port, head + noise).status
    assert [where for where, status in answers.items() if status >= 500] == []
    assert "Traceback" not in running.output
