"""The idempotency key of a request: its header, and what it may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fils.domain.errors import RequestRefused

_HEADER: Final = b"cko-idempotency-key"
_KEY: Final = re.compile(rb"[\x20-\x7e]{1,255}")
"""Our bounds; Checkout.com documents none and recommends a UUID."""


def idempotency_key(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """
    The value of ``Cko-Idempotency-Key``; None if the request has none.

    Raises:
        RequestRefused: If it is not 1 to 255 printable ASCII characters, or there are two: which counts would be a
            guess, and to act without a key would be to act twice.
    """
    shown = [value for name, value in headers if name == _HEADER]
    if not shown:
        return None
    if len(shown) > 1 or not _KEY.fullmatch(shown[0]):
        raise RequestRefused("idempotency_key_invalid")
    return shown[0].decode("ascii")
