"""The idempotency key of a request: its header, and what it may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fils.domain.errors import RequestRefused

_HEADER: Final = b"cko-idempotency-key"
_KEY: Final = re.compile(rb"[\x20-\x7e]{1,255}")
"""Our bounds; Checkout.com documents none and recommends a UUID."""
_BLANKS: Final = b" \t"
"""A proxy takes them away and our server does not, so the same request may come with them or without."""


def idempotency_key(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """
    The value of ``Cko-Idempotency-Key``; None if the request has none. Blanks around it are none of it (RFC 9110, 5.5).

    Raises:
        RequestRefused: If it is not 1 to 255 printable ASCII characters, or there are two: which counts would be a
            guess, and to act without a key would be to act twice.
    """
    shown = [value.strip(_BLANKS) for name, value in headers if name == _HEADER]
    if not shown:
        return None
    if len(shown) > 1 or not _KEY.fullmatch(shown[0]):
        raise RequestRefused("idempotency_key_invalid")
    return shown[0].decode("ascii")
