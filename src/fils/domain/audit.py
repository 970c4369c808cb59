"""The record of what people did: who read what is kept sealed, who made or ended a key, who changed a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fils.domain.identifiers import AccountId, AuditEntryId


class AuditedAct(StrEnum):
    """What was done."""

    RAW_EVIDENCE_READ = "raw_evidence_read"
    """The raw messages about a payment were opened."""
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    CHANNEL_CREATED = "channel_created"
    CHANNEL_CHANGED = "channel_changed"
    KEY_CREATED = "key_created"
    KEY_ROTATED = "key_rotated"
    """Another key took its place, and it ends after a while."""
    KEY_REVOKED = "key_revoked"
    TERMINAL_ADDED = "terminal_added"
    TERMINAL_CHANGED = "terminal_changed"
    TERMINAL_ROTATED = "terminal_rotated"
    """It got new credentials."""
    TERMINAL_DISABLED = "terminal_disabled"
    TERMINAL_ENABLED = "terminal_enabled"
    MASTER_KEY_REPLACED = "master_key_replaced"
    """The data key of the whole installation was sealed under another master key."""

    @property
    def is_of_installation(self) -> bool:
        """Whether it is done to the whole installation, and not to one account."""
        return self is AuditedAct.MASTER_KEY_REPLACED


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act of a person, stored before it is done or together with it, and never changed."""

    id: AuditEntryId
    account_id: AccountId | None
    """Whose account it was done to; None for what is done to the whole installation."""
    subject_id: str
    """What it was done to: the id of a payment, an account, a channel, a key, a terminal, a data key."""
    act: AuditedAct
    by: str
    """Who did it."""
    why: str
    """What for, in their own words; empty where they need not say."""
    at: datetime
    """Aware UTC time."""
    what: str = ""
    """What exactly was done, for people; empty where the act says it all. Never a secret."""
