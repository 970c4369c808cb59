"""
Reading the requests that browsers bring: the address a customer comes back with, and where a form came from.

Anybody can type an address, so it is checked strictly and does no more than name a payment to ask about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import QueryParams

_PAYMENT_ID: Final = re.compile(r"pay_[a-z2-7]{26}")
_SESSION_ID: Final = re.compile(r"sid_[a-z2-7]{26}")
_LOOKS: Final = re.compile(r"[0-9]{1,2}")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class ReturnUnreadable(ValueError):
    """An address names no payment, two, or something that is no payment's id."""


@dataclass(frozen=True, slots=True)
class CustomerReturn:
    """What a customer's return address says: which payment to ask the API about."""

    payment_id: str
    """``pay_`` and 26 characters, or empty."""
    session_id: str
    """``sid_`` and 26 characters, or empty."""
    look_count: int
    """How many times this page has already looked by itself; 0 to 99."""

    @property
    def to_ask(self) -> str:
        """The id to ask with: the payment's when it is known, because a session's ends after some minutes."""
        return self.payment_id or self.session_id

    def to_query(self, *, language: str, look_count: int = 0) -> str:
        """Write the same return as a query, for a link in *language* or for the next look."""
        fields = {
            "lang": language,
            "cko-session-id": self.session_id,
            "cko-payment-id": self.payment_id,
            "looks": str(look_count) if look_count else "",
        }
        return urlencode({name: value for name, value in fields.items() if value})


def read_return(query: QueryParams) -> CustomerReturn:
    """
    Read the address a customer came back with.

    Raises:
        ReturnUnreadable: If it names no payment, or an id is doubled or has another shape.
    """
    payment_id = _read_id(query, "cko-payment-id", _PAYMENT_ID)
    session_id = _read_id(query, "cko-session-id", _SESSION_ID)
    if not payment_id and not session_id:
        raise ReturnUnreadable("no payment is named")
    looks = query.get("looks", "")
    return CustomerReturn(payment_id, session_id, int(looks) if _LOOKS.fullmatch(looks) else 0)


def _read_id(query: QueryParams, name: str, shape: re.Pattern[str]) -> str:
    values = query.getlist(name)
    if not values:
        return ""
    if len(values) > 1 or not shape.fullmatch(values[0]):
        raise ReturnUnreadable(f"{name} is not one id of the expected shape")
    return values[0]


def is_same_site_form(headers: Mapping[str, str], *, own_url: str) -> bool:
    """
    Tell whether a form was sent by a page of our own origin.

    ``Sec-Fetch-Site`` decides where the browser sends it (to https and to loopback), else ``Origin``. A request
    with neither is refused: every browser sends one of them with a form.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin", "")
    return _read_origin(origin) is not None and _read_origin(origin) == _read_origin(own_url)


def _read_origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None:
        return None
    return parts.scheme, parts.hostname, port
