"""``fils master-key`` put together: a new file, and replacing the key of a database while it is in use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fils.bootstrap.operations import perform
from fils.config import Settings
from fils.domain.errors import ConfigurationError, FilsError
from fils.identifiers_source import new_master_key
from fils.operations.messages import Answer, Refused
from fils.operations.messages.master_key import (
    ListDataKeys,
    ReplaceSeals,
    ResealedKey,
    SealedDataKeys,
)
from fils.vault import MasterKey, create_master_key, read_master_key


@dataclass(frozen=True, slots=True)
class Replaced:
    """Which master key the database had and which it has."""

    old: str
    """Its fingerprint."""
    new: str
    was_done_before: bool
    """Whether the new one was in place already."""


class NotReplaced(FilsError):
    """The running Fils refused, and nothing was changed; its text says why."""


def create(path: Path) -> str:
    """
    Make a master key in the new file *path*; returns its fingerprint.

    Raises:
        ConfigurationError: If there is something of that name, or it cannot be written.
    """
    return create_master_key(path, new_key=new_master_key).fingerprint


def fingerprint(path: Path) -> str:
    """
    The fingerprint of the master key in *path*.

    Raises:
        ConfigurationError: If there is none that can be used.
    """
    return read_master_key(path).fingerprint


def replace(settings: Settings, new_file: Path, *, by: str) -> Replaced:
    """
    Seal the data keys of the database under the master key in *new_file*, in one commit.

    Opening and sealing is done here, so that no key leaves this process; the Fils that runs only stores what is sealed,
    and records that *by* did it.

    Raises:
        ConfigurationError: If a key cannot be used or the database cannot be reached. Nothing was changed.
        NotReplaced: If the running Fils refused.
        Unanswered: If it ended before it answered: repeat the command to learn which key the database has.
    """
    old, new = read_master_key(settings.master_key_file), read_master_key(new_file)
    if old.fingerprint == new.fingerprint:
        raise ConfigurationError(
            f"{new_file} holds the master key {new.fingerprint} that is in use; make another one with "
            "`fils master-key create`"
        )
    stored = _sealed(perform(settings, ListDataKeys()))
    if all(key.sealed_under == new.fingerprint for key in stored.keys):
        return Replaced(old.fingerprint, new.fingerprint, was_done_before=True)
    resealed = tuple(_reseal(key, old, new) for key in stored.keys)
    _sealed(perform(settings, ReplaceSeals(resealed, by)))
    return Replaced(old.fingerprint, new.fingerprint, was_done_before=False)


def _reseal(key: ResealedKey, old: MasterKey, new: MasterKey) -> ResealedKey:
    octets = old.open(key.data_key_id, key.sealed)
    if octets is None:
        raise ConfigurationError(
            f"the master key is {old.fingerprint} and the database needs {key.sealed_under}: name that file in "
            "FILS_MASTER_KEY_FILE"
        )
    sealed = new.seal(key.data_key_id, octets)
    if new.open(key.data_key_id, sealed) != octets:
        raise ConfigurationError(f"the new master key {new.fingerprint} does not open what it sealed")
    return ResealedKey(
        data_key_id=key.data_key_id, version=key.version, sealed=sealed, sealed_under=new.fingerprint
    )


def _sealed(answer: Answer) -> SealedDataKeys:
    if isinstance(answer, Refused):
        raise NotReplaced(answer.text)
    if not isinstance(answer, SealedDataKeys) or not answer.keys:
        raise NotReplaced(
            "the Fils that runs here answered something else; use the command of its own version"
        )
    return answer
