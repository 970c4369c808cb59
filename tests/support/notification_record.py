"""An application in front of Fils that remembers how each notification of the bank was answered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.support.bank_messages import NOTIFICATIONS, track_id_of_message


@dataclass(frozen=True, slots=True)
class NotificationAnswer:
    """What Fils said to one notification."""

    status: int
    location: str
    """Where a browser is sent; empty for a server."""
    text: str


class NotificationRecord:
    """Passes everything on, and keeps the answers to notifications by track id, in the order in which they came."""

    def __init__(self) -> None:
        self.answers: defaultdict[str, list[NotificationAnswer]] = defaultdict(list)

    def in_front_of(self, app: ASGIApp) -> ASGIApp:
        """The application that records what *app* answers."""

        async def recording(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not scope["path"].startswith(NOTIFICATIONS):
                await app(scope, receive, send)
                return
            exchange = _Exchange(receive, send)
            await app(scope, exchange.receive, exchange.send)
            track_id = track_id_of_message(scope["path"], bytes(exchange.request_body))
            self.answers[track_id].append(exchange.answer())

        return recording


class _Exchange:
    """One request and its answer, copied as they pass."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.request_body = bytearray()
        self._status = 0
        self._location = ""
        self._body = bytearray()

    async def receive(self) -> Message:
        message = await self._receive()
        self.request_body += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._location = dict(message["headers"]).get(b"location", b"").decode("ascii")
        self._body += message.get("body", b"")
        await self._send(message)

    def answer(self) -> NotificationAnswer:
        return NotificationAnswer(self._status, self._location, self._body.decode())
