"""
What the data key protects: keyed hashes, sealed texts, and the tokens of redirect links.

One data key is stretched into a key for each use, so that no two uses can be played against each other. What is
only compared is stored as a keyed hash; what must be read again is sealed. A stolen database alone opens nothing.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from fils.domain.errors import InvariantViolated
from fils.domain.identifiers import LINK_TOKEN, PAYMENT, PaymentId, read_identifier, write_identifier

DATA_KEY_OCTETS: Final = 32


class DataKeyVault:
    """The use cases' ``Vault`` under one data key."""

    def __init__(self, data_key: bytes) -> None:
        """
        Derive the keys of every use.

        Args:
            data_key: 32 secret random bytes. Losing them makes sealed texts and open links unreadable.
        """
        if len(data_key) != DATA_KEY_OCTETS:
            raise ValueError("a data key has 32 bytes")
        # Copied for each hash: setting up the key anew would take longer than the hash itself.
        self._keyed = hmac.new(derive(data_key, "hash"), digestmod="sha256")
        # AES-SIV needs no nonce, so there is none to repeat; equal texts give equal seals, which tells nothing here.
        self._siv = AESSIV(derive(data_key, "seal 1") + derive(data_key, "seal 2"))
        # A link token is one AES block: the payment's own 16 bytes, enciphered. One block has no mode to misuse.
        self._link = Cipher(AES(derive(data_key, "link")), ECB())  # noqa: S305

    def hash(self, purpose: str, text: str) -> str:
        """A keyed SHA-256 of *text*, in hexadecimal."""
        keyed = self._keyed.copy()
        keyed.update(f"{purpose}\0{text}".encode())
        return keyed.hexdigest()

    def seal(self, purpose: str, text: str) -> str:
        """Encrypt *text* with AES-SIV, bound to *purpose*."""
        return urlsafe_b64encode(self._siv.encrypt(text.encode(), [purpose.encode()])).decode("ascii")

    def open(self, purpose: str, sealed: str) -> str:
        """
        Decrypt what ``seal`` made.

        Raises:
            InvariantViolated: If it was made for another purpose or under another data key.
        """
        try:
            return self._siv.decrypt(urlsafe_b64decode(sealed), [purpose.encode()]).decode()
        except (InvalidTag, ValueError) as error:
            raise InvariantViolated("a sealed text does not open: it is not of this database") from error

    def link_token(self, payment_id: PaymentId) -> str:
        """The token of the payment's redirect link. Without the data key it cannot be told from random."""
        octets = read_identifier(PAYMENT, payment_id)
        if octets is None:
            raise InvariantViolated("a payment id was not made by us")
        cipher = self._link.encryptor()
        return write_identifier(LINK_TOKEN, cipher.update(octets) + cipher.finalize())

    def payment_of_link(self, token: str) -> PaymentId | None:
        """The payment id inside a token. A made-up token gives an id that does not exist."""
        octets = read_identifier(LINK_TOKEN, token)
        if octets is None:
            return None
        cipher = self._link.decryptor()
        return PaymentId(write_identifier(PAYMENT, cipher.update(octets) + cipher.finalize()))


def derive(key: bytes, use: str) -> bytes:
    """The key of one *use*. Whoever has it learns nothing of *key* or of the keys of other uses."""
    return hmac.digest(key, f"fils {use}".encode(), "sha256")
