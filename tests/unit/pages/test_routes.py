"""Each door in each state: where the browser goes, what it is shown, and what never leaves."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from fils.application.ports import Ports
from fils.domain.errors import StorageUnavailable
from fils.domain.evidence import Outcome
from fils.domain.identifiers import PaymentId
from fils.domain.payment import Payment
from fils.domain.payment_setup import Language
from fils.pages.notices import Notice
from fils.pages.texts import ARABIC, ENGLISH, Texts
from tests.support.application_ports import ScriptedBank, SettableClock, WatchedStore, make_ports, seed
from tests.support.payment_states import DECIDED, FAILURE_URL, SUCCESS_URL, UNDECIDED, Counter
from tests.unit.pages.visitor import Seen, Visitor, link, page, return_door, shop_door

LANGUAGES = pytest.mark.parametrize("texts", [ENGLISH, ARABIC], ids=["en", "ar"])
NOTICES = {
    "paid": Notice.PAID,
    "cancelled": Notice.CANCELLED,
    "declined": Notice.NOT_APPROVED,
    "timed-out": Notice.NOT_COMPLETED,
    "reversed": Notice.REVERSED,
    "expired": Notice.EXPIRED,
    "waiting": Notice.WAITING,
    "waiting-long": Notice.WAITING_LONG,
    "not-started": Notice.NOT_STARTED,
    "link-closed": Notice.LINK_CLOSED,
}


class BrokenStore(WatchedStore):
    """A store whose reads of payments fail with what a test put in."""

    async def payment(self, payment_id: PaymentId) -> Payment | None:
        self._fail_on_demand()
        return await super().payment(payment_id)


@pytest.fixture
async def counter() -> Counter:
    return await Counter.open()


@pytest.fixture
def visitor(counter: Counter) -> Visitor:
    return Visitor(counter)


def says(seen: Seen, texts: Texts, notice: Notice) -> bool:
    """Whether the page shows the notice in that language."""
    message = texts.messages[notice]
    text = html.unescape(seen.text)
    return message.title in text and message.body in text


def check_guarded(seen: Seen) -> None:
    """Every answer of a door carries the headers that keep its address and its page to itself."""
    policy = seen.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "form-action" not in policy
    assert seen.headers["referrer-policy"] == "no-referrer"
    assert seen.headers["cache-control"] == "no-store"
    assert seen.headers["x-robots-tag"] == "noindex"
    assert seen.headers["x-content-type-options"] == "nosniff"


async def test_the_link_leads_to_the_bank_and_has_stored_the_attempt(
    counter: Counter, visitor: Visitor
) -> None:
    payment = await counter.confirm()
    seen = await visitor.get(link(counter.token(payment)))
    (attempt,) = await counter.ports.store.attempts(payment.id)
    assert seen.status == 302
    assert seen.headers["location"] == f"http://bank.test/pay?track_id={attempt.track_id}"
    check_guarded(seen)


@LANGUAGES
@pytest.mark.parametrize("state", DECIDED)
async def test_an_old_link_tells_how_the_payment_ended_and_leads_to_the_shop(
    counter: Counter, visitor: Visitor, state: str, texts: Texts
) -> None:
    payment = await counter.confirm(texts.language)
    await DECIDED[state](counter, payment)
    seen = await visitor.get(link(counter.token(payment)))
    assert seen.status == 200
    assert says(seen, texts, NOTICES[state])
    assert f'href="http://fils.test{shop_door(counter.token(payment))}"' in seen.text
    assert "refresh" not in seen.headers
    assert f'<html lang="{texts.language}" dir="{texts.direction}">' in seen.text
    check_guarded(seen)


@pytest.mark.parametrize("door", [page, shop_door])
@pytest.mark.parametrize("state", DECIDED)
async def test_the_payment_page_of_a_decided_payment_leads_to_the_shop(
    counter: Counter, visitor: Visitor, state: str, door: Callable[[str], str]
) -> None:
    payment = await counter.confirm()
    await DECIDED[state](counter, payment)
    seen = await visitor.get(door(counter.token(payment)))
    url = SUCCESS_URL if state == "paid" else FAILURE_URL
    session = (await counter.stored(payment.id)).session_id
    assert seen.status == 303
    assert seen.headers["location"] == f"{url}&cko-session-id={session}&cko-payment-id={payment.id}"
    check_guarded(seen)


@pytest.mark.parametrize("state", UNDECIDED)
async def test_the_way_to_the_shop_is_closed_while_nobody_knows(
    counter: Counter, visitor: Visitor, state: str
) -> None:
    payment = await counter.confirm()
    await UNDECIDED[state](counter, payment)
    seen = await visitor.get(shop_door(counter.token(payment)))
    assert (seen.status, seen.headers["location"]) == (303, f"http://fils.test{page(counter.token(payment))}")
    check_guarded(seen)


@LANGUAGES
@pytest.mark.parametrize("state", UNDECIDED)
async def test_an_undecided_payment_is_told_so_and_never_leads_to_the_shop(
    counter: Counter, visitor: Visitor, state: str, texts: Texts
) -> None:
    payment = await counter.confirm(texts.language)
    await UNDECIDED[state](counter, payment)
    seen = await visitor.get(page(counter.token(payment)))
    assert seen.status == (410 if state == "link-closed" else 200)
    assert says(seen, texts, NOTICES[state])
    assert "shop.example" not in seen.text
    assert "shop.example" not in seen.headers.get("refresh", "")
    check_guarded(seen)


async def test_a_page_that_waits_looks_again_by_itself_and_more_slowly_after_a_minute(
    counter: Counter, visitor: Visitor
) -> None:
    payment = await counter.confirm()
    await counter.wait(payment)
    path = page(counter.token(payment))
    assert (await visitor.get(path)).headers["refresh"] == "3"
    counter.clock.move(timedelta(seconds=59))
    assert (await visitor.get(path)).headers["refresh"] == "3"
    counter.clock.move(timedelta(seconds=1))
    later = await visitor.get(path)
    assert later.headers["refresh"] == "15"
    assert "You may close this page" in later.text


async def test_the_way_back_to_the_bank_is_offered_only_while_nothing_may_have_been_paid(
    counter: Counter, visitor: Visitor
) -> None:
    payment = await counter.confirm()
    token = counter.token(payment)
    await counter.start(payment)
    assert f'href="http://fils.test{link(token)}"' in (await visitor.get(page(token))).text
    await counter.notify(Outcome.CAPTURED)
    assert link(token) not in (await visitor.get(page(token))).text


async def test_a_payment_nobody_started_shows_the_way_to_its_link(counter: Counter, visitor: Visitor) -> None:
    payment = await counter.confirm()
    seen = await visitor.get(page(counter.token(payment)))
    assert f'href="http://fils.test{link(counter.token(payment))}"' in seen.text
    assert "refresh" not in seen.headers


async def test_a_closed_link_claims_nothing_and_leads_nowhere(counter: Counter, visitor: Visitor) -> None:
    payment = await counter.confirm()
    await UNDECIDED["link-closed"](counter, payment)
    seen = await visitor.get(link(counter.token(payment)))
    assert seen.status == 410
    assert says(seen, ENGLISH, Notice.LINK_CLOSED)
    assert "refresh" not in seen.headers
    assert "shop.example" not in seen.text


async def test_the_link_leads_to_the_page_that_waits_while_money_may_be_moving(
    counter: Counter, visitor: Visitor
) -> None:
    payment = await counter.confirm()
    await counter.wait(payment)
    seen = await visitor.get(link(counter.token(payment)))
    assert (seen.status, seen.headers["location"]) == (303, f"http://fils.test{page(counter.token(payment))}")


async def test_the_return_of_a_paid_payment_leads_to_the_shop(counter: Counter, visitor: Visitor) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    secret = await counter.notify(Outcome.CAPTURED)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    seen = await visitor.get(return_door(secret))
    assert seen.status == 303
    assert seen.headers["location"].startswith(SUCCESS_URL)
    check_guarded(seen)


async def test_no_address_and_no_page_after_the_return_holds_its_secret(
    counter: Counter, visitor: Visitor
) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    secret = await counter.notify(Outcome.CAPTURED)
    answers = [await visitor.get(return_door(secret))]
    answers.append(await visitor.get(page(counter.token(payment))))
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    answers.append(await visitor.get(return_door(secret)))
    answers.append(await visitor.get(link(counter.token(payment))))
    assert [seen.status for seen in answers] == [303, 200, 303, 200]
    assert answers[0].headers["location"] == f"http://fils.test{page(counter.token(payment))}"
    for seen in answers:
        assert secret not in seen.text
        assert secret not in str(seen.headers)


@pytest.mark.parametrize(
    "path", [link("tok_x"), page("tok_x"), shop_door("tok_x"), return_door("nobody-knows-it")]
)
@LANGUAGES
async def test_an_unknown_address_is_told_in_the_language_the_browser_asks_for(
    visitor: Visitor, path: str, texts: Texts
) -> None:
    seen = await visitor.get(path, {"Accept-Language": f"fr;q=0.2, {texts.language}-KW, en;q=0.1"})
    assert seen.status == 404
    assert says(seen, texts, Notice.NOT_FOUND)
    assert "nobody-knows-it" not in seen.text
    check_guarded(seen)


async def test_a_browser_of_another_language_reads_both(visitor: Visitor) -> None:
    seen = await visitor.get(link("tok_x"), {"Accept-Language": "fr-FR, de;q=0.5"})
    assert says(seen, ENGLISH, Notice.NOT_FOUND)
    assert says(seen, ARABIC, Notice.NOT_FOUND)
    assert '<div class="verdict" lang="ar" dir="rtl">' in seen.text


async def test_a_link_whose_payment_is_in_no_database_any_more_is_not_found(visitor: Visitor) -> None:
    other = await Counter.open()
    payment = await other.confirm()
    assert (await visitor.get(link(other.token(payment)))).status == 404
    assert (await visitor.get(page(other.token(payment)))).status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "Prefetch"},
        {"X-Moz": "prefetch"},
        {"X-Purpose": "preview"},
    ],
)
async def test_a_browser_that_looks_ahead_starts_nothing(
    counter: Counter, visitor: Visitor, headers: dict[str, str]
) -> None:
    payment = await counter.confirm()
    seen = await visitor.get(link(counter.token(payment)), headers)
    assert (seen.status, seen.text) == (204, "")
    assert seen.headers["cache-control"] == "no-store"
    assert await counter.ports.store.attempts(payment.id) == ()


async def test_head_starts_and_decides_nothing(counter: Counter, visitor: Visitor) -> None:
    payment = await counter.confirm()
    seen = await visitor.get(link(counter.token(payment)), method="HEAD")
    assert (seen.status, seen.text) == (200, "")
    assert await counter.ports.store.attempts(payment.id) == ()
    await counter.start(payment)
    secret = await counter.notify(Outcome.CAPTURED)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await visitor.get(return_door(secret), method="HEAD")
    (attempt,) = await counter.ports.store.attempts(payment.id)
    assert attempt.returned_at is None


@LANGUAGES
async def test_the_amount_is_written_as_the_language_writes_it(
    counter: Counter, visitor: Visitor, texts: Texts
) -> None:
    payment = await counter.confirm(texts.language)
    seen = await visitor.get(page(counter.token(payment)))
    number, sign = "<bdi>1.000</bdi>", f'<span class="unit">{texts.dinar}</span>'
    is_english = texts.language is Language.ENGLISH
    assert (f"{sign} {number}" if is_english else f"{number} {sign}") in seen.text


async def test_text_of_the_merchant_can_neither_be_markup_nor_turn_the_line_round(
    counter: Counter, visitor: Visitor
) -> None:
    payment = await counter.confirm(
        reference="<script>alert(1)</script>\u202e\u2066",
        description="\"'><img src=x>\x00\u200f\nnext" + "x" * 900,
    )
    seen = await visitor.get(page(counter.token(payment)))
    assert "<script" not in seen.text
    assert "<img" not in seen.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in seen.text
    assert not {"\u202e", "\u2066", "\u200f", "\x00"} & set(seen.text)
    assert "x" * 200 not in seen.text


@pytest.mark.parametrize("state", [*DECIDED, *UNDECIDED])
async def test_no_page_holds_a_script_or_a_style_of_its_own(
    counter: Counter, visitor: Visitor, state: str
) -> None:
    payment = await counter.confirm()
    await (DECIDED | UNDECIDED)[state](counter, payment)
    token = counter.token(payment)
    seen = await visitor.get(link(token) if state in DECIDED else page(token))
    assert "<h1>" in seen.text
    for forbidden in ("<script", "<style", " style=", "http-equiv", "onclick"):
        assert forbidden not in seen.text


async def broken_ports(trouble: Exception) -> tuple[Ports, Payment]:
    store = BrokenStore()
    ports = make_ports(store=store)
    await seed(ports)
    payment = await Counter(ports, ScriptedBank(), SettableClock()).confirm()
    store.trouble = trouble
    return ports, payment


async def test_a_store_that_is_gone_is_told_as_such_and_the_page_tries_again() -> None:
    ports, payment = await broken_ports(StorageUnavailable("locked"))
    counter = Counter(ports, ScriptedBank(), SettableClock())
    seen = await Visitor(counter).get(link(counter.token(payment)), {"Accept-Language": "ar"})
    assert seen.status == 503
    assert (seen.headers["retry-after"], seen.headers["refresh"]) == ("5", "5")
    assert says(seen, ARABIC, Notice.UNAVAILABLE)
    check_guarded(seen)


async def test_an_error_of_ours_becomes_a_page_and_is_reported_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ports, payment = await broken_ports(KeyError("a secret in the words"))
    counter = Counter(ports, ScriptedBank(), SettableClock())
    with caplog.at_level(logging.ERROR, logger="fils"):
        seen = await Visitor(counter).get(link(counter.token(payment)), {"Accept-Language": "en"})
    assert seen.status == 500
    assert says(seen, ENGLISH, Notice.FAILED)
    assert "KeyError" in caplog.text
    assert "a secret in the words" not in caplog.text
    assert counter.token(payment) not in caplog.text
    check_guarded(seen)
