"""
Requests, each told of once it is answered: the template of its route, never its path.

This stands around the whole application, so it knows of a request only what stands in the scope when the answer is
complete: the route that the router found there, the ids in its path, and the account that an edge noted there.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fils.application.telemetry import REQUEST_ACCOUNT, AnsweredRequest, Telemetry, stopwatch_us

GONE: Final = 499
"""The status of a request whose client went away before it was answered."""
NO_ROUTE: Final = "(none)"
OTHER_METHOD: Final = "OTHER"

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID: Final = b"cko-request-id"


class RequestWatch:
    """ASGI middleware: tells of each request that *app* answers."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and tell of it."""
        began_us = stopwatch_us()
        start: Message = {"status": GONE, "headers": ()}

        async def noting(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._telemetry.request_answered(_answered(scope, start, stopwatch_us() - began_us))


def _answered(scope: Scope, start: Message, duration_us: int) -> AnsweredRequest:
    path: dict[str, Any] = scope.get("path_params", {})
    client = scope.get("client")
    return AnsweredRequest(
        route=_template(scope),
        method=scope["method"] if scope["method"] in _METHODS else OTHER_METHOD,
        status=start["status"],
        duration_us=duration_us,
        request_id=_request_id(start),
        account_id=scope.get(REQUEST_ACCOUNT),
        setup_id=path.get("setup_id"),
        payment_id=path.get("payment_id"),
        source=client[0] if client else None,
    )


def _template(scope: Scope) -> str:
    """The address as the table of routes has it. What is mounted stands under its own path, which is a constant."""
    route = scope.get("route")
    if not isinstance(route, Route):
        return NO_ROUTE
    root: str = scope.get("root_path", "")
    return root + route.path_format


def _request_id(start: Message) -> str | None:
    return next((value.decode("latin-1") for name, value in start["headers"] if name == _REQUEST_ID), None)
