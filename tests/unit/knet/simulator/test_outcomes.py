"""What the test card's issuer says."""

from __future__ import annotations

from fils.knet.simulator.outcomes import Decision, Result, decide_by_expiry


def test_only_the_approving_expiry_is_captured() -> None:
    assert decide_by_expiry((2030, 9), (2030, 9)) == Decision(Result.CAPTURED, "00")
    assert decide_by_expiry((2031, 9), (2030, 9)) == Decision(Result.NOT_CAPTURED, "05")
