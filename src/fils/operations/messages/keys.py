"""What can be asked about secret API keys. A new key is made by the command; no answer ever holds one."""

from __future__ import annotations

from datetime import datetime

import msgspec

from fils.operations.messages.secretive import Secretive


class CreateKey(Secretive, frozen=True, tag="create_key"):
    """Let this key open an account."""

    name: str
    secret_key: str
    by: str
    account: str | None = None
    channel: str | None = None


class RotateKey(Secretive, frozen=True, tag="rotate_key"):
    """Put this key in the place of another one, which goes on for a while."""

    key: str
    """Names the key that ends."""
    secret_key: str
    overlap_s: int
    by: str
    also_of_sandbox: bool = False


class RevokeKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="revoke_key"):
    """End a key now."""

    key: str
    by: str
    also_of_sandbox: bool = False


class PreviewRevocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="preview_revocation"):
    """Which key would end, before a person is asked."""

    key: str
    also_of_sandbox: bool = False


class ListKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="list_keys"):
    """The keys of an account, or of all."""

    account: str | None = None


KeyRequest = CreateKey | RotateKey | PreviewRevocation | RevokeKey | ListKeys


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A key as an operator sees it. Nothing of the key itself is stored, so nothing of it can be shown."""

    id: str
    account_id: str
    account_name: str
    account_prefix: str
    name: str
    channel_id: str | None
    """None if it is good for every channel of the account."""
    created_at: datetime
    ends_at: datetime | None
    is_good: bool
    of_sandbox: bool


class KeyList(msgspec.Struct, frozen=True, tag="key_list"):
    """Keys, account by account."""

    keys: tuple[KeyEntry, ...]


class KeyPreview(msgspec.Struct, frozen=True, tag="key_preview"):
    """A key that can be ended, as it is now."""

    key: KeyEntry


class KeyChanged(msgspec.Struct, frozen=True, tag="key_changed"):
    """A key that was made or ended, and the one that it took the place of."""

    key: KeyEntry
    instead_of: KeyEntry | None = None


KeyAnswer = KeyList | KeyPreview | KeyChanged
