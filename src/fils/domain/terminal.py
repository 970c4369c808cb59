"""A merchant's terminal at KNET, as it is stored: its secrets are sealed, and only ``fils.knet`` ever opens them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fils.domain.errors import CommandRefused
from fils.domain.identifiers import AccountId, TerminalId
from fils.domain.payment_attempt import NotificationMode
from fils.domain.person import folded

USABLE_AFTER: Final = timedelta(seconds=15)
"""How long after they were stored new attempts begin to use further credentials. Every node knows them by then."""

BANKS: Final[Mapping[str, str]] = {
    "test": "https://kpaytest.com.kw/kpg",
    "production": "https://kpay.com.kw/kpg",
}
"""KNET's two systems, by the words that people use for them (K-064)."""

MODES: Final[Mapping[str, NotificationMode]] = {
    "N": NotificationMode.SERVER,
    "L": NotificationMode.BROWSER,
}
"""The bank's letters for its two ways to tell how a payment ended."""

_BANK_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*",
    re.ASCII,
)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_TRANPORTAL_ID: Final = re.compile(r"[A-Za-z0-9]{1,255}")
_PASSWORD: Final = re.compile(r"[!-~]{1,15}")
"""At most 15 characters (K-064, payment start)."""
_RESOURCE_KEY: Final = re.compile(r"[!-~]{16}")
"""The key of AES-128, and the initialisation vector: exactly 16 octets (K-064, encryption)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCredentials:
    """One version of a terminal's credentials. An old one is kept: attempts that were started with it name it."""

    version: int
    """Counts from 1."""
    tranportal_id: str
    sealed_password: str
    sealed_key: str
    """The terminal resource key; it is also the initialisation vector, so nothing of it is ever shown."""
    usable_from: datetime
    """
    When new attempts begin to use it: the first at once, another one when every node has read it. Aware UTC time by
    the database's clock where nodes share one, not by that of whoever ran the command.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A terminal of an account."""

    id: TerminalId
    account_id: AccountId
    name: str
    mode: NotificationMode
    """How the bank has the terminal set to tell how an attempt ended."""
    browser_url: str
    """Before KNET's paths, for browsers: ``https://kpaytest.com.kw/kpg``."""
    server_url: str
    """The same for our own server."""
    credentials: tuple[SealedCredentials, ...]
    """Oldest first; never empty."""
    created_at: datetime
    disabled_at: datetime | None = None
    """Since when it starts nothing new. What it started before is followed to its end all the same."""
    version: int = 0

    @property
    def newest(self) -> SealedCredentials:
        """The credentials that were stored last."""
        return self.credentials[-1]

    @property
    def folded_name(self) -> str:
        """The name as it is compared. No two terminals share it."""
        return folded(self.name)

    @property
    def bank_terminal(self) -> str | None:
        """
        What the bank knows it by: its address and Tranportal id. No two terminals share it.

        None while it is switched off: a database from before this was seen to may hold the same one twice.
        """
        if self.disabled_at or not self.credentials:
            return None
        return f"{self.server_url} {self.newest.tranportal_id}"

    def with_credentials(self, credentials: SealedCredentials) -> Terminal:
        """The terminal with a further version of its credentials."""
        return replace(self, credentials=(*self.credentials, credentials))


def bank_url(text: str) -> str:
    """
    The address of a bank: one of KNET's two systems by its word, or another one before KNET's own paths.

    Raises:
        CommandRefused: If it is neither, or would carry passwords over a network in clear.
    """
    url = BANKS.get(text, text.removesuffix("/"))
    match = _BANK_URL.fullmatch(url)
    if match is None:
        raise CommandRefused(
            "bank_url_invalid",
            "the bank is not known: write test, production, or an address such as https://kpaytest.com.kw/kpg",
        )
    if match["scheme"] == "http" and match["host"] not in _LOOPBACK:
        raise CommandRefused(
            "bank_url_invalid", "the bank's address must begin with https:// unless it is this machine's own"
        )
    return url


def bank_word(url: str) -> str | None:
    """The word for the bank at *url*, or None if it is neither of KNET's systems."""
    return next((word for word, known in BANKS.items() if known == url), None)


def mode_letter(mode: NotificationMode) -> str:
    """What the bank calls *mode*."""
    return next(letter for letter, known in MODES.items() if known is mode)


def check_tranportal_id(text: str) -> None:
    """Raise CommandRefused unless *text* can be a Tranportal id."""
    if not _TRANPORTAL_ID.fullmatch(text):
        raise CommandRefused(
            "tranportal_id_invalid",
            "the Tranportal id is not one: write its letters and digits, without blanks",
        )


def check_password(text: str) -> None:
    """Raise CommandRefused, without repeating it, unless *text* can be a Tranportal password."""
    if not _PASSWORD.fullmatch(text):
        raise CommandRefused(
            "terminal_password_invalid",
            "the Tranportal password is not one: the bank's has 1 to 15 visible ASCII characters, without blanks",
        )


def check_resource_key(text: str) -> None:
    """Raise CommandRefused, without repeating it, unless *text* can be a terminal resource key."""
    if not _RESOURCE_KEY.fullmatch(text):
        raise CommandRefused(
            "terminal_key_invalid",
            "the terminal resource key is not one: the bank's has exactly 16 visible ASCII characters "
            f"and this has {len(text)} characters; look for one that is missing or a blank too much",
        )


def check_secrets(*, password: str, key: str) -> None:
    """
    See that the bank can have given these; no word of a refusal repeats any of them.

    Raises:
        CommandRefused: If *password* has not 1 to 15, or *key* not exactly 16 visible ASCII characters.
    """
    check_password(password)
    check_resource_key(key)
