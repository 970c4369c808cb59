"""The body of a request as bytes: complete, not too long, in time, and text."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from starlette.types import Receive, Scope

from fils.api.errors import BodyTooLarge, BodyTooSlow, BodyUnreadable
from fils.http.arrival import REQUEST_IS_WHOLE

BODY_LIMIT: Final = 65_536
"""The longest body that is read, in bytes. A payment setup with every documented field takes a tenth of it."""
BODY_TIMEOUT_S: Final = 10
BODY_DEPTH_MAX: Final = 20
"""How many levels a body may nest, counted from its own braces. No documented field needs half of it."""

_TEXT: Final = re.compile(rb'"(?:[^"\\]+|\\.?)*"?', re.DOTALL)
"""A text, also one that does not end: where this begins it never fails, so no body makes it look twice."""
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))


class ClientGone(Exception):
    """The client went away before its request was complete. Nobody is left to answer."""


async def read_body(scope: Scope, receive: Receive, *, timeout_s: int = BODY_TIMEOUT_S) -> bytes:
    """
    Read the whole body.

    Args:
        scope: Of the request.
        receive: Of the request.
        timeout_s: How many seconds all of it may take.

    Raises:
        BodyTooLarge: As soon as that is known; the rest is not read.
        BodyTooSlow: If it is not complete in time.
        BodyUnreadable: If it is not UTF-8, which JSON has to be (RFC 8259, section 8.1), or nests too deep.
        ClientGone: If the client went away.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > BODY_LIMIT:  # the server lets only digits through
            raise BodyTooLarge
    if REQUEST_IS_WHOLE in scope:
        body = await _receive_all(receive)  # which waits for nothing, so no time needs to be kept
    else:
        try:
            async with asyncio.timeout(timeout_s):
                body = await _receive_all(receive)
        except TimeoutError as error:
            raise BodyTooSlow from error
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise BodyUnreadable from error
    # Few braces cannot nest deep, so honest bodies are not looked through.
    if body.count(b"{") + body.count(b"[") > BODY_DEPTH_MAX and _depth(body) > BODY_DEPTH_MAX:
        raise BodyUnreadable
    return body


def _depth(body: bytes) -> int:
    deepest = depth = 0
    for bracket in _TEXT.sub(b"", body).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


async def _receive_all(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return body
