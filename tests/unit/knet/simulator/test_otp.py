"""The one-time password: right, wrong, mistyped and too late."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from fils.knet.simulator.otp import ONE_TIME_PASSWORD, OTP_LIFETIME, OtpFault, check_otp

SENT_AT = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


def test_it_has_the_six_digits_of_knets_field() -> None:
    assert re.fullmatch("[0-9]{6}", ONE_TIME_PASSWORD)


@pytest.mark.parametrize("typed", ["123456", " 123 456 "])
def test_what_was_sent_is_right_until_its_time_is_over(typed: str) -> None:
    assert check_otp(typed, SENT_AT, SENT_AT) is None
    assert check_otp(typed, SENT_AT, SENT_AT + OTP_LIFETIME) is None
    assert check_otp(typed, SENT_AT, SENT_AT + OTP_LIFETIME + timedelta(seconds=1)) is OtpFault.EXPIRED


def test_another_one_is_wrong() -> None:
    assert check_otp("123457", SENT_AT, SENT_AT) is OtpFault.WRONG


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"])
@pytest.mark.parametrize("at", [SENT_AT, SENT_AT + timedelta(hours=1)])
def test_what_is_not_six_digits_is_a_slip_and_no_try(typed: str, at: datetime) -> None:
    assert check_otp(typed, SENT_AT, at) is OtpFault.MISSING
