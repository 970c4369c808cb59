"""The words on the pages exist in both languages."""

from __future__ import annotations

from dataclasses import fields

import pytest

from fils.knet.simulator.cards import CardFault
from fils.knet.simulator.texts import TEXTS, Texts
from fils.knet.wire import ERROR_CODES, Language


@pytest.mark.parametrize("language", list(Language))
def test_no_text_is_empty_and_every_fault_has_words(language: Language) -> None:
    texts = TEXTS[language]

    assert all(getattr(texts, field.name) for field in fields(Texts))
    assert set(texts.faults) == set(CardFault)
    assert all(texts.faults.values())


def test_both_languages_explain_the_same_errors_and_each_is_knets() -> None:
    explained = [set(TEXTS[language].error_texts) for language in Language]

    assert explained[0] == explained[1]
    assert explained[0] <= set(ERROR_CODES)


@pytest.mark.parametrize("language", list(Language))
def test_approving_expiry_has_a_place_in_the_text(language: Language) -> None:
    assert "{expiry}" in TEXTS[language].approves
