"""Who is asking: a secret key names its account."""

from __future__ import annotations

import re
from typing import Final

from fils.application.ports import Ports
from fils.domain.account import SecretKey
from fils.domain.errors import Unauthenticated

KEY_PURPOSE: Final = "secret key"

_SECRET_KEY: Final = re.compile(r"sk_(sbox_)?[a-z2-7]{26}[a-z2-7*#$=]")
"""Checkout.com, API authentication: the form of a secret key of the current platform."""


def is_secret_key(text: str) -> bool:
    """Whether *text* has the form of a secret key."""
    return _SECRET_KEY.fullmatch(text) is not None


async def authenticate(ports: Ports, key: str) -> SecretKey:
    """
    What is known about the secret key *key*: its account first of all.

    Raises:
        Unauthenticated: If the key is malformed or not known; which of both is not told.
    """
    if not is_secret_key(key):
        raise Unauthenticated
    found = await ports.store.secret_key(ports.vault.hash(KEY_PURPOSE, key))
    if found is None or not found.is_good(now=ports.clock.now()):
        raise Unauthenticated
    return found
