"""Who is calling: the secret key in the ``Authorization`` header."""

from __future__ import annotations

from collections.abc import Iterable

from fils.application.authentication import authenticate
from fils.application.ports import Ports
from fils.domain.account import SecretKey
from fils.domain.errors import Unauthenticated


async def calling_key(ports: Ports, headers: Iterable[tuple[bytes, bytes]]) -> SecretKey:
    """
    The secret key that the request shows, as ``Authorization: Bearer sk_...``.

    Raises:
        Unauthenticated: For anything else, also for two such headers: which of them counts would be a guess.
    """
    shown = [value for name, value in headers if name == b"authorization"]
    if len(shown) != 1:
        raise Unauthenticated
    scheme, _, key = shown[0].decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    return await authenticate(ports, key.strip(" "))
