"""
Identifiers: their prefixes and their form. Where their random bytes come from is the business of ``IdSource``.

A public identifier is a prefix, an underscore, and the lower-case unpadded base32 (RFC 4648) of 16 bytes: 26
characters from ``a-z2-7``. The bytes are those of a version 4 UUID in little-endian order, as in the identifiers
that Checkout.com prints in its documentation; a reader checks only the prefix and the length.
"""

from __future__ import annotations

import re
from base64 import b32decode
from typing import Final, NewType

AccountId = NewType("AccountId", str)
ProcessingChannelId = NewType("ProcessingChannelId", str)
TerminalId = NewType("TerminalId", str)
PaymentSetupId = NewType("PaymentSetupId", str)
PaymentId = NewType("PaymentId", str)
PaymentAttemptId = NewType("PaymentAttemptId", str)
ActionId = NewType("ActionId", str)
CustomerId = NewType("CustomerId", str)
SessionId = NewType("SessionId", str)
EventId = NewType("EventId", str)
EvidenceId = NewType("EvidenceId", str)
AuditEntryId = NewType("AuditEntryId", str)
SecretKeyId = NewType("SecretKeyId", str)

ACCOUNT: Final = "cli"
PROCESSING_CHANNEL: Final = "pc"
TERMINAL: Final = "trm"
PAYMENT_SETUP: Final = "set"
PAYMENT: Final = "pay"
PAYMENT_ATTEMPT: Final = "att"
ACTION: Final = "act"
CUSTOMER: Final = "cus"
SESSION: Final = "sid"
EVENT: Final = "evt"
EVIDENCE: Final = "evd"
AUDIT_ENTRY: Final = "aud"
SECRET_KEY: Final = "key"
DATA_KEY: Final = "dek"
LINK_TOKEN: Final = "tok"

TRACK_ID_LENGTH: Final = 19
"""The longest track id that KNET also takes as the key of an inquiry (``transid`` of K-064)."""

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_SHIFTS: Final = range(120, -1, -10)
"""Two characters at a time, because every request writes identifiers and ``base64`` takes twice as long."""

_BODY: Final = re.compile(r"[A-Za-z0-9_]{26}")


def write_identifier(prefix: str, octets: bytes) -> str:
    """Write 16 bytes as an identifier: ``pay_4gubyq2w335upc54dx7a4257lq``."""
    if len(octets) != 16:
        raise ValueError("an identifier has 16 bytes")
    bits = int.from_bytes(octets, "big") << 2  # 130, which is 26 characters of 5 bits
    return f"{prefix}_{''.join([_PAIRS[bits >> shift & 0x3FF] for shift in _SHIFTS])}"


def read_identifier(prefix: str, text: str) -> bytes | None:
    """The 16 bytes of an identifier that Fils wrote, or None if *text* is not one."""
    head, _, body = text.partition("_")
    if head != prefix or not _BODY.fullmatch(body):
        return None
    try:
        octets = b32decode(body.upper() + "======")
    except ValueError:
        return None
    return octets if write_identifier(prefix, octets) == text else None


def is_identifier(prefix: str, text: str) -> bool:
    """Whether *text* has the prefix and 26 word characters, which is all that the API promises of an identifier."""
    head, _, body = text.partition("_")
    return head == prefix and _BODY.fullmatch(body) is not None
