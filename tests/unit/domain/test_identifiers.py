"""The form of identifiers."""

from __future__ import annotations

import pytest

from fils.domain.identifiers import PAYMENT, is_identifier, read_identifier, write_identifier

OCTETS = bytes(range(16))
WRITTEN = "pay_aaaqeayeaudaocajbifqydiob4"


def test_an_identifier_is_its_prefix_and_26_characters_of_base32() -> None:
    assert write_identifier(PAYMENT, OCTETS) == WRITTEN


@pytest.mark.parametrize("octets", [b"", bytes(15), bytes(17)], ids=len)
def test_only_16_bytes_make_an_identifier(octets: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        write_identifier(PAYMENT, octets)


def test_what_was_written_is_read() -> None:
    assert read_identifier(PAYMENT, WRITTEN) == OCTETS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pay",
        "pay_",
        WRITTEN[:-1],
        WRITTEN + "a",
        WRITTEN + "\n",
        WRITTEN.upper(),
        WRITTEN.replace("pay", "PAY"),
        "sid" + WRITTEN[3:],
        "pay-" + WRITTEN[4:],
        "pay_" + "_" * 26,
        "pay_" + "1" * 26,
        "pay_A" + WRITTEN[5:],
        WRITTEN[:-1] + "5",  # base32 of the same bytes, with bits set that no byte holds
        "pay_" + "\u0661" * 26,
    ],
    ids=ascii,
)
def test_what_fils_did_not_write_is_not_read(text: str) -> None:
    assert read_identifier(PAYMENT, text) is None


def test_any_26_word_characters_have_the_form_of_an_identifier() -> None:
    assert is_identifier(PAYMENT, WRITTEN)
    assert is_identifier(PAYMENT, "pay_" + "Z9_" * 8 + "aa")


@pytest.mark.parametrize(
    "text", ["", "pay_", "sid" + WRITTEN[3:], WRITTEN + "\n", WRITTEN[:-1], "pay_" + "-" * 26]
)
def test_other_texts_have_not(text: str) -> None:
    assert not is_identifier(PAYMENT, text)
