"""Replacing the master key. No key travels: the command opens and seals, the running Fils only stores."""

from __future__ import annotations

import msgspec


class ListDataKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="list_data_keys"):
    """How are the data keys sealed?"""


class ResealedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data key under another master key."""

    data_key_id: str
    version: int
    """Of the data key that was opened."""
    sealed: str
    sealed_under: str
    """The fingerprint of the new master key."""


class ReplaceSeals(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="replace_seals"):
    """Store every data key as it is sealed now, if all are still the ones that were opened."""

    keys: tuple[ResealedKey, ...]
    by: str


class SealedDataKeys(msgspec.Struct, frozen=True, tag="sealed_data_keys"):
    """The data keys as they are stored."""

    keys: tuple[ResealedKey, ...]


MasterKeyRequest = ListDataKeys | ReplaceSeals
"""Everything that can be asked about the master key."""

MasterKeyAnswer = SealedDataKeys
"""Everything that is answered to that."""
