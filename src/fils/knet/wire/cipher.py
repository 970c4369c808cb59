"""
The terminal's cipher: AES-128 in CBC mode, PKCS#7 padding, hexadecimal text.

KNET takes the sixteen characters of the terminal resource key as key and as initialisation vector, and adds no
signature (KNET Merchant Integration Manual K-064 and KNET's PHP sample). So a message that decrypts proves
nothing about who wrote it. What a plaintext means is not known here.
"""

from __future__ import annotations

import re
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from fils.knet.wire.errors import MessageInvalid, MessageUnreadable

MAX_TRANDATA_LENGTH: Final = 32_768
"""Most hexadecimal digits read from a peer: far above any message of the manual, far below a burden."""

_BLOCK: Final = 16
_KEY: Final = re.compile(r"[!-~]{16}")


class TerminalKey:
    """
    A terminal resource key, ready to use. Neither ``repr`` nor an error ever shows it.

    Args:
        text: The sixteen visible ASCII characters the bank gave; they are the key's bytes, not hexadecimal.

    Raises:
        ValueError: If *text* is anything else; a copied key with a blank or a line end is a known trap.
    """

    __slots__ = ("cipher",)

    def __init__(self, text: str) -> None:
        if not _KEY.fullmatch(text):
            raise ValueError("a terminal resource key is exactly 16 visible ASCII characters")
        key = text.encode("ascii")
        self.cipher: Final = Cipher(AES(key), CBC(key))
        """The cipher with key and vector in place; it holds no state between messages."""

    def __repr__(self) -> str:
        return "TerminalKey(hidden)"


def encrypt(plaintext: str, key: TerminalKey) -> str:
    """
    Encrypt *plaintext* to lower-case hexadecimal, as merchants send it. KNET's own answers are upper-case.

    Raises:
        MessageInvalid: If *plaintext* is not ASCII.
    """
    if not plaintext.isascii():
        raise MessageInvalid("trandata", "holds a character outside ASCII")
    padding = _BLOCK - len(plaintext) % _BLOCK
    padded = plaintext.encode("ascii") + bytes((padding,)) * padding
    encryptor = key.cipher.encryptor()
    return (encryptor.update(padded) + encryptor.finalize()).hex()


def decrypt(trandata: str, key: TerminalKey) -> str:
    """
    Decrypt hexadecimal *trandata*, upper or lower case, to ASCII text.

    Raises:
        MessageUnreadable: If it is not whole blocks of hexadecimal digits, a padding byte is wrong, or the text
            is not ASCII. Which of them it was is not told, nor does the work differ by it.
    """
    if len(trandata) > MAX_TRANDATA_LENGTH:
        raise MessageUnreadable
    try:
        ciphertext = bytes.fromhex(trandata)
    except ValueError:
        raise MessageUnreadable from None
    # ``fromhex`` skips blanks; the length shows whether there were any.
    if not ciphertext or len(ciphertext) % _BLOCK or len(ciphertext) * 2 != len(trandata):
        raise MessageUnreadable
    decryptor = key.cipher.decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    padding, faults = _measure_padding(padded)
    text = padded[: len(padded) - padding]
    # The characters are looked at whether or not the padding was right, so that both refusals take the same way.
    faults |= not text.isascii()
    if faults:
        raise MessageUnreadable
    return text.decode("ascii")


def _measure_padding(padded: bytes) -> tuple[int, int]:
    """Return the padding's length, 1 to 16, and a number that is zero only if every padding byte is right."""
    last = padded[-_BLOCK:]
    told = last[-1]
    length = min(max(told, 1), _BLOCK)
    faults = told ^ length
    for position, byte in enumerate(last):
        faults |= (byte ^ told) * (position >= _BLOCK - length)
    return length, faults
