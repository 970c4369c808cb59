"""The sandbox's home."""

from __future__ import annotations

import html
import json
import shlex

from fils.domain.evidence import Outcome
from fils.pages.home import confirm_call, create_call
from tests.support.api_client import documented_request
from tests.support.application_ports import BASE_URL, CHANNEL, SECRET_KEY
from tests.support.payment_states import Counter
from tests.unit.pages.visitor import Visitor


async def test_home_shows_what_a_shop_needs_and_is_kept_nowhere() -> None:
    seen = await Visitor(await Counter.open()).get("/")
    text = html.unescape(seen.text)
    assert seen.status == 200
    assert "SANDBOX" in text
    assert create_call(BASE_URL, secret_key=SECRET_KEY, channel_id=CHANNEL.id) in text
    assert confirm_call(BASE_URL, secret_key=SECRET_KEY) in text
    assert 'href="/shop?lang=en"' in text
    assert 'href="/shop?lang=ar"' in text
    assert "None yet" in text
    assert seen.headers["cache-control"] == "no-store"


def test_the_printed_call_is_the_documented_request() -> None:
    words = shlex.split(create_call(BASE_URL, secret_key=SECRET_KEY, channel_id=CHANNEL.id))
    assert words[:3] == ["curl", "-sS", f"{BASE_URL}/payments/setups"]
    assert f"Authorization: Bearer {SECRET_KEY}" in words
    assert json.loads(words[words.index("-d") + 1]) == documented_request()


async def test_home_lists_the_ten_latest_payments_newest_first() -> None:
    counter = await Counter.open()
    payments = [await counter.confirm(reference=f"order {number}") for number in range(11)]
    await counter.end(payments[-1], Outcome.CAPTURED)
    text = (await Visitor(counter).get("/")).text
    assert payments[0].id not in text
    assert text.index(payments[10].id) < text.index(payments[9].id) < text.index(payments[1].id)
    assert '<span class="badge badge-good">Captured</span>' in text.split(payments[10].id)[0]
    assert "KD 1.000" in text


async def test_a_reference_on_home_cannot_be_markup_or_turn_the_line_round() -> None:
    counter = await Counter.open()
    await counter.confirm(reference="<b>\u202e1</b>")
    text = (await Visitor(counter).get("/")).text
    assert "<bdi>&lt;b&gt;1&lt;/b&gt;</bdi>" in text
