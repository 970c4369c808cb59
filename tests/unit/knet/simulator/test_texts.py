"""The words on the pages exist in both languages."""

from __future__ import annotations

from dataclasses import fields
from string import Formatter

import pytest

from fils.knet.simulator.cards import CardFault
from fils.knet.simulator.faults import InquiryFault, NotificationFault
from fils.knet.simulator.otp import OtpFault
from fils.knet.simulator.outcomes import CardKind
from fils.knet.simulator.panel import SWITCHES
from fils.knet.simulator.texts import TEXTS, Texts
from fils.knet.wire import ERROR_CODES, Language


@pytest.mark.parametrize("language", list(Language))
def test_no_text_is_empty_and_every_fault_has_words(language: Language) -> None:
    texts = TEXTS[language]

    assert all(getattr(texts, field.name) for field in fields(Texts))
    for words, words_for in (
        (texts.faults, CardFault),
        (texts.otp_faults, OtpFault),
        (texts.card_words, CardKind),
        (texts.notification_words, NotificationFault),
        (texts.inquiry_words, InquiryFault),
    ):
        assert set(words) == set(words_for)
        assert all(words.values())


def test_both_languages_explain_the_same_errors_and_each_is_knets() -> None:
    explained = [set(TEXTS[language].error_texts) for language in Language]

    assert explained[0] == explained[1]
    assert explained[0] <= set(ERROR_CODES)


@pytest.mark.parametrize("language", list(Language))
def test_approving_expiry_has_a_place_in_the_text(language: Language) -> None:
    assert "{expiry}" in TEXTS[language].approves


def test_numbers_have_the_same_places_in_both_languages() -> None:
    english, arabic = (_places(TEXTS[language]) for language in Language)

    assert english == arabic
    assert ["tries"] in english
    assert ["minutes", "time"] in english


def _places(texts: Texts) -> list[list[str]]:
    """The names in braces of every text that has some, in the order of the fields and their keys."""
    words = [
        *(texts.approves, texts.test_card, texts.otp_note, texts.otp_hint),
        *(texts.otp_faults[fault] for fault in OtpFault),
        *(texts.notification_words[fault] for fault in NotificationFault),
        *(texts.inquiry_words[fault] for fault in InquiryFault),
    ]
    return [sorted(name for _, name, _, _ in Formatter().parse(text) if name) for text in words]


@pytest.mark.parametrize("language", list(Language))
def test_every_box_of_the_panel_has_a_label(language: Language) -> None:
    assert all(getattr(TEXTS[language], name) for name in SWITCHES)
