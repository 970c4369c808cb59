"""
The fields of KNET's messages: name, length and characters of each, and how a list of them is read.

One rule per field serves both directions: what may not be written is not believed when it comes back either.
Which fields a message has is the business of ``messages`` and ``inquiry``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote_plus

from fils.domain.money import KWD, Money, MoneyTextInvalid
from fils.knet.wire.errors import MessageInvalid, MessageUnreadable

_DIGITS: Final = "0-9"
_ALPHANUMERIC: Final = "A-Za-z0-9"
_UDF: Final = "A-Za-z0-9 ._-"
# Printable ASCII without the four characters that mean something inside a message: & = + %
_UNRESERVED_VISIBLE: Final = "!-$'-*,-<>-~"
_UNRESERVED: Final = f" {_UNRESERVED_VISIBLE}"
_URL: Final = "A-Za-z0-9:/._~\\[\\]-"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: what it may hold."""

    name: str
    """The wire's spelling."""
    min_length: int
    max_length: int
    pattern: re.Pattern[str]
    """Matches a whole value of legal characters and length."""
    source: str
    """Where the rule comes from, and what the bank is known to send."""

    def fits(self, text: str) -> bool:
        """Tell whether *text* is a legal value."""
        return self.pattern.fullmatch(text) is not None

    def check_written(self, text: str) -> str:
        """
        Return *text* if it may be written.

        Raises:
            MessageInvalid: If not. The error names the field and never holds the value.
        """
        if self.pattern.fullmatch(text) is None:
            raise MessageInvalid(self.name, self._fault_of(text))
        return text

    def check_read(self, text: str) -> str:
        """
        Return *text* if it is believable.

        Raises:
            MessageUnreadable: If not.
        """
        if self.pattern.fullmatch(text) is None:
            raise MessageUnreadable
        return text

    def _fault_of(self, text: str) -> str:
        if len(text) < self.min_length:
            return "is empty"
        if len(text) > self.max_length:
            return f"is longer than {self.max_length} characters"
        return "holds a character that may not be written"


def define_field(name: str, lengths: tuple[int, int], characters: str, source: str) -> Field:
    """Make a Field from its shortest and longest length and the inside of a regular expression's brackets."""
    shortest, longest = lengths
    pattern = re.compile(f"[{characters}]{{{shortest},{longest}}}")
    return Field(name, shortest, longest, pattern, source)


def _define_url(name: str, source: str) -> Field:
    pattern = re.compile(rf"(?=.{{1,255}}\Z)https?://[A-Za-z0-9\[][{_URL}]*")
    return Field(name, 1, 255, pattern, source)


TRANPORTAL_ID: Final = define_field(
    "id", (1, 255), _ALPHANUMERIC, "K-064, payment request; six digits in practice"
)
PASSWORD: Final = define_field(
    "password",
    (1, 15),
    _UNRESERVED_VISIBLE,
    "K-064, payment request; secret; inserted raw, so & = + % would break it, and no blank survives XML",
)
ACTION: Final = define_field("action", (1, 1), _DIGITS, "K-064: 1 purchase, 2 refund, 8 inquiry")
LANGUAGE: Final = define_field(
    "langid", (1, 3), "A-Z", "K-064 says EN and AR; KNET's sample USA and AR; old clients ENG and ARA"
)
CURRENCY_CODE: Final = define_field("currencycode", (3, 3), _DIGITS, "K-064: 414, Kuwaiti dinar, only")
AMOUNT: Final = define_field(
    "amt", (1, 10), "0-9.", "K-064: three decimals and a point; KNET answers three even if fewer were sent"
)
RESPONSE_URL: Final = _define_url(
    "responseURL", "K-064: absolute, no query; sent raw, so nothing that needs encoding"
)
ERROR_URL: Final = _define_url(
    "errorURL", "K-064: absolute, no query; sent raw, so nothing that needs encoding"
)
TRACK_ID: Final = define_field(
    "trackid",
    (1, 19),
    _ALPHANUMERIC,
    "K-064: 40 characters at start without - = [ ] / ? . but an inquiry's transid holds 19",
)
UDFS: Final = tuple(
    define_field(
        f"udf{number}",
        (0, 255),
        _UDF,
        "K-064, hack characters, with the longer list in KNET's sample; echoed",
    )
    for number in range(1, 6)
)
UNDOCUMENTED_UDF_NAMES: Final = frozenset(f"udf{number}" for number in range(6, 11))
"""Not in K-064, but KNET's answers carry them and one client sends them. Read past, never written."""

PAYMENT_ID: Final = define_field("paymentid", (1, 20), _DIGITS, "K-064: 16 digits; the bank sends 18")
RESULT: Final = define_field("result", (1, 64), _UNRESERVED, "K-064; the bank sends NOT+CAPTURED for a space")
AUTH: Final = define_field(
    "auth", (0, 20), "A-Za-z0-9 ", "six characters of the issuer; 000000 on a decline, empty on cancel"
)
AVR: Final = define_field("avr", (0, 10), "A-Za-z0-9 ", "address check; the bank always sends N")
REFERENCE: Final = define_field("ref", (0, 20), _ALPHANUMERIC, "the bank sends 12 digits; empty on cancel")
TRAN_ID: Final = define_field("tranid", (0, 20), _ALPHANUMERIC, "the bank sends 15 digits; empty on cancel")
POST_DATE: Final = define_field("postdate", (0, 8), _ALPHANUMERIC, "the bank sends MMDD, its business date")
ECHOED_TRACK_ID: Final = define_field(
    "trackid", (1, 40), _UNRESERVED, "K-064: the request's, which may be longer and wilder than ours"
)
ECHOED_UDFS: Final = tuple(
    define_field(f"udf{number}", (0, 255), _UNRESERVED, "K-064: the request's, echoed")
    for number in range(1, 6)
)
AUTH_RESPONSE_CODE: Final = define_field(
    "authRespCode", (1, 4), _ALPHANUMERIC, "the bank sends two digits, none on cancel or host timeout"
)
AUTH_RESPONSE_CODE_NAMES: Final = ("authRespCode", "authResponseCode")
"""K-064's table and the bank use the first spelling, K-064's samples the second."""

SEARCH_VALUE: Final = define_field("transid", (1, 19), _ALPHANUMERIC, "K-064, inquiry: 19 characters")
SEARCH_KEY: Final = define_field("udf5", (0, 20), _ALPHANUMERIC, "K-064, inquiry: names what transid holds")
PIPE_RESULT: Final = define_field(
    "result", (1, 64), "A-Za-z ()_-", "words, some in brackets; no digit, so no error code"
)
PIPE_ERROR: Final = define_field("result", (1, 255), " -~", "the text of an error: a mark, a code, words")
PIPE_PAYMENT_ID: Final = define_field("payid", (0, 20), _DIGITS, "the bank's spelling here; empty tags occur")
PIPE_TRACK_ID: Final = define_field(
    "trackid", (0, 40), "!-~", "K-064: the request's, echoed; empty tags occur"
)


REQUEST_FIELDS: Final = {
    rule.name: rule
    for rule in (
        *(TRANPORTAL_ID, PASSWORD, ACTION, LANGUAGE, CURRENCY_CODE, AMOUNT),
        *(RESPONSE_URL, ERROR_URL, TRACK_ID, *UDFS),
    )
}
"""The fields of a payment request by name, in the order of KNET's sample."""

RESPONSE_FIELDS: Final = {
    rule.name: rule
    for rule in (
        *(PAYMENT_ID, RESULT, AUTH, AVR, REFERENCE, TRAN_ID, POST_DATE),
        *(ECHOED_TRACK_ID, *ECHOED_UDFS, AMOUNT, AUTH_RESPONSE_CODE),
    )
}
"""The fields of a payment response by name, in the order the bank sends them."""


class Language(StrEnum):
    """The language of KNET's card page, spelt as K-064 wants it sent."""

    ENGLISH = "EN"
    ARABIC = "AR"


_LANGUAGES: Final = {
    "EN": Language.ENGLISH,
    "USA": Language.ENGLISH,
    "ENG": Language.ENGLISH,
    "AR": Language.ARABIC,
    "ARA": Language.ARABIC,
}


def find_language(text: str) -> Language | None:
    """Read any spelling of a language that live clients send (``USA``, ``ENG``, ``ARA`` too), or None."""
    return _LANGUAGES.get(text)


def write_amount(amount: Money) -> str:
    """
    Write *amount* as ``amt``: ``Money(1_500, KWD)`` becomes ``1.500``.

    Raises:
        MessageInvalid: If it is not in Kuwaiti dinars or above 999999.999, which is all that fits the field.
    """
    if amount.currency != KWD:
        raise MessageInvalid(AMOUNT.name, "is not in Kuwaiti dinars")
    return AMOUNT.check_written(amount.to_text())


def read_amount(text: str) -> Money:
    """
    Read an ``amt`` as the bank writes it, with all three decimals.

    Raises:
        MessageUnreadable: If it is written in any other way.
    """
    try:
        return Money.from_text(AMOUNT.check_read(text), KWD)
    except MoneyTextInvalid:
        raise MessageUnreadable from None


def read_loose_amount(text: str) -> Money:
    """
    Read an ``amt`` with none to three decimals, as the bank accepts it from clients: ``1.5`` is 1.500 KWD.

    Raises:
        MessageUnreadable: If it has more decimals, no digit before the point, or any other character.
    """
    major, _, minor = text.partition(".")
    if text.endswith("."):
        raise MessageUnreadable
    return read_amount(f"{major}.{minor.ljust(KWD.exponent, '0')}")


def parse_form(plaintext: str) -> dict[str, str]:
    """
    Read an ``&``-joined list of ``name=value`` in any order into a dictionary, blank values kept.

    It is as tolerant as the bank: one ``&`` may end the list, values may be raw or form-encoded (``+`` is a
    space), and whether names are known or missing is for the caller to judge.

    Raises:
        MessageUnreadable: If a name comes twice, a piece has no ``=``, or an encoded value is not UTF-8.
    """
    form: dict[str, str] = {}
    if not plaintext:
        return form
    for piece in plaintext.removesuffix("&").split("&"):
        name, equals, value = piece.partition("=")
        if not equals or name in form:
            raise MessageUnreadable
        form[name] = _form_decode(value) if "%" in value or "+" in value else value
    return form


def _form_decode(value: str) -> str:
    try:
        return unquote_plus(value, errors="strict")
    except UnicodeDecodeError:
        raise MessageUnreadable from None
