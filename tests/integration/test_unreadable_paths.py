"""Files that cannot be looked at: another user's closed folder, a name that is too long. Each is told in a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fils.bootstrap.keeping import back_up, restore, verify_database
from fils.bootstrap.operations import perform
from fils.config import Settings, read_settings
from fils.domain.errors import ConfigurationError
from fils.operations.messages.payments import ListAttention
from fils.vault import find_or_make_master_key
from tests.support.new_database import make_database

LONG = "x" * 300
"""No file can have that name, and unlike a closed folder it stops root as well."""


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    (tmp_path / "master.key").write_text("ab" * 32)
    (tmp_path / "master.key").chmod(0o600)
    chosen = read_settings({}, database=str(tmp_path / "fils.db"))
    await make_database(chosen)
    return chosen


def test_a_master_key_that_cannot_be_looked_at_is_told(settings: Settings, tmp_path: Path) -> None:
    backup = tmp_path / "one.backup"
    back_up(settings, backup)
    keyless = replace(settings, master_key_file=tmp_path / LONG)
    elsewhere = replace(keyless, database=str(tmp_path / "new.db"))
    for work in (
        lambda: perform(keyless, ListAttention(limit=1)),
        lambda: verify_database(keyless),
        lambda: restore(elsewhere, backup),
        lambda: find_or_make_master_key(tmp_path / LONG, new_key=lambda: bytes(32)),
    ):
        with pytest.raises(ConfigurationError, match=r"the master key .* cannot be read: File name too long"):
            work()


def test_a_database_that_cannot_be_looked_at_is_told(settings: Settings, tmp_path: Path) -> None:
    there = replace(settings, database=str(tmp_path / LONG))
    with pytest.raises(ConfigurationError, match="x cannot be opened: File name too long"):
        perform(there, ListAttention(limit=1))
