"""The record of what people did that leaves no other trace: who read what is kept sealed, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fils.domain.identifiers import AccountId, AuditEntryId


class AuditedAct(StrEnum):
    """What was done."""

    RAW_EVIDENCE_READ = "raw_evidence_read"
    """The raw messages about a payment were opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act of a person, stored before it is done and never changed."""

    id: AuditEntryId
    account_id: AccountId
    subject_id: str
    """What it was done to: the id of a payment, a key, a terminal."""
    act: AuditedAct
    by: str
    """Who did it."""
    why: str
    """What for, in their own words."""
    at: datetime
    """Aware UTC time."""
