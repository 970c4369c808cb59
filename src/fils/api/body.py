"""The body of a request as bytes: complete, not too long, in time, and text."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import Receive, Scope

from fils.api.errors import BodyTooLarge, BodyTooSlow, BodyUnreadable

BODY_LIMIT: Final = 65_536
"""The longest body that is read, in bytes. A payment setup with every documented field takes a tenth of it."""
BODY_TIMEOUT_S: Final = 10


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
        BodyUnreadable: If it is not UTF-8, which JSON has to be (RFC 8259, section 8.1).
        ClientGone: If the client went away.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > BODY_LIMIT:  # the server lets only digits through
            raise BodyTooLarge
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
    return body


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
