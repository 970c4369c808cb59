"""The master key: it seals data keys and nothing else. Where it is kept is the business of ``master_key_file``."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from fils.vault.keyed import derive

MASTER_KEY_OCTETS: Final = 32
_FINGERPRINT_OCTETS: Final = 6


class MasterKey:
    """
    A master key in memory.

    Args:
        octets: 32 secret random bytes.
    """

    def __init__(self, octets: bytes) -> None:
        if len(octets) != MASTER_KEY_OCTETS:
            raise ValueError("a master key has 32 bytes")
        self.octets: Final = octets
        """The key itself."""
        self._siv = AESSIV(derive(octets, "data key 1") + derive(octets, "data key 2"))

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that name the key and tell nothing of it."""
        return derive(self.octets, "fingerprint")[:_FINGERPRINT_OCTETS].hex()

    def seal(self, data_key_id: str, data_key: bytes) -> str:
        """Encrypt a data key with AES-SIV, bound to its id."""
        return urlsafe_b64encode(self._siv.encrypt(data_key, [data_key_id.encode()])).decode("ascii")

    def open(self, data_key_id: str, sealed: str) -> bytes | None:
        """The data key that ``seal`` encrypted; None if another master key did, or under another id."""
        try:
            return self._siv.decrypt(urlsafe_b64decode(sealed), [data_key_id.encode()])
        except (InvalidTag, ValueError):
            return None
