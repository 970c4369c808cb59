"""Documents: what an older Fils wrote is still read."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TypeVar

import msgspec
import pytest

from fils.domain.errors import InvariantViolated
from fils.domain.evidence import Evidence
from fils.domain.payment_attempt import NotificationMode, PaymentAttempt
from fils.storage.rows import EVIDENCE, PAYMENT_ATTEMPTS, read_document
from tests.support import records

T = TypeVar("T", PaymentAttempt, Evidence)

SINCE_THE_FIRST_RELEASE = {
    PaymentAttempt: {"mode", "other_capture", "attention_since", "resolution"},
    Evidence: {"asked_amount", "resolution"},
}
"""Fields that the first documents of each kind do not have."""


def without(record: T, names: Collection[str]) -> str:
    document = json.loads(msgspec.json.encode(record))
    assert names <= document.keys()
    return json.dumps({name: value for name, value in document.items() if name not in names})


def test_an_attempt_from_before_there_were_modes_is_one_of_mode_n() -> None:
    old = without(records.attempt(), SINCE_THE_FIRST_RELEASE[PaymentAttempt])
    attempt = read_document(PAYMENT_ATTEMPTS, old)
    assert attempt.mode is NotificationMode.SERVER
    assert attempt.other_capture is None


def test_evidence_from_before_claims_were_asked_about_is_read() -> None:
    old = without(records.evidence(records.attempt()), SINCE_THE_FIRST_RELEASE[Evidence])
    assert read_document(EVIDENCE, old).asked_amount is None


def test_a_document_that_fils_does_not_write_is_our_bug() -> None:
    with pytest.raises(InvariantViolated):
        read_document(EVIDENCE, "{}")
