"""Accounts and what belongs to them: a merchant's channels and keys. Terminals are in ``terminal``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fils.domain.account_prefix import account_prefix
from fils.domain.identifiers import AccountId, ProcessingChannelId, SecretKeyId, TerminalId
from fils.domain.person import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A merchant's account. Nothing of one account is visible to another."""

    id: AccountId
    name: str
    created_at: datetime
    default_success_url: str | None = None
    """Where the browser goes after success if a setup names no url."""
    default_failure_url: str | None = None
    last_digit_zero: bool = False
    """Whether KWD amounts must end in 0, as Checkout.com's page about amounts says and its KNET page does not."""
    version: int = 0

    @property
    def prefix(self) -> str:
        """The account's part of its base url. No two accounts share it."""
        return account_prefix(self.id)

    @property
    def folded_name(self) -> str:
        """The name as it is compared. No two accounts share it."""
        return folded(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingChannel:
    """A way of an account to take payments: it names the terminal that KNET knows the merchant by."""

    id: ProcessingChannelId
    account_id: AccountId
    terminal_id: TerminalId
    name: str
    created_at: datetime
    version: int = 0

    @property
    def folded_name(self) -> str:
        """The name as it is compared. No two channels of an account share it."""
        return folded(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """A secret API key of an account, by the keyed hash of the key. The key itself is stored nowhere."""

    id: SecretKeyId
    key_hash: str
    account_id: AccountId
    name: str
    created_at: datetime
    processing_channel_id: ProcessingChannelId | None = None
    """The one channel the key is bound to: requests need not name it and may name no other."""
    ends_at: datetime | None = None
    """From when on the key opens nothing: it was revoked, or another took its place. None while it is good."""
    of_sandbox: bool = False
    """Whether it is the key that a sandbox makes at its start, and that its demo shop uses."""
    version: int = 0

    def is_good(self, *, now: datetime) -> bool:
        """Whether the key opens its account at *now*."""
        return self.ends_at is None or now < self.ends_at

    def ending(self, at: datetime) -> SecretKey:
        """The key as it ends at *at*. An end is only ever brought forward."""
        return replace(self, ends_at=at if self.ends_at is None else min(self.ends_at, at))
