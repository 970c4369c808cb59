"""Every code of KNET's manual has a meaning in both languages, exactly one kind of advice, and a message."""

from __future__ import annotations

import re

import pytest

from fils.domain.evidence import Outcome
from fils.knet.guide import ARABIC, ENGLISH, OUTCOMES, Remedy, find_guidance, guidance, guidances
from fils.knet.guide.arabic import MEANINGS
from fils.knet.guide.codes import _OF_PAYMENTS, _codes
from fils.knet.wire import ERROR_CODES
from fils.pages.notices import NOTICES, Notice


def remedy(number: int) -> Remedy:
    found = guidance(f"IPAY0100{number:03d}")
    assert found is not None
    return found.remedy


def test_every_code_stands_in_exactly_one_kind() -> None:
    listed = [code for ranges in _OF_PAYMENTS.values() for code in _codes(ranges)]
    assert sorted(listed) == sorted(code for code in ERROR_CODES if code.startswith("IPAY0100"))
    assert set(_OF_PAYMENTS) == set(Remedy)


def test_every_code_is_explained() -> None:
    assert [found.code for found in guidances()] == sorted(ERROR_CODES)
    for found in guidances():
        assert found == guidance(found.code)
        assert found.meaning == ERROR_CODES[found.code]


def test_every_code_has_an_arabic_meaning_of_its_own() -> None:
    assert set(MEANINGS) == set(ERROR_CODES)
    assert len(set(MEANINGS.values())) == len(MEANINGS)
    assert all(re.search(r"[\u0621-\u064a]", meaning) for meaning in MEANINGS.values())
    assert not [meaning for meaning in MEANINGS.values() if meaning != " ".join(meaning.split())]


@pytest.mark.parametrize("code", sorted(ERROR_CODES))
def test_names_that_stay_latin_are_the_same_in_both_languages(code: str) -> None:
    names = re.compile(
        r"udf[1-5]|errorURL|responseURL|trandata|Tranportal|CVV|CVD2|CAVV|XID|3-D|Visa|Mastercard"
    )
    assert names.findall(ERROR_CODES[code]) == names.findall(MEANINGS[code])


@pytest.mark.parametrize("advices", [ENGLISH, ARABIC], ids=["en", "ar"])
def test_every_kind_has_its_own_words(advices: dict[Remedy, object]) -> None:
    assert set(advices) == set(Remedy)
    assert len(set(advices.values())) == len(Remedy)


def test_every_code_has_a_message_for_the_customer() -> None:
    assert set(OUTCOMES) == set(Remedy)
    for found in guidances():
        assert NOTICES[OUTCOMES[found.remedy]] in Notice


def test_no_code_tells_a_customer_that_the_payment_is_paid() -> None:
    assert Outcome.CAPTURED not in OUTCOMES.values()


def test_everything_about_the_gateways_own_tables_is_unknown() -> None:
    remedies = {found.remedy for found in guidances() if found.code.startswith("IPAY0200")}
    assert remedies == {Remedy.GATEWAY}
    assert OUTCOMES[Remedy.GATEWAY] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, Remedy.REQUEST),  # errorURL missing
        (15, Remedy.TERMINAL),  # password wrong
        (33, Remedy.BANK),  # the terminal may not use this action
        (42, Remedy.TIME_OVER),
        (48, Remedy.CANCELLED),
        (49, Remedy.CARD),  # too many one-time passwords
        (55, Remedy.PAGE),  # after back or reload of a paid payment
        (114, Remedy.PAGE),  # the same
        (104, Remedy.RISK),
        (137, Remedy.FOLLOW_UP),  # credit larger than authorised
        (158, Remedy.HOST_TIMEOUT),
        (176, Remedy.TERMINAL),  # trandata not decrypted
        (230, Remedy.CARD),  # expired
        (243, Remedy.GATEWAY),  # NOT SUPPORTED
        (249, Remedy.RECEIVER),
        (263, Remedy.NOT_FOUND),
        (270, Remedy.AUTHENTICATION),
        (289, Remedy.FOLLOW_UP),  # largest credit
    ],
)
def test_codes_that_are_met_have_the_advice_that_helps(number: int, expected: Remedy) -> None:
    assert remedy(number) is expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("IPAY0100048 - Cancelled", "IPAY0100048"),
        ("!ERROR!-IPAY0100263-Transaction not found.", "IPAY0100263"),
        ("ipay0200015", "IPAY0200015"),
    ],
)
def test_a_code_is_found_in_a_message(text: str, code: str) -> None:
    assert find_guidance(text) == guidance(code) is not None


@pytest.mark.parametrize("text", ["", "48", "IPAY0100000", "IPAY0100290", "IPAY0300001"])
def test_what_is_no_code_of_the_manual_has_no_advice(text: str) -> None:
    assert find_guidance(text) is None
