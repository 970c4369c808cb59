"""
The bank's inbound edge: notifications, and browsers that KNET sends to errorURL.

Every refused notification gets one identical answer. The IV of KNET's cipher is its key, so an answer that told bad
padding from bad content would give the key away; see ``docs/explanation/knowing.md``.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fils.application.addresses import ERROR_PATH, NOTIFICATION_PATH, payment_page_url, return_url
from fils.application.notifications import receive_error_return, receive_notification
from fils.application.ports import Answer, Ports
from fils.domain.errors import InvariantViolated, MessageRejected, StorageError
from fils.domain.identifiers import TerminalId
from fils.knet import wire
from fils.knet.mapping import statement_of_notification
from fils.knet.refusals import Refusals, source_of, wait_in_line
from fils.knet.terminals import TerminalBook

_REFUSALS_APART_S: Final = 60
"""How far apart the lines about refusals are: everybody can cause one."""
_BODY_OCTETS_MAX: Final = 64 * 1024
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer: they hold a return secret, or the token of a link."""
_LOG: Final = logging.getLogger("fils")


class BankEndpoints:
    """What KNET and the browsers it sends may call."""

    def __init__(self, ports: Ports, terminals: TerminalBook, *, public_url: str) -> None:
        """
        Args:
            ports: The use cases' parts.
            terminals: The keys that notifications are decrypted with.
            public_url: Our base url for browsers.
        """
        self._ports = ports
        self._terminals = terminals
        self._public_url = public_url
        self._refusals = Refusals()
        self._refused_count = 0
        self._told_at: float | None = None
        self.routes: Final = [
            Route(NOTIFICATION_PATH, self._notification, methods=["POST"]),
            Route(ERROR_PATH, self._error_return, methods=["GET", "POST"]),
        ]

    async def _notification(self, request: Request) -> Response:
        terminal_id = TerminalId(request.path_params["terminal_id"])
        loop = asyncio.get_running_loop()
        came_at = loop.time()
        try:
            body = await _read_body(request)
            # A body that dawdles must not use up the time that hides the work on it.
            came_at = loop.time()
            notification = self._read(terminal_id, body)
            acknowledgement = await receive_notification(self._ports, terminal_id, notification)
            url = return_url(self._public_url, acknowledgement.return_secret)
            return Response(wire.redirect_answer(url), media_type="text/plain", headers=_HEADERS)
        except (MessageRejected, wire.ProtocolError, ClientDisconnect):
            return await self._refuse(request, came_at)
        except (StorageError, InvariantViolated):
            # Not acknowledged, so that KNET takes back what it may have captured.
            _LOG.exception("a notification could not be stored")
            return Response(status_code=503)

    def _read(self, terminal_id: TerminalId, body: bytes) -> Answer:
        """Decrypt with the terminal's credentials, newest first: attempts under older ones may still be open."""
        shape, trandata = wire.read_notification_body(body)
        if shape is wire.NotificationShape.BROWSER_FORM:
            # Our answer carries the return secret, which a browser must not get from here.
            raise MessageRejected("a browser posted what only KNET's server may")
        for credentials in self._terminals.versions(terminal_id):
            try:
                message = wire.read_payment_response(trandata, credentials.key)
            except wire.MessageUnreadable:
                continue
            return Answer(statement_of_notification(message), trandata)
        raise MessageRejected("no credentials of the terminal read the notification")

    async def _error_return(self, request: Request) -> Response:
        """Whatever the browser claims, it is sent to the page that shows what we know."""
        if request.method == "HEAD":
            return Response(headers=_HEADERS)
        terminal_id = TerminalId(request.path_params["terminal_id"])
        came_at = asyncio.get_running_loop().time()
        try:
            if request.method == "POST":
                fields = wire.parse_form((await _read_body(request)).decode("ascii", "replace"))
            else:
                fields = dict(request.query_params)
            track_id = wire.read_error_return(fields).track_id
        except (MessageRejected, wire.ProtocolError, ClientDisconnect):
            return await self._refuse(request, came_at)
        try:
            payment_id = await receive_error_return(self._ports, terminal_id, track_id)
        except StorageError:
            _LOG.exception("a browser's return to errorURL could not be stored")
            return Response(status_code=503)
        if payment_id is None:
            return await self._refuse(request, came_at)
        token = self._ports.vault.link_token(payment_id)
        return RedirectResponse(payment_page_url(self._public_url, token), 303, _HEADERS)

    async def _refuse(self, request: Request, came_at: float) -> Response:
        """The one answer to everything that is refused, at a time that tells nothing of why."""
        loop = asyncio.get_running_loop()
        self._refused_count += 1
        if self._told_at is None or loop.time() - self._told_at >= _REFUSALS_APART_S:
            self._told_at = loop.time()
            _LOG.warning("refused what came in the bank's name: %d times so far", self._refused_count)
        source = source_of(request.client.host if request.client else "")
        await wait_in_line(self._refusals.answer_at(source, came_at=came_at), request.receive)
        return Response("refused", 400, media_type="text/plain", headers=_HEADERS)


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_OCTETS_MAX:
            raise MessageRejected("the body is too long")
    return bytes(body)
