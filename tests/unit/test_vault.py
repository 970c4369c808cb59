"""What the master key protects."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fils.domain.errors import ConfigurationError, InvariantViolated
from fils.domain.identifiers import PAYMENT, PaymentId, write_identifier
from fils.vault import MasterKeyVault, read_master_key

KEY = bytes(range(32))
VAULT = MasterKeyVault(KEY)
OTHER = MasterKeyVault(bytes(32))
PAYMENT_ID = PaymentId(write_identifier(PAYMENT, bytes(range(16))))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKeyVault(bytes(length))


def test_a_hash_depends_on_key_purpose_and_text() -> None:
    hashed = VAULT.hash("return secret", "abc")
    assert hashed == MasterKeyVault(KEY).hash("return secret", "abc")
    assert (
        len({hashed, OTHER.hash("return secret", "abc"), VAULT.hash("key", "abc"), VAULT.hash("key", "abd")})
        == 4
    )
    assert VAULT.hash("a", "b\0c") != VAULT.hash("a\0b", "d")
    assert len(hashed) == 64


@pytest.mark.parametrize("text", ["", "a", "\u0645\u0631\u062d\u0628\u0627 \x00", "x" * 70_000], ids=len)
def test_what_is_sealed_opens_and_does_not_show(text: str) -> None:
    sealed = VAULT.seal("evidence", text)
    assert VAULT.open("evidence", sealed) == text
    assert not text or text not in sealed
    assert sealed.isascii()


def test_a_seal_opens_for_its_purpose_and_key_only() -> None:
    sealed = VAULT.seal("evidence", "trandata")
    with pytest.raises(InvariantViolated):
        VAULT.open("return secret", sealed)
    with pytest.raises(InvariantViolated):
        OTHER.open("evidence", sealed)


@pytest.mark.parametrize("sealed", ["", "a", "AAAA", "A" * 64, "not base64 \u00e4"], ids=ascii)
def test_what_was_not_sealed_here_does_not_open(sealed: str) -> None:
    with pytest.raises(InvariantViolated):
        VAULT.open("evidence", sealed)


def test_a_changed_seal_does_not_open() -> None:
    sealed = VAULT.seal("evidence", "trandata")
    for position in range(0, len(sealed) - 4, 3):
        changed = sealed[:position] + ("B" if sealed[position] == "A" else "A") + sealed[position + 1 :]
        with pytest.raises(InvariantViolated):
            VAULT.open("evidence", changed)


def test_a_link_token_names_its_payment_and_shows_nothing_of_it() -> None:
    token = VAULT.link_token(PAYMENT_ID)
    assert token == MasterKeyVault(KEY).link_token(PAYMENT_ID)
    assert token.startswith("tok_")
    assert len(token) == 30
    assert token[4:] != PAYMENT_ID[4:]
    assert VAULT.payment_of_link(token) == PAYMENT_ID


def test_another_masters_token_names_another_payment() -> None:
    assert VAULT.payment_of_link(OTHER.link_token(PAYMENT_ID)) != PAYMENT_ID


@pytest.mark.parametrize(
    "token", ["", "tok_", PAYMENT_ID, "tok_" + "A" * 26, "tok_" + "1" * 26, "tok_" + "a" * 27]
)
def test_what_has_not_the_form_of_a_token_names_nothing(token: str) -> None:
    assert VAULT.payment_of_link(token) is None


def test_a_payment_id_that_is_not_ours_has_no_token() -> None:
    with pytest.raises(InvariantViolated):
        VAULT.link_token(PaymentId("pay_made_up"))


# The file


def test_a_missing_master_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    assert read_master_key(path, new_key=lambda: KEY) == KEY
    assert read_master_key(path, new_key=lambda: bytes(32)) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["master.key"]


def test_a_key_that_another_process_makes_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "master.key"

    def late() -> bytes:
        path.write_text(bytes(32).hex())
        return KEY

    assert read_master_key(path, new_key=late) == bytes(32)
    assert [item.name for item in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("content", ["", "00", "xyz", "00" * 31, "00" * 33, "\u00e4"], ids=ascii)
def test_a_file_without_a_master_key_stops_the_start_and_is_not_written_over(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "master.key"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"master\.key"):
        read_master_key(path, new_key=lambda: KEY)
    assert path.read_text() == content


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        read_master_key(tmp_path / "missing" / "master.key", new_key=lambda: KEY)


def test_the_key_of_a_failed_making_is_not_left_behind(tmp_path: Path) -> None:
    def broken() -> bytes:
        raise OSError("no randomness")

    with pytest.raises(ConfigurationError):
        read_master_key(tmp_path / "master.key", new_key=broken)
    assert list(tmp_path.iterdir()) == []
