"""A client that calls the API's ASGI application in memory, as the server would."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.applications import Starlette

from fils.api.endpoint import ApiSettings
from fils.api.routes import api_routes
from fils.application.ports import Ports
from tests.support.application_ports import BASE_URL, CHANNEL, SECRET_KEY
from tests.support.described_api import check_answer

Message = MutableMapping[str, Any]
Headers = Iterable[tuple[bytes, bytes]]


def documented_request(**changes: object) -> dict[str, object]:
    """The request of the documented example; a change of None takes the field out."""
    request: dict[str, object] = {
        "amount": 1000,
        "currency": "KWD",
        "processing_channel_id": CHANNEL.id,
        "reference": "ORD-5023-4E89",
        "payment_methods": {"knet": {"language": "en"}},
        "settings": {
            "success_url": "https://example.com/payments/success",
            "failure_url": "https://example.com/payments/failure",
        },
    }
    return {name: value for name, value in (request | changes).items() if value is not None}


@dataclass(frozen=True)
class ApiAnswer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body, which has to be a JSON object."""
        assert self.headers["content-type"] == "application/json"
        document = msgspec.json.decode(self.body)
        assert isinstance(document, dict)
        return document

    @property
    def error_codes(self) -> list[str]:
        """The codes of a refusal."""
        codes: list[str] = self.document["error_codes"]
        return codes

    @property
    def is_empty(self) -> bool:
        """Whether the body is truly empty, and said to be."""
        says_so = self.headers["content-length"] == "0" and "content-type" not in self.headers
        return says_so and self.body == b""


class ApiClient:
    """
    Calls the routes of the API with the documented key, unless a call says otherwise. Every answer is held against
    the API's own description, so that no test can see one that is not described.
    """

    def __init__(self, ports: Ports, settings: ApiSettings | None = None) -> None:
        self.ports = ports
        self._app = Starlette(routes=api_routes(ports, settings or ApiSettings(base_url=BASE_URL)))

    async def create(self, body: object = None) -> ApiAnswer:
        """``POST /payments/setups`` with a document or raw bytes; without either the documented example."""
        return await self.call("POST", "/payments/setups", documented_request() if body is None else body)

    async def call(
        self,
        method: str,
        path: str,
        body: object = b"",
        *,
        key: str | None = SECRET_KEY,
        headers: Headers = (),
    ) -> ApiAnswer:
        """Make one request whose body arrives in one piece."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        sent = [*headers, (b"content-length", str(len(content)).encode())]
        if key is not None:
            sent.append((b"authorization", f"Bearer {key}".encode()))
        answer = await self.exchange(method, path, sent, [{"type": "http.request", "body": content}])
        assert answer is not None
        return answer

    async def exchange(
        self, method: str, path: str, headers: Headers, arriving: Iterable[Message]
    ) -> ApiAnswer | None:
        """Make one request out of the server's own messages; None if it was not answered."""
        left = iter(arriving)
        sent: list[Message] = []

        async def receive() -> Message:
            return next(left)

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path.partition("?")[0]),
            "root_path": "",
            "query_string": path.partition("?")[2].encode(),
            "headers": list(headers),
        }
        await self._app(scope, receive, send)
        if not sent:
            return None
        start, *bodies = sent
        said = {name.decode(): value.decode() for name, value in start["headers"]}
        answer = ApiAnswer(start["status"], said, b"".join(message["body"] for message in bodies))
        check_answer(method, path.partition("?")[0], answer.status, answer.headers, answer.body)
        return answer


def authorized(key: str = SECRET_KEY) -> tuple[bytes, bytes]:
    """The header that shows a secret key."""
    return (b"authorization", f"Bearer {key}".encode())
