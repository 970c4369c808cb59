"""Accounts and what belongs to them: a merchant's channels and keys. Terminals' secrets are not here."""

from __future__ import annotations

from dataclasses import dataclass

from fils.domain.identifiers import AccountId, ProcessingChannelId, TerminalId

PREFIX_LENGTH = 8
"""The base url's prefix is so many characters of the account id after ``cli_`` (Checkout.com, API endpoints)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A merchant's account. Nothing of one account is visible to another."""

    id: AccountId
    name: str

    @property
    def prefix(self) -> str:
        """The account's part of its base url."""
        return self.id.partition("_")[2][:PREFIX_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingChannel:
    """A way of an account to take payments: it names the terminal that KNET knows the merchant by."""

    id: ProcessingChannelId
    account_id: AccountId
    terminal_id: TerminalId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """A secret API key of an account, by the keyed hash of the key. The key itself is stored nowhere."""

    key_hash: str
    account_id: AccountId
    name: str
