"""The keys that protect what is stored, each sealed under the master key of the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """A data key. When the master key is replaced, the same data key is sealed anew and nothing else changes."""

    id: str
    sealed: str
    sealed_under: str
    """The fingerprint of the master key that opens it, so that a person learns which file is wanted."""
    created_at: datetime
    version: int = 0
