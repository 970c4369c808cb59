"""The API on a real socket: what only the server and the API together can get wrong."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from fils.api.body import BODY_LIMIT
from fils.config import SANDBOX_KEY
from tests.support.process import FilsProcess

KEY = f"Authorization: Bearer {SANDBOX_KEY}"
POST = "POST /payments/setups HTTP/1.1"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path_factory.mktemp("http")) as running:
        yield running


def connected(process: FilsProcess) -> socket.socket:
    return socket.create_connection(("127.0.0.1", process.port), timeout=10)


def head(*lines: str) -> bytes:
    """The head of a request; every line but the first is a header."""
    return "\r\n".join((lines[0], "Host: localhost", *lines[1:], "", "")).encode("latin-1")


def exchange(process: FilsProcess, *parts: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send *parts* and read the one answer until the server ends the connection."""
    with connected(process) as connection:
        for part in parts:
            connection.sendall(part)
        octets = b"".join(iter(lambda: connection.recv(65_536), b""))
    start, _, body = octets.partition(b"\r\n\r\n")
    status, *headers = start.decode("latin-1").split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in headers), body


def assert_still_healthy(process: FilsProcess) -> None:
    status, _, body = exchange(process, head("GET /health HTTP/1.1", "Connection: close"))
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert "Traceback" not in process.output


def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_sent(process: FilsProcess) -> None:
    status, headers, body = exchange(process, head(POST, KEY, f"Content-Length: {BODY_LIMIT + 1}"))
    assert (status, headers["content-length"], body) == (413, "0", b"")
    assert "cko-request-id" in headers
    assert_still_healthy(process)


def test_a_chunked_body_is_refused_once_it_is_too_long(process: FilsProcess) -> None:
    chunk = b"%x\r\n" % BODY_LIMIT + b" " * BODY_LIMIT + b"\r\n"
    status, _, body = exchange(process, head(POST, KEY, "Transfer-Encoding: chunked"), chunk, b"2\r\n{}\r\n")
    assert (status, body) == (413, b"")
    assert_still_healthy(process)


def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_no_trace(process: FilsProcess) -> None:
    with connected(process) as connection:
        connection.sendall(head(POST, KEY, "Content-Length: 100") + b'{"amount": 1000, ')
    assert_still_healthy(process)


def test_a_client_that_leaves_before_its_answer_leaves_no_trace(process: FilsProcess) -> None:
    with connected(process) as connection:
        connection.sendall(head(POST, KEY, "Content-Length: 2") + b"{}")
    assert_still_healthy(process)


def test_a_body_without_a_key_is_not_waited_for(process: FilsProcess) -> None:
    with connected(process) as connection:
        connection.sendall(head(POST, "Content-Length: 100"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_head_is_answered_without_a_body(process: FilsProcess) -> None:
    status, headers, body = exchange(process, head("HEAD /health HTTP/1.1", "Connection: close"))
    assert (status, headers["allow"], headers["content-length"], body) == (405, "get", "0", b"")


def test_two_keys_are_no_key(process: FilsProcess) -> None:
    status, _, body = exchange(process, head(POST, KEY, KEY, "Content-Length: 0", "Connection: close"))
    assert (status, body) == (401, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/payments/setups/set_%00",
        "/payments/setups/set_%ff%fe",
        "/payments/%2e%2e/health",
        "/payments/pay_4gubyq2w335upc54dx7a4257lq%2F",
        "/payments/setups/set_rcmepwrchqab2wsergcafvijfy/confirm/%F0%9F%A7%BE",
    ],
)
def test_an_encoded_path_finds_nothing(process: FilsProcess, path: str) -> None:
    method = "POST" if "confirm" in path else "GET"
    status, _, body = exchange(
        process, head(f"{method} {path} HTTP/1.1", KEY, "Content-Length: 0", "Connection: close")
    )
    assert (status, body) == (404, b"")
    assert_still_healthy(process)
