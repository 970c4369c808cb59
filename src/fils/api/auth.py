"""Who is calling: the secret key in the ``Authorization`` header."""

from __future__ import annotations

from collections.abc import Iterable

from fils.application.authentication import authenticate
from fils.application.ports import Ports
from fils.domain.errors import Unauthenticated
from fils.domain.identifiers import AccountId


async def calling_account(ports: Ports, headers: Iterable[tuple[bytes, bytes]]) -> AccountId:
    """
    The account whose secret key the request shows, as ``Authorization: Bearer sk_...``.

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
