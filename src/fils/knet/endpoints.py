"""
The bank's inbound edge: notifications, and browsers that KNET sends to errorURL.

Every refused notification gets one identical answer. The IV of KNET's cipher is its key, so an answer that told bad
padding from bad content would give the key away; see ``docs/explanation/knowing.md``.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fils.application.addresses import ERROR_PATH, NOTIFICATION_PATH, payment_page_url, return_url
from fils.application.notifications import Notification, receive_error_return, receive_notification
from fils.application.ports import Ports
from fils.application.visits import bring_notification
from fils.domain.errors import InvariantViolated, MessageRejected, RefusalReason, StorageError
from fils.domain.identifiers import PaymentId, TerminalId
from fils.knet import wire
from fils.knet.mapping import statement_of_notification
from fils.knet.refusals import REFUSED_AFTER_S, Refusals, source_of, wait_in_line
from fils.knet.terminals import TerminalBook

_LINES_APART_S: Final = 60
"""How far apart the lines of the log about one thing are that others can cause."""
_BODY_OCTETS_MAX: Final = 64 * 1024
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer: they hold a return secret, or the token of a link."""
_LOG: Final = logging.getLogger("fils")


_MODES: Final = {
    wire.NotificationShape.BARE_HEX: wire.NotificationMode.SERVER_TO_SERVER,
    wire.NotificationShape.BROWSER_FORM: wire.NotificationMode.BROWSER,
}
"""Shapes that tell the mode. ``trandata=`` alone comes in both; there the terminal's setting decides."""
_Take = Callable[[TerminalId, Request, bytes], Awaitable[Response]]


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
        self._log_lines = _LogLines()
        self.routes: Final = [
            Route(NOTIFICATION_PATH, self._notification, methods=["POST"]),
            # In mode L a browser may also carry an error here, in its query.
            Route(NOTIFICATION_PATH, self._error_return, methods=["GET"]),
            Route(ERROR_PATH, self._error_return, methods=["GET", "POST"]),
        ]

    async def _notification(self, request: Request) -> Response:
        return await self._answer(request, self._take_notification)

    async def _error_return(self, request: Request) -> Response:
        if request.method == "HEAD":
            return Response(headers=_HEADERS)
        return await self._answer(request, self._take_error_return)

    async def _answer(self, request: Request, take: _Take) -> Response:
        """Read what came and hand it on; one answer to all that is refused, and one to all that cannot be stored."""
        loop = asyncio.get_running_loop()
        came_at = loop.time()
        try:
            body = await _read_body(request)
            # A body that dawdles must not use up the time that hides the work on it.
            came_at = loop.time()
            return await take(TerminalId(request.path_params["terminal_id"]), request, body)
        except (MessageRejected, wire.ProtocolError, ClientDisconnect) as error:
            return await self._refuse(request, came_at, _reason(error))
        except (StorageError, InvariantViolated):
            # Not acknowledged, so that KNET takes back what it may have captured.
            _LOG.exception("what came from KNET could not be stored")
            return Response(status_code=503)

    async def _take_notification(self, terminal_id: TerminalId, _: Request, body: bytes) -> Response:
        """The body's shape picks the answer, since a wrong one would make KNET take every payment back."""
        error = wire.read_error_form(body)
        if error is not None:
            return await self._note_error(terminal_id, error)
        shape, trandata = wire.read_notification_body(body)
        await self._terminals.look_up(terminal_id)
        notification = self._read(terminal_id, trandata)
        if self._mode_of(terminal_id, shape) is wire.NotificationMode.BROWSER:
            # Never a return secret: it would show that KNET took an acknowledgement, which was never given.
            return self._to_payment_page(await bring_notification(self._ports, terminal_id, notification))
        acknowledged = await receive_notification(self._ports, terminal_id, notification)
        url = self._page_url(acknowledged.payment_id)
        if acknowledged.return_secret is not None:
            url = return_url(self._public_url, acknowledged.return_secret)
        return Response(wire.redirect_answer(url), media_type="text/plain", headers=_HEADERS)

    async def _take_error_return(self, terminal_id: TerminalId, request: Request, body: bytes) -> Response:
        if request.method == "POST":
            fields = wire.parse_form(body.decode("ascii", "replace"))
        else:
            fields = dict(request.query_params)
        return await self._note_error(terminal_id, wire.read_error_return(fields))

    async def _note_error(self, terminal_id: TerminalId, error: wire.ErrorReturn) -> Response:
        """Whatever the browser claims, it is sent to the page that shows what we know."""
        payment_id = await receive_error_return(self._ports, terminal_id, error.track_id)
        if payment_id is None:
            raise MessageRejected("the error names no attempt of this terminal", RefusalReason.NOT_OURS)
        return self._to_payment_page(payment_id)

    def _read(self, terminal_id: TerminalId, trandata: str) -> Notification:
        """Decrypt with the terminal's credentials, newest first: attempts under older ones may still be open."""
        for credentials in self._terminals.versions(terminal_id):
            try:
                message = wire.read_payment_response(trandata, credentials.key)
            except wire.MessageUnreadable:
                continue
            return Notification(statement_of_notification(message), trandata, credentials.version)
        raise MessageRejected("no credentials of the terminal read the notification", RefusalReason.NOT_OURS)

    def _mode_of(self, terminal_id: TerminalId, shape: wire.NotificationShape) -> wire.NotificationMode:
        """The mode that a readable message came in; tells of a terminal that is set to the other one."""
        setting = self._terminals.versions(terminal_id)[0].mode
        mode = _MODES.get(shape, setting)
        if mode is not setting and self._log_lines.may_tell(terminal_id):
            _LOG.warning(
                "KNET's news for terminal %s came in mode %s, and the terminal is set to mode %s:"
                " set it as the bank has it",
                terminal_id,
                mode.value,
                setting.value,
            )
        return mode

    def _to_payment_page(self, payment_id: PaymentId) -> Response:
        return RedirectResponse(self._page_url(payment_id), HTTPStatus.SEE_OTHER, _HEADERS)

    def _page_url(self, payment_id: PaymentId) -> str:
        return payment_page_url(self._public_url, self._ports.vault.link_token(payment_id))

    async def _refuse(self, request: Request, came_at: float, reason: RefusalReason) -> Response:
        """The one answer to everything that is refused, at a time that tells nothing of why."""
        source = source_of(request.client.host if request.client else "")
        answer_at = self._refusals.answer_at(source, came_at=came_at)
        self._ports.telemetry.message_refused(reason, is_delayed=answer_at > came_at + REFUSED_AFTER_S)
        await wait_in_line(answer_at, request.receive)
        return Response("refused", 400, media_type="text/plain", headers=_HEADERS)


class _LogLines:
    """Which lines of the log are due, so that nobody can fill it."""

    def __init__(self) -> None:
        self._told_at: dict[str, float] = {}

    def may_tell(self, about: str) -> bool:
        """Whether *about* was not told of in the last minute; then it is now."""
        now = asyncio.get_running_loop().time()
        if now < self._told_at.get(about, -math.inf) + _LINES_APART_S:
            return False
        self._told_at[about] = now
        return True


def _reason(error: MessageRejected | wire.ProtocolError | ClientDisconnect) -> RefusalReason:
    if isinstance(error, MessageRejected):
        return error.reason
    return RefusalReason.CUT_SHORT if isinstance(error, ClientDisconnect) else RefusalReason.NOT_OURS


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_OCTETS_MAX:
            raise MessageRejected("the body is too long", RefusalReason.TOO_LONG)
    return bytes(body)
