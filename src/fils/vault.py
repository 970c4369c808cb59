"""
Everything that needs the master key: keyed hashes, sealed texts, and the tokens of redirect links.

One master key is stretched into a key for each use, so that no two uses can be played against each other. What is
only compared is stored as a keyed hash; what must be read again is sealed. A stolen database alone opens nothing.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from fils.domain.errors import ConfigurationError, InvariantViolated
from fils.domain.identifiers import LINK_TOKEN, PAYMENT, PaymentId, read_identifier, write_identifier

MASTER_KEY_OCTETS: Final = 32


class MasterKeyVault:
    """The use cases' ``Vault`` under one master key."""

    def __init__(self, master_key: bytes) -> None:
        """
        Derive the keys of every use.

        Args:
            master_key: 32 secret random bytes. Losing them makes sealed texts and open links unreadable.
        """
        if len(master_key) != MASTER_KEY_OCTETS:
            raise ValueError("a master key has 32 bytes")
        # Copied for each hash: setting up the key anew would take longer than the hash itself.
        self._keyed = hmac.new(_derive(master_key, "hash"), digestmod="sha256")
        # AES-SIV needs no nonce, so there is none to repeat; equal texts give equal seals, which tells nothing here.
        self._siv = AESSIV(_derive(master_key, "seal 1") + _derive(master_key, "seal 2"))
        # A link token is one AES block: the payment's own 16 bytes, enciphered. One block has no mode to misuse.
        self._link = Cipher(AES(_derive(master_key, "link")), ECB())  # noqa: S305

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
            InvariantViolated: If it was made for another purpose or under another master key.
        """
        try:
            return self._siv.decrypt(urlsafe_b64decode(sealed), [purpose.encode()]).decode()
        except (InvalidTag, ValueError) as error:
            raise InvariantViolated("a sealed text does not open: was the master key replaced?") from error

    def link_token(self, payment_id: PaymentId) -> str:
        """The token of the payment's redirect link. Without the master key it cannot be told from random."""
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


def read_master_key(path: Path, *, new_key: Callable[[], bytes]) -> bytes:
    """
    Read the master key from its file, which is made, readable by its owner only, when it does not exist.

    Args:
        path: The file; its folder must exist.
        new_key: Makes the 32 random bytes of a new key.

    Raises:
        ConfigurationError: If the file cannot be read or written, or does not hold a master key.
    """
    try:
        _write_once(path, new_key)
        text = path.read_text("ascii").strip()
        key = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the master key {path} cannot be used: {error}") from error
    if len(key) != MASTER_KEY_OCTETS:
        raise ConfigurationError(f"the master key {path} is not {MASTER_KEY_OCTETS} bytes in hexadecimal")
    return key


def _write_once(path: Path, new_key: Callable[[], bytes]) -> None:
    """Make the file whole or not at all, and never over one that is there."""
    if path.exists():
        return
    # A new file under a name that nobody can foresee, so that no link of another user waits in its place.
    descriptor, draft = mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key().hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        Path(draft).unlink()


def _derive(master_key: bytes, use: str) -> bytes:
    return hmac.digest(master_key, f"fils {use}".encode(), "sha256")
