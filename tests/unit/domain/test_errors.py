"""The words that refusals carry."""

from __future__ import annotations

from fils.domain.errors import NotFound, PaymentMethodNotReady, RequestRefused


def test_a_refusal_carries_its_own_word_unless_it_is_told_more_precise_ones() -> None:
    assert NotFound().codes == ("not_found",)
    assert PaymentMethodNotReady().codes == ("payment_method_not_ready",)
    assert RequestRefused("amount_required", "currency_required").codes == (
        "amount_required",
        "currency_required",
    )
