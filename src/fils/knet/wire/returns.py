"""
What travels around an encrypted answer: notification bodies, our acknowledgement, and the error return in clear.

Nothing here is decrypted. An error return is not even that: anybody may send one, so it is only a hint to inquire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from enum import Enum
from typing import Final

from fils.knet.wire.cipher import MAX_TRANDATA_LENGTH
from fils.knet.wire.error_codes import find_error_code
from fils.knet.wire.errors import MessageInvalid, MessageUnreadable
from fils.knet.wire.fields import parse_form

_MAX_BODY_LENGTH: Final = MAX_TRANDATA_LENGTH + 1_024
_MAX_ERROR_FIELD_LENGTH: Final = 255
_BARE_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_BROWSER_NAMES: Final = frozenset(("paymentid", "trackid", "trandata"))
_ACKNOWLEDGEMENT: Final = "REDIRECT="
_REDIRECT_URL: Final = re.compile(r"(?=.{1,2048}\Z)https?://[!-~]+")


class NotificationMode(Enum):
    """How KNET tells a terminal's merchant how an order ended; the values are KNET's letters."""

    SERVER_TO_SERVER = "N"
    """Merchant notification: KNET's server posts, wants ``REDIRECT=`` back and reverses if it does not get it."""
    BROWSER = "L"
    """The older one: the customer's browser posts a form. There is no acknowledgement and no automatic reversal."""


class NotificationShape(Enum):
    """How a notification came; the shape picks the answer it wants (K-064 section 5, KNET's sample pages)."""

    BARE_HEX = "bare hex"
    """Server to server, the body is the hexadecimal text alone, whatever its content type says."""
    FORM = "form"
    """Server to server, ``trandata=`` and nothing else."""
    BROWSER_FORM = "browser form"
    """The customer's browser, ``paymentid``, ``trackid``, ``trandata``: the older mode, not acknowledged."""


def read_error_form(body: bytes) -> ErrorReturn | None:
    """
    Read what a browser posts to the responseURL of a terminal in mode L when KNET could not go on, in clear.

    Returns:
        The error, or None if *body* is no such form: a notification, or nothing that is known.

    Raises:
        MessageUnreadable: If it is one, and a known field is longer than 255 characters or not printable.
    """
    if len(body) > _MAX_BODY_LENGTH or b"Error" not in body:
        return None
    form = parse_form(body.decode("ascii", "replace").strip())
    is_error = "trandata" not in form and ("Error" in form or "ErrorText" in form)
    return read_error_return(form) if is_error else None


def read_notification_body(body: bytes) -> tuple[NotificationShape, str]:
    """
    Tell how a notification came and return its ``trandata``, still encrypted.

    Raises:
        MessageUnreadable: If *body* is none of the known shapes or too long.
    """
    if len(body) > _MAX_BODY_LENGTH or not body.isascii():
        raise MessageUnreadable
    text = body.decode("ascii").strip()
    if _BARE_HEX.fullmatch(text):
        return NotificationShape.BARE_HEX, text
    form = parse_form(text)
    if "trandata" not in form or not form.keys() <= _BROWSER_NAMES:
        raise MessageUnreadable
    shape = NotificationShape.FORM if len(form) == 1 else NotificationShape.BROWSER_FORM
    return shape, form["trandata"]


def redirect_answer(url: str) -> bytes:
    """
    Write the acknowledgement of a notification: ``REDIRECT=<url>`` and nothing after it (K-064 section 5).

    Raises:
        MessageInvalid: If *url* is not an absolute http or https address of visible ASCII, at most 2048 long.
    """
    if not _REDIRECT_URL.fullmatch(url):
        raise MessageInvalid("REDIRECT", "is not an absolute http or https address in visible ASCII")
    return f"{_ACKNOWLEDGEMENT}{url}".encode("ascii")


def read_redirect_answer(body: bytes) -> str:
    """
    Read an acknowledgement as the bank does; blanks around the one line are forgiven, nothing else is.

    Raises:
        MessageUnreadable: If it is not that line: the bank then reverses the payment.
    """
    if not body.isascii():
        raise MessageUnreadable
    text = body.decode("ascii").strip()
    url = text.removeprefix(_ACKNOWLEDGEMENT)
    if url == text or not _REDIRECT_URL.fullmatch(url):
        raise MessageUnreadable
    return url


@dataclass(frozen=True, slots=True)
class ErrorReturn:
    """
    What the browser carries to the error url when KNET could not go on (K-064, error handling), in clear.

    Every field is KNET's text as it came, empty when it was missing.

    Attributes:
        error: A code, bare or with words around it.
        error_text: A code with words, in several shapes.
        amount_text: The amount as it came; not money, because nobody vouches for it.
    """

    error: str = ""
    error_text: str = ""
    track_id: str = ""
    payment_id: str = ""
    result: str = ""
    amount_text: str = ""
    post_date: str = ""
    tran_id: str = ""
    auth: str = ""
    avr: str = ""
    ref: str = ""
    response_code: str = ""
    udf1: str = ""
    udf2: str = ""
    udf3: str = ""
    udf4: str = ""
    udf5: str = ""

    @property
    def code(self) -> str | None:
        """The first KNET error code in the error, its text or the result, such as ``IPAY0100048``, or None."""
        return find_error_code(f"{self.error} {self.error_text} {self.result}")


_ERROR_NAMES: Final = (
    *(
        "Error",
        "ErrorText",
        "trackid",
        "paymentid",
        "result",
        "amt",
        "postdate",
        "tranid",
        "auth",
        "avr",
        "ref",
    ),
    *("rspcode", "udf1", "udf2", "udf3", "udf4", "udf5"),
)
"""The wire's names (capital E's matter), in the order of ErrorReturn's fields."""


def write_error_return(message: ErrorReturn) -> dict[str, str]:
    """
    Write *message* as form fields for the query or body of the error url; encoding them is the caller's.

    Raises:
        MessageInvalid: If a value is longer than 255 characters or not printable.
    """
    form = dict(zip(_ERROR_NAMES, astuple(message), strict=True))
    for name, value in form.items():
        if not _is_error_field(value):
            raise MessageInvalid(name, "is longer than 255 characters or not printable")
    return form


def read_error_return(form: Mapping[str, str]) -> ErrorReturn:
    """
    Read the form fields of an error return, unknown ones ignored, missing ones empty.

    Raises:
        MessageUnreadable: If a known field is longer than 255 characters or not printable.
    """
    values = [form.get(name, "") for name in _ERROR_NAMES]
    if not all(_is_error_field(value) for value in values):
        raise MessageUnreadable
    return ErrorReturn(*values)


def _is_error_field(value: str) -> bool:
    return len(value) <= _MAX_ERROR_FIELD_LENGTH and value.isprintable()
