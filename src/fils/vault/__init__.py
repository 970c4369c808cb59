"""
Everything that needs a secret key: what protects the stored data, and the master key that protects that.

The master key, in a file of its own, seals nothing but the data key; the data key, in the database, does all the
rest. So the master key can be replaced without touching what was hashed or sealed.
"""

from __future__ import annotations

from fils.vault.keyed import DataKeyVault
from fils.vault.master_key import MasterKey
from fils.vault.master_key_file import (
    create_master_key,
    find_or_make_master_key,
    is_missing,
    read_master_key,
)
from fils.vault.opening import open_vault, stored_vault

__all__ = [
    "DataKeyVault",
    "MasterKey",
    "create_master_key",
    "find_or_make_master_key",
    "is_missing",
    "open_vault",
    "read_master_key",
    "stored_vault",
]
