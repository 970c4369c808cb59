"""Requests are told of by their route's template, and nothing of their address gets anywhere else."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import Message, Receive, Scope, Send

from fils.application.telemetry import REQUEST_ACCOUNT
from fils.telemetry.requests import RequestWatch
from fils.telemetry.watch import Watch
from tests.support.watching import CountedMeters, KeptLines

TOKEN = "tok_" + "b" * 26
PAYMENT = "pay_4gubyq2w335upc54dx7a4257lq"
ACCOUNT = "cli_vkuhvk4vjn2edkps7dfsq6emqm"
REQUEST_ID = "0b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


async def answer(request: Request) -> Response:
    request.scope[REQUEST_ACCOUNT] = ACCOUNT
    return PlainTextResponse("done", status_code=201, headers={"cko-request-id": REQUEST_ID})


class HungUp:
    """An application whose client goes away: it sends no answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Nothing."""


async def fail(request: Request) -> Response:
    raise ValueError(TOKEN)


ROUTES = Router(
    [
        Route("/payments/{payment_id}", answer, methods=["GET", "POST"]),
        Route("/knet-external/redirect/{token}/pay", answer),
        Route("/gone", HungUp()),
        Route("/fails", fail),
        Mount("/kpg", app=Router([Route("/PaymentHTTP.htm", answer)])),
    ],
    redirect_slashes=False,
)


async def ask(path: str, meters: CountedMeters, *, method: str = "GET") -> None:
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "headers": [],
        "query_string": f"secret={TOKEN}".encode(),
        "client": ("192.0.2.7", 4000),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Message) -> None:
        """Nobody reads it."""

    await RequestWatch(ROUTES, Watch(meters))(scope, receive, send)


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", f"/payments/{PAYMENT}", ("/payments/{payment_id}", "GET", "201")),
        ("GET", f"/payments/{TOKEN}", ("/payments/{payment_id}", "GET", "201")),
        ("PUT", f"/payments/{PAYMENT}", ("/payments/{payment_id}", "PUT", "405")),
        ("BREW", f"/payments/{PAYMENT}", ("/payments/{payment_id}", "OTHER", "405")),
        (
            "GET",
            f"/knet-external/redirect/{TOKEN}/pay",
            ("/knet-external/redirect/{token}/pay", "GET", "201"),
        ),
        ("GET", f"/{TOKEN}", ("(none)", "GET", "404")),
        ("GET", "/gone", ("/gone", "GET", "499")),
        ("GET", "/kpg/PaymentHTTP.htm", ("/kpg/PaymentHTTP.htm", "GET", "201")),
        ("GET", f"/kpg/{TOKEN}", ("(none)", "GET", "404")),
    ],
)
async def test_a_request_is_told_by_its_template(
    kept: KeptLines, method: str, path: str, told: tuple[str, str, str]
) -> None:
    meters = CountedMeters()
    await ask(path, meters, method=method)
    assert meters.counts == {("fils_http_requests_total", *told): 1}
    [line] = kept.lines
    assert (line.values["route"], line.values["method"], str(line.values["status"])) == told
    assert TOKEN not in str(line.values)
    assert TOKEN not in str(meters)


async def test_a_line_names_request_account_payment_and_source(kept: KeptLines) -> None:
    await ask(f"/payments/{PAYMENT}", CountedMeters())
    values = kept.lines[0].values
    assert isinstance(values.pop("duration_ms"), float)
    assert values == {
        "method": "GET",
        "route": "/payments/{payment_id}",
        "status": 201,
        "request_id": REQUEST_ID,
        "account_id": ACCOUNT,
        "payment_id": PAYMENT,
        "source": "192.0.2.7",
    }


async def test_a_bug_in_the_application_is_told_too_and_passed_on(kept: KeptLines) -> None:
    meters = CountedMeters()
    with pytest.raises(ValueError, match="tok_"):
        await ask("/fails", meters)
    assert meters.counts == {("fils_http_requests_total", "/fails", "GET", "499"): 1}
