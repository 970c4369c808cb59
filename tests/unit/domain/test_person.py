"""What people write: names and reasons. Who and why are tested with the word that carries them."""

from __future__ import annotations

import pytest

from fils.domain.errors import CommandRefused
from fils.domain.person import NAME_LENGTH_MAX, clean, folded, new_name


def test_words_are_kept_on_one_line_without_what_is_not_seen() -> None:
    assert clean("  كشف البنك\r\n\tline 3\x1b[2J \u202e\ud800 ") == "كشف البنك line 3[2J"


def test_a_name_is_kept_cleaned() -> None:
    assert new_name("  متجر\u202e \n الورد ", what="account") == "متجر الورد"
    assert len(new_name("n" * NAME_LENGTH_MAX, what="account")) == NAME_LENGTH_MAX


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bakery", "bAKERY"), ("Straße", "STRASSE"), ("Cafe\u0301", "CAFÉ")],
    ids=["case", "sharp s", "accent"],
)
def test_names_that_read_alike_are_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert folded(one) != folded(f"{one}s")


@pytest.mark.parametrize("text", ["", " \u202e\n", "n" * (NAME_LENGTH_MAX + 1)])
def test_a_name_that_says_nothing_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(CommandRefused, match="give the account a name of 1 to 100 characters") as refused:
        new_name(text, what="account")
    assert refused.value.codes == ("name_invalid",)
