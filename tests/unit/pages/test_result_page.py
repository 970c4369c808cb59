"""The page that tells how a payment ended: the same at every door, with every fact, and nothing of the return."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from fils.domain.evidence import Outcome
from fils.domain.payment import Payment
from fils.domain.payment_setup import Language
from fils.pages.texts import ARABIC, ENGLISH, TEXTS, Texts
from tests.support.payment_states import DECIDED, UNDECIDED, Counter
from tests.unit.pages.visitor import Seen, Visitor, link, page, return_door, shop_door

LANGUAGES = pytest.mark.parametrize("texts", [ENGLISH, ARABIC], ids=["en", "ar"])


@pytest.fixture
async def counter() -> Counter:
    return await Counter.open()


@pytest.fixture
def visitor(counter: Counter) -> Visitor:
    return Visitor(counter, shows_result=True)


def facts(seen: Seen) -> dict[str, str]:
    """The lines of the page, by their labels."""
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", seen.text, re.DOTALL)
    return {html.unescape(label): " ".join(re.sub(r"<[^>]+>", "", value).split()) for label, value in rows}


async def receipt(
    counter: Counter, visitor: Visitor, outcome: Outcome, texts: Texts
) -> tuple[Payment, dict[str, str]]:
    """A payment that ended with *outcome*, and what its page shows."""
    payment = await counter.confirm(texts.language, description="Two shirts")
    await counter.end(payment, outcome)
    return payment, facts(await visitor.get(page(counter.token(payment))))


async def test_a_receipt_shows_every_fact_the_bank_wants(counter: Counter, visitor: Visitor) -> None:
    payment, shown = await receipt(counter, visitor, Outcome.CAPTURED, ENGLISH)
    assert shown == {
        "Amount": "KD 1.000",
        "Date and time in Kuwait": "30 April 2026, 13:00:00",
        "KNET's result": "CAPTURED",
        "Merchant": "Shop",
        "KNET payment id": "100201914315601265",
        "Track id": counter.bank.starts[-1].track_id,
        "Bank reference": "914310000349",
        "Transaction id": "201914384388126",
        "Authorisation code": "B00775",
        "Order": "ORD-5023-4E89",
        "For": "Two shirts",
        "Shop's payment id": payment.id,
    }


async def test_a_receipt_in_arabic_says_the_same(counter: Counter, visitor: Visitor) -> None:
    payment, shown = await receipt(counter, visitor, Outcome.CAPTURED, ARABIC)
    assert shown[ARABIC.decided_on] == "30 أبريل 2026، 13:00:00"
    assert shown[ARABIC.knet_result] == "ناجحة (CAPTURED)"
    assert shown[ARABIC.knet_payment_id] == "100201914315601265"
    assert shown[ARABIC.payment_id] == payment.id
    assert len(shown) == 12


@pytest.mark.parametrize(
    ("outcome", "english", "arabic"),
    [
        (Outcome.NOT_CAPTURED, "NOT CAPTURED", "فشلت (NOT CAPTURED)"),
        (Outcome.CANCELED, "CANCELED", "ملغية (CANCELED)"),
        (Outcome.DENIED_BY_RISK, "DENIED BY RISK", "غير موثوقة (DENIED BY RISK)"),
    ],
)
async def test_an_end_without_money_has_its_receipt_too(
    counter: Counter, visitor: Visitor, outcome: Outcome, english: str, arabic: str
) -> None:
    for texts, word in ((ENGLISH, english), (ARABIC, arabic)):
        _, shown = await receipt(counter, visitor, outcome, texts)
        assert shown[texts.knet_result] == word
        assert texts.track_id in shown


async def test_a_payment_nobody_came_for_has_no_facts_of_the_bank(counter: Counter, visitor: Visitor) -> None:
    payment = await counter.confirm()
    await DECIDED["expired"](counter, payment)
    shown = facts(await visitor.get(page(counter.token(payment))))
    assert list(shown) == ["Amount", "Date and time in Kuwait", "Merchant", "Order", "Shop's payment id"]
    assert shown["Date and time in Kuwait"] == "30 April 2026, 14:01:00"


@LANGUAGES
@pytest.mark.parametrize("state", DECIDED)
async def test_every_door_shows_the_same_page(
    counter: Counter, visitor: Visitor, state: str, texts: Texts
) -> None:
    payment = await counter.confirm(texts.language)
    await DECIDED[state](counter, payment)
    token = counter.token(payment)
    at_page = await visitor.get(page(token))
    again = await visitor.get(page(token))
    at_link = await visitor.get(link(token))
    assert at_page.status == 200
    assert at_page.text == again.text == at_link.text
    assert f'href="http://fils.test{shop_door(token)}"' in at_page.text
    assert "shop.example" not in at_page.text
    assert "refresh" not in at_page.headers


async def test_the_return_leads_to_the_page_by_an_address_without_its_secret(
    counter: Counter, visitor: Visitor
) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    secret = await counter.notify(Outcome.CAPTURED)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    seen = await visitor.get(return_door(secret))
    assert (seen.status, seen.headers["location"]) == (303, f"http://fils.test{page(counter.token(payment))}")
    shown = await visitor.get(page(counter.token(payment)))
    assert secret not in shown.text
    for answer in (seen, shown):
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"


async def test_looking_at_the_page_starts_nothing_and_asks_nobody(counter: Counter, visitor: Visitor) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    asked = len(counter.bank.inquiries)
    before = await counter.stored(payment.id)
    for _ in range(3):
        await visitor.get(link(counter.token(payment)))
        await visitor.get(page(counter.token(payment)))
    assert await counter.stored(payment.id) == before
    assert len(counter.bank.inquiries) == asked
    assert len(await counter.ports.store.attempts(payment.id)) == 1


@pytest.mark.parametrize("state", UNDECIDED)
async def test_an_undecided_payment_has_no_receipt(counter: Counter, visitor: Visitor, state: str) -> None:
    payment = await counter.confirm()
    await UNDECIDED[state](counter, payment)
    shown = facts(await visitor.get(page(counter.token(payment))))
    assert list(shown) == ["Amount", "Order", "Shop's payment id"]


async def test_the_button_still_names_the_payment_to_the_shop_after_a_long_look(
    counter: Counter, visitor: Visitor
) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    await visitor.get(page(counter.token(payment)))
    counter.clock.move(timedelta(hours=3))
    seen = await visitor.get(shop_door(counter.token(payment)))
    stored = await counter.stored(payment.id)
    assert stored.session_id in seen.headers["location"]
    assert stored.session_expires_at == counter.clock.now() + timedelta(minutes=15)


async def test_a_text_of_the_merchant_is_no_markup_on_the_receipt(counter: Counter, visitor: Visitor) -> None:
    payment = await counter.confirm(reference="<b>\u202e1</b>")
    await counter.end(payment, Outcome.CAPTURED)
    seen = await visitor.get(page(counter.token(payment)))
    assert "<bdi>&lt;b&gt;1&lt;/b&gt;</bdi>" in seen.text


def test_the_languages_are_those_a_payment_can_have() -> None:
    assert set(TEXTS) == set(Language)
