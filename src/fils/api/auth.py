"""Who is calling: the secret key in the ``Authorization`` header, and the prefix that may stand in ``Host``."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fils.application.authentication import authenticate
from fils.application.ports import Ports
from fils.domain.account import SecretKey
from fils.domain.account_prefix import account_prefix, prefix_before
from fils.domain.errors import Unauthenticated

Headers = Iterable[tuple[bytes, bytes]]


async def calling_key(ports: Ports, headers: Headers, prefixed_hosts: Collection[str]) -> SecretKey:
    """
    The secret key that the request shows, as ``Authorization: Bearer sk_...``.

    Args:
        ports: The parts the use cases work with.
        headers: Of the request.
        prefixed_hosts: Before which a request may show the prefix of its account.

    Raises:
        Unauthenticated: For anything else; also for two such headers, since which of them counts would be a guess,
            and for a prefix that is not that of the key's account.
    """
    shown = [value for name, value in headers if name == b"authorization"]
    if len(shown) != 1:
        raise Unauthenticated
    scheme, _, key = shown[0].decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    found = await authenticate(ports, key.strip(" "))
    prefix = _shown_prefix(headers, prefixed_hosts)
    if prefix is not None and prefix != account_prefix(found.account_id):
        raise Unauthenticated
    return found


def _shown_prefix(headers: Headers, prefixed_hosts: Collection[str]) -> str | None:
    for name, value in headers:
        if name == b"host":
            return prefix_before(value.decode("latin-1").partition(":")[0].lower(), prefixed_hosts)
    return None
