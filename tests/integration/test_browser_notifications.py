"""Mode L on a real socket: the customer's browser carries KNET's news, and no browser is given a return secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from fils.domain.evidence import EvidenceKind, Outcome
from fils.domain.money import KWD, Money
from fils.domain.payment import PaymentStatus
from fils.knet.wire import NotificationMode
from tests.support.application_ports import CHANNEL
from tests.support.bank_edge import (
    NOTIFICATIONS,
    WRONG_KEY,
    BreakableStore,
    Edge,
    body_of,
    edge_with,
    header_of,
    status_of,
)

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def edge() -> AsyncIterator[Edge]:
    async with edge_with(BreakableStore(), NotificationMode.BROWSER) as running:
        yield running


def form(edge: Edge, trandata: str) -> str:
    """What KNET's page makes the browser post."""
    message = edge.message()
    return urlencode({"paymentid": message.payment_id, "trackid": message.track_id, "trandata": trandata})


async def evidence_kinds(edge: Edge) -> list[EvidenceKind]:
    return [item.kind for item in await edge.counter.ports.store.evidence(edge.payment.id)]


def sent_to_the_page(edge: Edge, answer: bytes) -> bool:
    return status_of(answer) == 303 and header_of(answer, b"location") == edge.page_url().encode()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "fils"]


async def test_the_browsers_form_is_asked_about_and_answered_by_a_redirect_to_the_payments_page(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    edge.counter.bank.answers.append(edge.counter.statement(Outcome.CAPTURED))
    answer = await edge.notify(form(edge, edge.trandata()), media_type=FORM)
    assert sent_to_the_page(edge, answer)
    assert header_of(answer, b"cache-control") == b"no-store"
    assert header_of(answer, b"referrer-policy") == b"no-referrer"
    assert (await edge.return_secret()).encode() not in answer
    assert b"REDIRECT" not in answer
    assert await edge.status() is PaymentStatus.CAPTURED
    assert await evidence_kinds(edge) == [EvidenceKind.BROWSER_NOTIFICATION, EvidenceKind.INQUIRY]
    assert warnings(caplog) == []


@pytest.mark.parametrize("fields", [("paymentid",), ("trackid",), ()], ids=str)
async def test_the_form_is_the_browsers_also_without_fields_in_clear(
    edge: Edge, fields: tuple[str, ...]
) -> None:
    values = dict.fromkeys(fields, "1") | {"trandata": edge.trandata()}
    assert sent_to_the_page(edge, await edge.notify(urlencode(values), media_type=FORM))
    assert await evidence_kinds(edge) == [EvidenceKind.BROWSER_NOTIFICATION]


async def test_what_the_form_says_in_clear_is_not_believed(edge: Edge) -> None:
    values = {"paymentid": "1", "trackid": "ANOTHER", "trandata": edge.trandata()}
    assert sent_to_the_page(edge, await edge.notify(urlencode(values), media_type=FORM))


async def test_trandata_alone_is_knets_server_where_the_terminal_is_set_so() -> None:
    async with edge_with(BreakableStore(), NotificationMode.SERVER_TO_SERVER) as edge:
        answer = await edge.notify(f"trandata={edge.trandata()}", media_type=FORM)
        assert (await edge.return_secret()).encode() in body_of(answer)


async def test_bare_hex_for_a_terminal_in_mode_l_is_acknowledged_without_a_secret_and_told_of(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    _, _, answer = [await edge.notify(edge.trandata()) for _ in range(3)]
    assert (status_of(answer), body_of(answer)) == (200, f"REDIRECT={edge.page_url()}".encode())
    assert warnings(caplog) == [
        f"KNET's news for terminal {CHANNEL.terminal_id} came in mode N, and the terminal is set to mode L:"
        " set it as the bank has it"
    ]
    edge.counter.bank.answers.append(edge.counter.statement(Outcome.CAPTURED))
    await edge.counter.settle(edge.payment)
    assert await edge.status() is PaymentStatus.PENDING


async def test_a_browsers_form_for_a_terminal_in_mode_n_is_redirected_and_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with edge_with(BreakableStore(), NotificationMode.SERVER_TO_SERVER) as edge:
        edge.counter.bank.answers.append(edge.counter.statement(Outcome.CAPTURED))
        body = form(edge, edge.trandata())
        _, _, answer = [await edge.notify(body, media_type=FORM) for _ in range(3)]
        assert sent_to_the_page(edge, answer)
        assert (await edge.return_secret()).encode() not in answer
        assert await edge.status() is PaymentStatus.PENDING
    assert warnings(caplog) == [
        f"KNET's news for terminal {CHANNEL.terminal_id} came in mode L, and the terminal is set to mode N:"
        " set it as the bank has it"
    ]


async def test_what_nobody_can_read_tells_of_no_terminal(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    await edge.notify(edge.trandata(WRONG_KEY))
    assert [line for line in warnings(caplog) if "set to mode" in line] == []


async def test_a_wrong_amount_is_kept_and_the_browser_is_sent_on(edge: Edge) -> None:
    answer = await edge.notify(form(edge, edge.trandata(amount=Money(2000, KWD))), media_type=FORM)
    assert sent_to_the_page(edge, answer)
    assert await evidence_kinds(edge) == [EvidenceKind.BROWSER_NOTIFICATION]


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_an_error_in_clear_at_the_response_url_is_no_more_than_a_browser_at_error_url(
    edge: Edge, method: str
) -> None:
    track_id = edge.message().track_id
    fields = urlencode({"ErrorText": "IPAY0100048 - Cancelled", "trackid": track_id, "result": "CAPTURED"})
    if method == "POST":
        answer = await edge.notify(fields, media_type=FORM)
    else:
        answer = await edge.send("GET", f"{NOTIFICATIONS}?{fields}")
    assert sent_to_the_page(edge, answer)
    assert await evidence_kinds(edge) == [EvidenceKind.ERROR_RETURN]
    assert await edge.status() is PaymentStatus.PENDING
    assert edge.counter.bank.inquiries == []


async def test_what_cannot_be_read_is_refused_like_everything_else(edge: Edge) -> None:
    expected = await edge.notify("zz")
    for body in (form(edge, edge.trandata(WRONG_KEY)), form(edge, "00" * 32), "Error=1", "trackid=1"):
        assert await edge.notify(body, media_type=FORM) == expected
    assert await edge.send("GET", NOTIFICATIONS) == expected


async def test_a_browser_is_told_when_its_news_cannot_be_stored() -> None:
    async with edge_with(BreakableStore(), NotificationMode.BROWSER) as edge:
        edge.store.broken = True
        assert status_of(await edge.notify(form(edge, edge.trandata()), media_type=FORM)) == 503
        edge.store.broken = False
        assert sent_to_the_page(edge, await edge.notify(form(edge, edge.trandata()), media_type=FORM))
