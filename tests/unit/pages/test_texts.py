"""The words of the pages: complete in each language, human, and right about the time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import product

import pytest

from fils.domain.evidence import Outcome
from fils.pages.notices import Notice
from fils.pages.texts import ARABIC, ENGLISH, KNET_WORDS, TEXTS, Texts, knet_result, kuwait_time

LANGUAGES = pytest.mark.parametrize("texts", [ENGLISH, ARABIC], ids=["en", "ar"])
UNPAID = (
    *(Notice.CANCELLED, Notice.NOT_APPROVED, Notice.NOT_COMPLETED, Notice.REVERSED),
    *(Notice.EXPIRED, Notice.LINK_CLOSED),
)
UNSURE = Notice.WAITING, Notice.WAITING_LONG, Notice.UNAVAILABLE, Notice.FAILED


def test_both_languages_have_words_for_everything() -> None:
    for texts in TEXTS.values():
        assert set(texts.messages) == set(Notice)
        assert len(texts.months) == 12
    assert set(ARABIC.knet_results) == set(KNET_WORDS)


@LANGUAGES
def test_no_message_holds_a_code(texts: Texts) -> None:
    for message in texts.messages.values():
        assert re.search(r"[0-9]|IPAY|[A-Z]{5}|!", message.title + message.body) is None


@LANGUAGES
def test_every_end_says_something_of_its_own(texts: Texts) -> None:
    messages = list(texts.messages.values())
    assert len({message.title for message in messages}) == len({message.body for message in messages})
    assert len({message.body for message in messages}) == len(messages)


@pytest.mark.parametrize(("texts", "shop"), [(ENGLISH, "the shop"), (ARABIC, "المتجر")])
def test_whoever_has_not_paid_is_told_where_to_go(texts: Texts, shop: str) -> None:
    for notice in UNPAID:
        assert shop in texts.messages[notice].body


@pytest.mark.parametrize(
    ("texts", "nothing_paid", "do_not_pay_again"),
    [(ENGLISH, "nothing was paid", "do not pay again"), (ARABIC, "لم يُدفع أي مبلغ", "عدم الدفع مرة أخرى")],
)
def test_nobody_is_told_that_nothing_was_paid_before_it_is_known(
    texts: Texts, nothing_paid: str, do_not_pay_again: str
) -> None:
    for notice in UNSURE:
        assert nothing_paid not in texts.messages[notice].body
        assert do_not_pay_again in texts.messages[notice].body


@pytest.mark.parametrize(
    ("moment", "english", "arabic"),
    [
        (
            datetime(2026, 12, 31, 21, 4, 5, tzinfo=UTC),
            "1 January 2027, 00:04:05",
            "1 يناير 2027، 00:04:05",
        ),
        (
            datetime(2026, 7, 9, 20, 59, 59, 999_999, tzinfo=UTC),
            "9 July 2026, 23:59:59",
            "9 يوليو 2026، 23:59:59",
        ),
    ],
)
def test_a_moment_is_written_in_the_time_of_kuwait(moment: datetime, english: str, arabic: str) -> None:
    assert kuwait_time(ENGLISH, moment) == english
    assert kuwait_time(ARABIC, moment) == arabic


def test_what_is_no_result_has_no_word() -> None:
    silent = {
        outcome for texts, outcome in product(TEXTS.values(), Outcome) if not knet_result(texts, outcome)
    }
    assert silent == {Outcome.NOT_FOUND, Outcome.SUSPECT, Outcome.UNKNOWN}
