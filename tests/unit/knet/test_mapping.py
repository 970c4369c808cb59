"""KNET's words and what they mean; above all, what never means a success."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fils.domain.evidence import BankStatement, Outcome
from fils.domain.money import KWD, Money
from fils.knet.mapping import statement_of_inquiry, statement_of_notification
from fils.knet.wire import ERROR_CODES, InquiryResponse, PaymentResponse, PipeError

NOTIFICATION = PaymentResponse(
    payment_id="100201914315601265",
    result="CAPTURED",
    track_id="T1",
    amount=Money(1500, KWD),
    auth="B00775",
    avr="N",
    ref="914310000349",
    tran_id="201914384388126",
    post_date="0524",
    auth_resp_code="00",
)
ANSWER = InquiryResponse(
    result="CAPTURED",
    track_id="T1",
    amount=Money(1500, KWD),
    payment_id="100201914315601265",
    auth="B00775",
    ref="914310000349",
    tran_id="201914384388126",
    post_date="0524",
    udf5="",
    auth_resp_code="00",
)

WORDS = {
    "CAPTURED": Outcome.CAPTURED,
    "NOT CAPTURED": Outcome.NOT_CAPTURED,
    "CANCELED": Outcome.CANCELED,
    "CANCELLED": Outcome.CANCELED,
    "DENIED BY RISK": Outcome.DENIED_BY_RISK,
    "HOST TIMEOUT": Outcome.HOST_TIMEOUT,
    "VOIDED": Outcome.REVERSED,
    "SUSPECT": Outcome.SUSPECT,
    "SUSPECTED": Outcome.SUSPECT,
}
"""Words that mean the same wherever they stand."""

MEANINGLESS = (
    *(
        "",
        " ",
        "APPROVED",
        "NOT APPROVED",
        "PROCESSED",
        "AUTH ERROR",
        "SUSPENDED",
        "NOT SUPPORTED",
        "PENDING",
    ),
    *("CAPTURE", "CAPTURED.", "CAPTURED!", "UNCAPTURED", "NOTCAPTURED", "CAPTURED NOT", "CAPTURED CAPTURED"),
    *("CANCEL", "0", "OK", "TRUE", "NULL", "(CAPTURED)", "SUCCESS(CAPTURED)", "SUCCESSFUL", "\u00e7aptured"),
)


def notified(result: str) -> Outcome:
    return statement_of_notification(replace(NOTIFICATION, result=result)).outcome


def answered(result: str) -> Outcome:
    return statement_of_inquiry(replace(ANSWER, result=result)).outcome


@pytest.mark.parametrize(("word", "outcome"), WORDS.items())
def test_a_listed_word_has_its_meaning_everywhere(word: str, outcome: Outcome) -> None:
    for spelling in (word, word.lower(), word.replace(" ", "+"), word.replace(" ", "_"), f"  {word} "):
        assert notified(spelling) is outcome
        assert answered(spelling) is outcome


@pytest.mark.parametrize("word", [*MEANINGLESS, "SUCCESS", "FAILURE", "FAILURE(NOT CAPTURED)"], ids=ascii)
def test_a_notification_with_any_other_word_proves_nothing(word: str) -> None:
    assert notified(word) is Outcome.UNKNOWN


@pytest.mark.parametrize("word", MEANINGLESS, ids=ascii)
def test_an_answer_with_any_other_word_proves_nothing(word: str) -> None:
    assert answered(word) is Outcome.UNKNOWN
    assert answered(f"FAILURE({word})") is Outcome.UNKNOWN


def test_an_inquirys_own_words() -> None:
    assert answered("SUCCESS") is Outcome.CAPTURED
    assert answered("FAILURE") is Outcome.FAILED


@pytest.mark.parametrize(("word", "outcome"), [item for item in WORDS.items() if item[0] != "CAPTURED"])
def test_a_failure_means_what_stands_in_it(word: str, outcome: Outcome) -> None:
    for spelling in (
        f"FAILURE({word})",
        f"failure({word.lower()})",
        f"FAILURE ({word})",
        f"FAILURE( {word} )",
    ):
        assert answered(spelling) is outcome


@pytest.mark.parametrize(
    "result",
    [
        "FAILURE(CAPTURED)",
        "FAILURE (CAPTURED)",
        "failure( captured )",
        "FAILURE(SUCCESS)",
        "FAILURE(FAILURE(CAPTURED))",
        "FAILURE(CAPTURED",
        "FAILURE CAPTURED",
        "FAILURE)CAPTURED(",
        "FAILURE()",
        "FAILURE(FAILURE)",
    ],
)
def test_a_failure_is_never_a_success_whatever_stands_in_it(result: str) -> None:
    assert answered(result) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "result", ["\u017fUCCE\u017f\u017f", "DEN\u0131ED BY RISK", "CAPTURED\u00a0", "\uff23APTURED"]
)
def test_letters_that_only_look_right_mean_nothing(result: str) -> None:
    assert notified(result) is Outcome.UNKNOWN
    assert answered(result) is Outcome.UNKNOWN


@pytest.mark.parametrize("code", ERROR_CODES)
def test_of_all_error_codes_only_263_says_that_there_is_no_transaction(code: str) -> None:
    statement = statement_of_inquiry(PipeError(code, "words"))
    expected = Outcome.NOT_FOUND if code == "IPAY0100263" else Outcome.UNKNOWN
    assert statement == BankStatement(outcome=expected, result="words", error=code, error_text="words")


def test_what_a_notification_says_is_kept() -> None:
    assert statement_of_notification(NOTIFICATION) == BankStatement(
        outcome=Outcome.CAPTURED,
        result="CAPTURED",
        track_id="T1",
        amount=Money(1500, KWD),
        knet_payment_id="100201914315601265",
        transaction_id="201914384388126",
        bank_reference="914310000349",
        auth_code="B00775",
        auth_response_code="00",
        post_date="0524",
        avr="N",
    )


def test_what_an_inquiry_says_is_kept() -> None:
    assert statement_of_inquiry(ANSWER) == replace(statement_of_notification(NOTIFICATION), avr=None)


def test_what_is_empty_was_not_said() -> None:
    amount = Money(1500, KWD)
    bare = PaymentResponse(payment_id="1", result="CANCELED", track_id="T1", amount=amount, avr="")
    assert statement_of_notification(bare) == BankStatement(
        outcome=Outcome.CANCELED, result="CANCELED", track_id="T1", amount=amount, knet_payment_id="1"
    )
    empty = InquiryResponse(
        result="FAILURE",
        track_id="",
        amount=None,
        payment_id="",
        auth="",
        ref="",
        tran_id="",
        post_date="",
        udf5="",
        auth_resp_code=None,
    )
    assert statement_of_inquiry(empty) == BankStatement(outcome=Outcome.FAILED, result="FAILURE")


def test_what_people_will_see_is_cleaned_and_short() -> None:
    dirty = "AB\u202eC\x00\r\n" + "D" * 99
    statement = statement_of_inquiry(PipeError("IPAY0100001", dirty))
    assert statement.result == "ABC" + "D" * 61
    assert statement.error_text == statement.result
