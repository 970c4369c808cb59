"""What the data key protects."""

from __future__ import annotations

import pytest

from fils.domain.errors import InvariantViolated
from fils.domain.identifiers import PAYMENT, PaymentId, write_identifier
from fils.vault import DataKeyVault

KEY = bytes(range(32))
VAULT = DataKeyVault(KEY)
OTHER = DataKeyVault(bytes(32))
PAYMENT_ID = PaymentId(write_identifier(PAYMENT, bytes(range(16))))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_data_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DataKeyVault(bytes(length))


def test_a_hash_depends_on_key_purpose_and_text() -> None:
    hashed = VAULT.hash("return secret", "abc")
    assert hashed == DataKeyVault(KEY).hash("return secret", "abc")
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
    assert token == DataKeyVault(KEY).link_token(PAYMENT_ID)
    assert token.startswith("tok_")
    assert len(token) == 30
    assert token[4:] != PAYMENT_ID[4:]
    assert VAULT.payment_of_link(token) == PAYMENT_ID


def test_another_keys_token_names_another_payment() -> None:
    assert VAULT.payment_of_link(OTHER.link_token(PAYMENT_ID)) != PAYMENT_ID


@pytest.mark.parametrize(
    "token", ["", "tok_", PAYMENT_ID, "tok_" + "A" * 26, "tok_" + "1" * 26, "tok_" + "a" * 27]
)
def test_what_has_not_the_form_of_a_token_names_nothing(token: str) -> None:
    assert VAULT.payment_of_link(token) is None


def test_a_payment_id_that_is_not_ours_has_no_token() -> None:
    with pytest.raises(InvariantViolated):
        VAULT.link_token(PaymentId("pay_made_up"))
