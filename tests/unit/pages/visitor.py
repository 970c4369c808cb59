"""A browser's single requests to the pages, in memory: no socket, no redirect followed."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import ASGIApp

from fils.pages.assets import assets_routes
from fils.pages.home import sandbox_routes
from fils.pages.routes import payment_page_routes
from tests.support.application_ports import ACCOUNT, BASE_URL, CHANNEL, SECRET_KEY
from tests.support.payment_states import Counter

Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """What the browser got."""

    status: int
    headers: Headers
    text: str


class Visitor:
    """Asks the pages of one ``Counter``."""

    def __init__(self, counter: Counter, *, shows_result: bool = False) -> None:
        sandbox = sandbox_routes(
            counter.ports,
            base_url=BASE_URL,
            account_id=ACCOUNT.id,
            secret_key=SECRET_KEY,
            channel_id=CHANNEL.id,
        )
        doors = payment_page_routes(counter.ports, base_url=BASE_URL, shows_result=shows_result)
        self._app = Starlette(routes=[*doors, *sandbox, *assets_routes()])

    async def get(
        self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", query: str = ""
    ) -> Seen:
        """One request for *path*."""
        return await ask(self._app, path, headers, method=method, query=query)


async def ask(
    app: ASGIApp,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    query: str = "",
) -> Seen:
    """One request for *path* to any application."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    await app(scope, receive, send)
    start, *bodies = sent
    body = b"".join(message["body"] for message in bodies)
    return Seen(start["status"], Headers(raw=start["headers"]), body.decode(errors="replace"))


def link(token: str) -> str:
    """The path of the link that starts an attempt."""
    return f"/knet-external/redirect/{token}/pay"


def page(token: str) -> str:
    """The path of the page that tells how the payment stands."""
    return f"/knet-external/redirect/{token}"


def shop_door(token: str) -> str:
    """The path that leads on to the shop once the payment is decided."""
    return f"/knet-external/redirect/{token}/shop"


def return_door(secret: str) -> str:
    """The path KNET sends the browser back to."""
    return f"/knet-external/return/{secret}"
