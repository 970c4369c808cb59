"""What ``fils payments evidence`` prints."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from fils.cli.evidence_text import evidence_text
from fils.operations.messages.payments import EvidenceEntry, EvidenceList, PersonsWord, RawReading

AT = datetime(2026, 11, 22, 10, 50, 7, tzinfo=UTC)
INQUIRY = EvidenceEntry(
    evidence_id="evd_1",
    attempt_id="att_1",
    kind="inquiry",
    received_at=AT,
    result="FAILURE",
    outcome="not_found",
    error="IPAY0100263",
    person=None,
    raw="<result>FAILURE</result>\n\x1b[2J",
)
ERROR_RETURN = msgspec.structs.replace(
    INQUIRY, kind="error_return", result=None, outcome=None, error=None, raw=None
)
WORD = msgspec.structs.replace(
    ERROR_RETURN,
    kind="resolution",
    person=PersonsWord(is_captured=True, by="Noura", why="report 14", at=AT),
)


def test_everything_can_be_read_in_its_order() -> None:
    readings = (RawReading(by="Salem", why="the bank\u202e asked", at=AT),)
    denied = msgspec.structs.replace(WORD, person=PersonsWord(is_captured=False, by="Noura", why="x", at=AT))
    captured = msgspec.structs.replace(INQUIRY, result="CAPTURED", outcome="captured", error=None, raw=None)
    found = EvidenceList("pay_1", "Captured", (INQUIRY, captured, ERROR_RETURN, WORD, denied), readings)
    assert (
        evidence_text(found)
        == """\
Payment pay_1 is Captured, with 5 pieces of evidence.

2026-11-22 10:50:07 UTC  inquiry, att_1
  KNET said FAILURE IPAY0100263, which means not_found
  <result>FAILURE</result>[2J

2026-11-22 10:50:07 UTC  inquiry, att_1
  KNET said CAPTURED, which means captured

2026-11-22 10:50:07 UTC  error return, att_1

2026-11-22 10:50:07 UTC  resolution, att_1
  Noura found captured, citing “report 14”

2026-11-22 10:50:07 UTC  resolution, att_1
  Noura found not captured, citing “x”

The raw messages were read by
  Salem, 2026-11-22 10:50:07 UTC: the bank asked"""
    )


def test_a_payment_without_evidence_says_so() -> None:
    text = evidence_text(EvidenceList("pay_1", "Pending", (), ()))
    assert text == "Payment pay_1 is Pending, with 0 pieces of evidence."
    assert "1 piece of" in evidence_text(EvidenceList("pay_1", "Pending", (INQUIRY,), ()))
