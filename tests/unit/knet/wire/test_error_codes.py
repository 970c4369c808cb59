from __future__ import annotations

import pytest

from fils.knet.wire import ERROR_CODES, find_error_code


def test_every_code_of_the_manual_has_a_meaning() -> None:
    expected = {f"IPAY0100{number:03d}" for number in range(1, 290)}
    expected |= {f"IPAY0200{number:03d}" for number in range(1, 73)}
    assert set(ERROR_CODES) == expected
    assert all(meaning.strip() == meaning != "" for meaning in ERROR_CODES.values())


def test_no_two_codes_share_one_meaning() -> None:
    assert len(set(ERROR_CODES.values())) == len(ERROR_CODES)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("IPAY0100048 - Cancelled", "IPAY0100048"),
        ("!ERROR!-IPAY0100263-Transaction not found.", "IPAY0100263"),
        ("IPAY0200015", "IPAY0200015"),
        ("IPAY010004", None),
        ("ipay0100048", None),
        ("", None),
    ],
    ids=["code first", "code inside", "bare", "too few digits", "lower case", "empty"],
)
def test_a_code_is_found_in_the_shapes_the_bank_writes(text: str, code: str | None) -> None:
    assert find_error_code(text) == code
