"""Why a payment ended as it did, in the API's five characters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fils.domain.evidence import BankStatement, Outcome
from fils.domain.response_codes import response_code

DECLINED = BankStatement(outcome=Outcome.NOT_CAPTURED, result="NOT CAPTURED")


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.CAPTURED, "10000"),
        (Outcome.NOT_CAPTURED, "20005"),
        (Outcome.CANCELED, "20017"),
        (Outcome.DENIED_BY_RISK, "20059"),
        (Outcome.HOST_TIMEOUT, "20068"),
        (Outcome.NOT_FOUND, "20019"),
        (Outcome.REVERSED, "20099"),
        (Outcome.FAILED, "20099"),
        (Outcome.SUSPECT, "20099"),
        (Outcome.UNKNOWN, "20099"),
    ],
)
def test_each_outcome_has_its_code(outcome: Outcome, code: str) -> None:
    assert response_code(outcome).code == code
    assert response_code(outcome, replace(DECLINED, outcome=outcome)).code == code


def test_only_a_capture_is_approved() -> None:
    codes = {outcome: response_code(outcome).code for outcome in Outcome}
    assert [outcome for outcome, code in codes.items() if code.startswith("1")] == [Outcome.CAPTURED]


@pytest.mark.parametrize(
    ("issuer_code", "code"),
    [
        ("14", "20014"),
        ("33", "20054"),
        ("54", "20054"),
        ("36", "20062"),
        ("62", "20062"),
        ("38", "20075"),
        ("75", "20075"),
        ("51", "20051"),
        ("55", "20055"),
        ("61", "20061"),
        ("65", "20065"),
        ("91", "20091"),
        ("00", "20005"),
        ("", "20005"),
        (None, "20005"),
    ],
)
def test_the_issuers_code_makes_a_decline_more_precise(issuer_code: str | None, code: str) -> None:
    assert response_code(Outcome.NOT_CAPTURED, replace(DECLINED, auth_response_code=issuer_code)).code == code


def test_the_issuers_code_says_nothing_about_other_outcomes() -> None:
    assert response_code(Outcome.CANCELED, replace(DECLINED, auth_response_code="51")).code == "20017"
