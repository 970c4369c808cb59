"""The file of the master key: made once, for its owner alone, and read strictly."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fils.domain.errors import ConfigurationError
from fils.vault import create_master_key, find_or_make_master_key, read_master_key

KEY = bytes(range(32))


def other_key() -> bytes:
    return bytes(32)


def private_file(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_missing_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    assert find_or_make_master_key(path, new_key=lambda: KEY).octets == KEY
    assert find_or_make_master_key(path, new_key=other_key).octets == KEY
    assert read_master_key(path).octets == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["master.key"]


def test_a_key_that_another_process_makes_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "master.key"

    def late() -> bytes:
        private_file(path, other_key().hex())
        return KEY

    assert find_or_make_master_key(path, new_key=late).octets == other_key()
    assert [item.name for item in tmp_path.iterdir()] == ["master.key"]


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "new.key"
    assert create_master_key(path, new_key=lambda: KEY).octets == KEY
    with pytest.raises(ConfigurationError, match=r"something at .*new\.key already"):
        create_master_key(path, new_key=other_key)
    (tmp_path / "link.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="already"):
        create_master_key(tmp_path / "link.key", new_key=other_key)
    assert read_master_key(path).octets == KEY
    assert sorted(item.name for item in tmp_path.iterdir()) == ["link.key", "new.key"]


@pytest.mark.parametrize("content", ["", "00", "xyz", "00" * 31, "00" * 33, "\u00e4"], ids=ascii)
def test_a_file_without_a_master_key_is_refused_and_not_repeated(tmp_path: Path, content: str) -> None:
    path = private_file(tmp_path / "master.key", content)
    refusal = r"master\.key cannot be used: it is not 64 hexadecimal digits"
    with pytest.raises(ConfigurationError, match=refusal) as caught:
        find_or_make_master_key(path, new_key=lambda: KEY)
    assert path.read_text() == content
    assert caught.value.__cause__ is None
    assert len(content) < 2 or f" {content}" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o602, 0o644, 0o666])
def test_a_key_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    path = private_file(tmp_path / "master.key", KEY.hex())
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=rf"open to other users \(mode {mode:04o}\); .*chmod 600"):
        read_master_key(path)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o640])
def test_a_group_may_read_as_where_a_platform_hands_over_a_secret(tmp_path: Path, mode: int) -> None:
    path = private_file(tmp_path / "master.key", KEY.hex())
    path.chmod(mode)
    assert read_master_key(path).octets == KEY


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "master.key"
    with pytest.raises(ConfigurationError, match="cannot be made: No such file"):
        create_master_key(path, new_key=lambda: KEY)
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        read_master_key(path)


def test_the_draft_of_a_failed_making_is_not_left_behind(tmp_path: Path) -> None:
    def broken() -> bytes:
        raise OSError("no randomness")

    with pytest.raises(ConfigurationError, match="no randomness"):
        create_master_key(tmp_path / "master.key", new_key=broken)
    assert list(tmp_path.iterdir()) == []
