"""The operating system's randomness, as the use cases' ``IdSource``. Nothing else in Fils draws random bytes."""

from __future__ import annotations

import os
from base64 import b32encode, urlsafe_b64encode

from fils.domain.identifiers import TRACK_ID_LENGTH, write_identifier

_TRACK_ID_OCTETS = 15
_SECRET_OCTETS = 24
_SECRET_KEY_OCTETS = 17

_VERSION_4 = 0x40
_VARIANT = 0x80
"""The bits that mark a random UUID (RFC 9562, sections 4.1 and 5.4)."""


class SystemIds:
    """Identifiers and secrets from the operating system's random source."""

    def identifier(self, prefix: str) -> str:
        """A new identifier: a version 4 UUID in the byte order that Checkout.com's own identifiers show."""
        return write_identifier(prefix, _random_uuid(version_octet=7))

    def track_id(self) -> str:
        """A new track id: 19 of the 24 characters of 15 random bytes, so 95 random bits."""
        return b32encode(os.urandom(_TRACK_ID_OCTETS)).decode("ascii")[:TRACK_ID_LENGTH]

    def secret(self) -> str:
        """A new secret of 192 random bits, in characters that need no encoding in an address."""
        return urlsafe_b64encode(os.urandom(_SECRET_OCTETS)).decode("ascii")

    def request_id(self) -> str:
        """A new id of a request, which its answer and our log name it by."""
        digits = _random_uuid(version_octet=6).hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_secret_key(*, sandbox: bool) -> str:
    """
    A new secret key of the API: its prefix and 27 characters from ``a-z2-7``, so 135 random bits.

    The last character stands where Checkout.com's keys have a check character. How that is computed is not documented,
    so any that is allowed there will do.
    """
    prefix = "sk_sbox_" if sandbox else "sk_"
    return prefix + b32encode(os.urandom(_SECRET_KEY_OCTETS)).decode("ascii").lower()[:27]


def new_master_key() -> bytes:
    """32 random bytes."""
    return os.urandom(32)


def _random_uuid(*, version_octet: int) -> bytes:
    """
    The 16 bytes of a version 4 UUID. The standard library's takes three times as long, several times a request.

    Args:
        version_octet: Which byte holds the version: 6, or 7 in the little-endian order.
    """
    octets = bytearray(os.urandom(16))
    octets[version_octet] = octets[version_octet] & 0x0F | _VERSION_4
    octets[8] = octets[8] & 0x3F | _VARIANT
    return bytes(octets)
