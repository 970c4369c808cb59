"""The operating system's randomness, as the use cases' ``IdSource``. Nothing else in Fils draws random bytes."""

from __future__ import annotations

import os
from base64 import b32encode, urlsafe_b64encode
from uuid import UUID, uuid4

from fils.domain.identifiers import TRACK_ID_LENGTH, write_identifier

_TRACK_ID_OCTETS = 15
_SECRET_OCTETS = 24
_SECRET_KEY_OCTETS = 17


class SystemIds:
    """Identifiers and secrets from the operating system's random source."""

    def identifier(self, prefix: str) -> str:
        """A new identifier: a version 4 UUID in the byte order that Checkout.com's own identifiers show."""
        return write_identifier(prefix, uuid4().bytes_le)

    def track_id(self) -> str:
        """A new track id: 19 of the 24 characters of 15 random bytes, so 95 random bits."""
        return b32encode(os.urandom(_TRACK_ID_OCTETS)).decode("ascii")[:TRACK_ID_LENGTH]

    def secret(self) -> str:
        """A new secret of 192 random bits, in characters that need no encoding in an address."""
        return urlsafe_b64encode(os.urandom(_SECRET_OCTETS)).decode("ascii")

    def request_id(self) -> str:
        """A new id of a request, which its answer and our log name it by."""
        return str(UUID(bytes=os.urandom(16), version=4))


def new_sandbox_key() -> str:
    """A new secret key for a sandbox: the prefix and 27 characters from ``a-z2-7``, so 135 random bits."""
    return "sk_sbox_" + b32encode(os.urandom(_SECRET_KEY_OCTETS)).decode("ascii").lower()[:27]


def new_master_key() -> bytes:
    """32 random bytes."""
    return os.urandom(32)
