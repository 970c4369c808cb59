"""Faults as plain values: what is written is read back, and what cannot be meant is refused by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fils.domain.money import KWD, Money
from fils.knet.simulator.faults import (
    NO_FAULTS,
    Faults,
    FaultsInvalid,
    InquiryFault,
    NotificationFault,
    other_amount,
    read_faults,
    write_faults,
)

EVERYTHING = Faults(
    notification=NotificationFault.REPEATED,
    notification_delay=timedelta(hours=1),
    notification_count=100,
    inquiry=InquiryFault.SLOW,
    inquiry_delay=timedelta(milliseconds=250),
    error_after_success=True,
    wrong_amount=True,
    cancel_at_error_url=True,
)


@pytest.mark.parametrize("faults", [NO_FAULTS, EVERYTHING])
def test_faults_are_read_as_they_were_written(faults: Faults) -> None:
    assert read_faults(write_faults(faults)) == faults


def test_what_is_left_out_does_not_go_wrong() -> None:
    assert read_faults({}) == NO_FAULTS
    assert read_faults({"notification": "lost"}) == Faults(notification=NotificationFault.LOST)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"notification": "vanished"}, "notification is none of none, lost, late"),
        ({"inquiry": None}, "inquiry is none of none, down"),
        ({"notification_delay_seconds": -1}, "notification_delay_seconds is not a number of seconds"),
        ({"notification_delay_seconds": "30"}, "notification_delay_seconds is not a number of seconds"),
        ({"notification_delay_seconds": True}, "notification_delay_seconds is not a number of seconds"),
        ({"inquiry_delay_seconds": 86_401}, "inquiry_delay_seconds is not a number of seconds"),
        ({"inquiry_delay_seconds": float("nan")}, "inquiry_delay_seconds is not a number of seconds"),
        ({"notification_count": 0}, "notification_count is not a whole number from 1 to 1000"),
        ({"notification_count": 2.0}, "notification_count is not a whole number"),
        ({"notification_count": True}, "notification_count is not a whole number"),
        ({"wrong_amount": 1}, "wrong_amount is neither true nor false"),
        ({"error_after_success": "yes"}, "error_after_success is neither true nor false"),
        ({"cancel_at_error_url": None}, "cancel_at_error_url is neither true nor false"),
        ({"notifcation": "lost"}, "there is no field 'notifcation'"),
    ],
)
def test_fault_in_a_description_is_named(fields: dict[str, object], message: str) -> None:
    with pytest.raises(FaultsInvalid, match=f"^{message}"):
        read_faults(fields)


def test_other_amount_is_another_one_that_the_wire_can_hold() -> None:
    largest = Money(999_999_999, KWD)

    assert other_amount(Money(1_500, KWD)) == Money(1_501, KWD)
    assert other_amount(largest) == Money(999_999_998, KWD)
