from __future__ import annotations

import pytest
from msgspec.structs import asdict, replace

from fils.demo_shop.outcome import Outcome
from fils.demo_shop.pages import Page, PageWriter, dinar_text, shown
from fils.demo_shop.payments_api import KnetSource, Payment
from fils.demo_shop.texts import ARABIC, ENGLISH, Problem, Texts


def write(texts: Texts, payment: Payment, outcome: Outcome, *, door: str = "success") -> str:
    writer = PageWriter(shop_path="/shop", assets_path="/assets")
    page = Page(texts=texts, other_language_url="/shop?lang=en", again_url="/shop/success?x=1")
    body = writer.write_outcome(page, payment, outcome, door=door, looks_again=False).body
    return bytes(body).decode()


def captured(*, currency: str = "KWD", reference: str = "") -> Payment:
    return Payment(id="pay_x", status="Captured", amount=1000, currency=currency, reference=reference)


@pytest.mark.parametrize(
    ("fils", "text"),
    [(0, "0.000"), (1, "0.001"), (1000, "1.000"), (1500, "1.500"), (12_345_678, "12345.678")],
)
def test_fils_are_written_as_dinars_with_three_decimals(fils: int, text: str) -> None:
    assert dinar_text(fils) == text


def test_characters_that_turn_a_line_round_or_hide_are_not_shown() -> None:
    assert shown("ORD\u202e-1\u2066\x00\n\u200b9") == "ORD-19"
    assert len(shown("x" * 10_000)) == 120


def test_text_of_the_api_is_escaped() -> None:
    html = write(ENGLISH, captured(reference="<script>alert(1)</script>"), Outcome.PAID)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("texts", [ENGLISH, ARABIC], ids=["en", "ar"])
def test_what_knet_and_the_bank_call_the_payment_is_shown(texts: Texts) -> None:
    source = KnetSource(
        knet_payment_id="100201914315601265",
        knet_track_id="T7K",
        knet_transaction_id="201914384388126",
        bank_reference="914310000349",
        auth_code="B00775",
    )
    page = write(texts, replace(captured(), source=source), Outcome.PAID)
    names = (texts.knet_payment_id, texts.knet_track_id, texts.knet_transaction_id, texts.bank_reference)
    for text in (*names, texts.auth_code, *asdict(source).values()):
        assert text in page


def test_only_a_captured_payment_is_not_contradicted_at_the_success_address() -> None:
    for outcome in Outcome:
        html = write(ENGLISH, captured(), outcome)
        assert (ENGLISH.not_captured_at_success in html) is (outcome is not Outcome.PAID)


def test_a_captured_payment_is_told_so_at_the_failure_address() -> None:
    assert ENGLISH.captured_at_failure in write(ENGLISH, captured(), Outcome.PAID, door="failure")
    assert ENGLISH.captured_at_failure not in write(ENGLISH, captured(), Outcome.DECLINED, door="failure")


def test_an_amount_in_another_currency_is_shown_in_minor_units_and_not_as_dinars() -> None:
    html = write(ENGLISH, captured(currency="USD"), Outcome.MISMATCHED)
    assert "1000 (USD)" in html
    assert "1.000" not in html


@pytest.mark.parametrize("texts", [ENGLISH, ARABIC], ids=["en", "ar"])
def test_each_language_has_words_for_every_outcome_and_problem(texts: Texts) -> None:
    assert set(texts.outcomes) == set(Outcome)
    assert set(texts.problems) == set(Problem)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("texts", [ENGLISH, ARABIC], ids=["en", "ar"])
def test_every_outcome_is_written_in_its_language_without_inline_style_or_script(
    texts: Texts, outcome: Outcome
) -> None:
    html = write(texts, captured(), outcome)
    assert f'<html lang="{texts.language}" dir="{texts.direction}">' in html
    assert texts.outcomes[outcome].title in html
    assert "style=" not in html
    assert "<style" not in html
    assert "<script" not in html
