"""The bank's inbound edge on a real socket: what is acknowledged, and that every refusal is one and the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from fils.domain.evidence import EvidenceKind
from fils.domain.money import KWD, Money
from fils.domain.payment import PaymentStatus
from fils.knet import wire
from fils.knet.refusals import REFUSALS_APART_S, REFUSALS_AT_ONCE, REFUSED_AFTER_S
from fils.knet.terminals import TerminalBook
from fils.telemetry.lines import LineRecord
from tests.support.application_ports import CHANNEL
from tests.support.bank_edge import (
    ERRORS,
    KEY,
    NOTIFICATIONS,
    OLD_KEY,
    PUBLIC_URL,
    WRONG_KEY,
    BreakableStore,
    Edge,
    body_of,
    edge_with,
    header_of,
    status_of,
)


@pytest.fixture
async def edge() -> AsyncIterator[Edge]:
    async with edge_with(BreakableStore()) as running:
        yield running


# Acknowledged


@pytest.mark.parametrize("media_type", ["", "text/html", "application/x-www-form-urlencoded"])
async def test_a_bare_hex_notification_is_acknowledged(edge: Edge, media_type: str) -> None:
    answer = await edge.notify(edge.trandata(), media_type=media_type)
    assert status_of(answer) == 200
    url = f"{PUBLIC_URL}/knet-external/return/{await edge.return_secret()}"
    assert body_of(answer) == f"REDIRECT={url}".encode()
    (evidence,) = await edge.counter.ports.store.evidence(edge.payment.id)
    assert evidence.kind is EvidenceKind.NOTIFICATION
    assert await edge.status() is PaymentStatus.PENDING


async def test_a_form_notification_is_acknowledged_the_same(edge: Edge) -> None:
    trandata = edge.trandata()
    bare = await edge.notify(trandata)
    assert await edge.notify(f"trandata={trandata}", media_type="application/x-www-form-urlencoded") == bare
    assert await edge.notify(f"\r\n{trandata}\r\n") == bare


async def test_after_a_rotation_an_attempt_that_is_under_way_is_told_of_with_either_key() -> None:
    async with edge_with(BreakableStore(), started_before_rotation=True) as edge:
        old = await edge.notify(edge.trandata(OLD_KEY))
        assert (await edge.return_secret()).encode() in body_of(old)
        assert await edge.notify(edge.trandata()) == old


async def test_an_old_key_tells_of_no_attempt_that_is_closed_and_the_new_one_does() -> None:
    async with edge_with(BreakableStore(), started_before_rotation=True) as edge:
        refused = await edge.notify("zz")
        edge.counter.clock.move(timedelta(minutes=50))
        assert await edge.notify(edge.trandata(OLD_KEY)) == refused
        assert await edge.counter.ports.store.evidence(edge.payment.id) == ()
        assert status_of(await edge.notify(edge.trandata())) == 200


async def test_a_terminal_that_another_node_added_is_looked_up(edge: Edge) -> None:
    book = edge.counter.ports.terminals
    assert isinstance(book, TerminalBook)
    known = book.versions(CHANNEL.terminal_id)
    book.refill(())
    readings: list[str] = []

    async def read_again() -> None:
        readings.append("read")
        book.refill(known)

    book.when_unknown(read_again)
    assert status_of(await edge.notify(edge.trandata())) == 200
    assert readings == ["read"]
    # What a known terminal's keys do not open makes nobody read: the time of that would follow the padding.
    refused = await edge.notify(edge.trandata(WRONG_KEY))
    assert readings == ["read"]
    book.when_unknown(_find_nothing)
    unknown = NOTIFICATIONS.replace(CHANNEL.terminal_id, "trm_unknown")
    assert await edge.notify(edge.trandata(), target=unknown) == refused


async def _find_nothing() -> None:
    """The store has no such terminal either."""


@pytest.mark.parametrize("result", ["NOT CAPTURED", "CANCELED", "HOST TIMEOUT", "SOMETHING NEW"])
async def test_other_results_are_acknowledged(edge: Edge, result: str) -> None:
    assert status_of(await edge.notify(edge.trandata(result=result))) == 200


# Refused


def with_bad_padding(trandata: str) -> str:
    """The last octet of the block before the last, turned: the padding of the last comes out wrong."""
    octets = bytearray.fromhex(trandata)
    octets[-17] ^= 0xFF
    return octets.hex()


def refusals(edge: Edge) -> dict[str, tuple[str, str | bytes]]:
    """Everything that must not be acknowledged: what it is, where it goes, and what is sent."""
    right = edge.trandata()
    elsewhere = "/knet/notifications/trm_aaaaaaaaaaaaaaaaaaaaaaaaaa"
    reflected = wire.write_payment_request(
        wire.PaymentRequest(
            tranportal_id="888801",
            password="simpass01",
            language=wire.Language.ENGLISH,
            amount=Money(1000, KWD),
            response_url="http://127.0.0.1/r",
            error_url="http://127.0.0.1/e",
            track_id=edge.message().track_id,
        ),
        KEY,
    )
    named = {"paymentid": "1", "trackid": edge.message().track_id}
    bodies: dict[str, str | bytes] = {
        "wrong key": edge.trandata(WRONG_KEY),
        "bad padding": with_bad_padding(right),
        "cut": right[:-32],
        "half a block": right[:-16],
        "an odd digit": right[:-1],
        "no hex": "zz" + right[2:],
        "nothing": b"",
        "blank": b"   \r\n",
        "zeros": "00" * 32,
        "garbage that decrypts": wire.encrypt("garbage", KEY),
        "a duplicate field": wire.encrypt("result=CAPTURED&result=CAPTURED&paymentid=1", KEY),
        "no result": wire.encrypt(f"paymentid=1&trackid={edge.message().track_id}&amt=1.000", KEY),
        "unknown track id": edge.trandata(track_id="UNKNOWN1"),
        "another amount": edge.trandata(amount=Money(1001, KWD)),
        "a reflected request": reflected,
        "an older key than the attempt's": edge.trandata(OLD_KEY),
        "the browser's form with an older key": urlencode({**named, "trandata": edge.trandata(OLD_KEY)}),
        "the browser's form about nothing": urlencode(
            {**named, "trandata": edge.trandata(track_id="UNKNOWN1")}
        ),
        "the browser's form with the wrong key": urlencode({**named, "trandata": edge.trandata(WRONG_KEY)}),
        "the browser's form with bad padding": urlencode({**named, "trandata": with_bad_padding(right)}),
        "an error about nothing": urlencode({"Error": "IPAY0100048", "trackid": "UNKNOWN1"}),
        "an error and trandata": urlencode({"Error": "IPAY0100048", "trandata": right}),
        "an unknown field": urlencode({"trandata": right, "more": "1"}),
        "an empty form": "trandata=",
        "JSON": '{"trandata": "' + right + '"}',
        "octets": bytes(range(256)),
        "long": "ab" * 20_000,
        "too long": "ab" * 40_000,
    }
    return {
        "unknown terminal": (elsewhere, right),
        **{name: (NOTIFICATIONS, body) for name, body in bodies.items()},
    }


async def test_every_refusal_is_the_same_to_the_octet(edge: Edge) -> None:
    answers = {
        name: await edge.notify(body, target=target) for name, (target, body) in refusals(edge).items()
    }
    (expected,) = {answers["bad padding"]}
    assert status_of(expected) == 400
    assert {name: answer for name, answer in answers.items() if answer != expected} == {}
    assert await edge.status() is PaymentStatus.PENDING


async def test_no_refusal_comes_early_so_that_its_time_tells_nothing(edge: Edge) -> None:
    loop = asyncio.get_running_loop()

    async def measure(body: str | bytes, target: str) -> float:
        began = loop.time()
        await edge.notify(body, target=target)
        return loop.time() - began

    measured = await asyncio.gather(*(measure(body, target) for target, body in refusals(edge).values()))
    # The loop's clock ticks in milliseconds.
    assert min(measured) >= REFUSED_AFTER_S - 0.002


async def test_a_body_that_dawdles_does_not_use_up_the_time_that_hides_the_work_on_it(edge: Edge) -> None:
    loop = asyncio.get_running_loop()
    body = with_bad_padding(edge.trandata()).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(f"POST {NOTIFICATIONS} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    writer.write(body[:-1])
    await asyncio.sleep(REFUSED_AFTER_S)
    ended_at = loop.time()
    writer.write(body[-1:])
    assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    assert loop.time() - ended_at >= REFUSED_AFTER_S - 0.002
    writer.close()
    await writer.wait_closed()


async def test_who_is_refused_often_waits_in_line_and_what_is_valid_does_not(edge: Edge) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    refused = [asyncio.ensure_future(edge.notify("zz")) for _ in range(REFUSALS_AT_ONCE + 10)]
    assert status_of(await edge.notify(edge.trandata())) == 200
    assert not all(answer.done() for answer in refused)
    assert len(set(await asyncio.gather(*refused))) == 1
    assert loop.time() - began >= 10 * REFUSALS_APART_S - 0.002


async def test_whatever_an_answer_of_knet_says_it_is_acknowledged_or_refused(edge: Edge) -> None:
    """Only who has the key can write these, and a 500 would tell a guesser that the padding was right."""
    right = edge.message()
    fields = {"paymentid": right.payment_id, "result": "CAPTURED", "trackid": right.track_id, "amt": "1.000"}
    values = (
        "",
        "0",
        "-1",
        "1e9",
        "9" * 300,
        "%00",
        "%zz",
        "%ff",
        "a\0b",
        "<x>",
        "'",
        "\r\n",
        "=",
        "1.0000",
        "NaN",
        "\x7f",
    )
    texts = [
        "&".join(f"{name}={value}" for name, value in {**fields, name: value, extra: value}.items())
        for name in (*fields, "auth", "avr", "ref", "tranid", "postdate", "authRespCode", "udf1")
        for extra in (name, "udf5")
        for value in values
    ]
    answers = await asyncio.gather(*(edge.notify(wire.encrypt(text, KEY)) for text in texts))
    assert {status_of(answer) for answer in answers} <= {200, 400}
    assert await edge.status() is PaymentStatus.PENDING


async def test_refusals_do_not_fill_the_log(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    await asyncio.gather(*(edge.notify("zz") for _ in range(20)))
    lines = [record for record in caplog.records if isinstance(record, LineRecord)]
    assert [(line.event, line.values) for line in lines] == [
        ("message_refused", {"reason": "not_ours", "count": 1})
    ]


async def test_what_holds_a_secret_is_kept_by_no_cache(edge: Edge) -> None:
    for answer in (await edge.notify(edge.trandata()), await edge.notify("zz")):
        assert header_of(answer, b"cache-control") == b"no-store"
        assert header_of(answer, b"x-content-type-options") == b"nosniff"


async def test_another_payment_id_is_refused_the_same(edge: Edge) -> None:
    expected = await edge.notify("zz")
    assert status_of(await edge.notify(edge.trandata())) == 200
    assert await edge.notify(edge.trandata(payment_id="1")) == expected


async def test_what_cannot_be_stored_is_not_acknowledged() -> None:
    async with edge_with(BreakableStore()) as edge:
        edge.store.broken = True
        answer = await edge.notify(edge.trandata())
        assert (status_of(answer), body_of(answer)) == (503, b"")
        assert status_of(await edge.send("GET", f"{ERRORS}?trackid={edge.message().track_id}")) == 503
        edge.store.broken = False
        assert status_of(await edge.notify(edge.trandata())) == 200


async def test_a_sender_that_hangs_up_leaves_nothing_behind(edge: Edge) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(f"POST {NOTIFICATIONS} HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nab".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert status_of(await edge.notify(edge.trandata())) == 200
    assert len(await edge.counter.ports.store.evidence(edge.payment.id)) == 1


# errorURL


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_browser_at_error_url_is_sent_to_the_payments_page_and_proves_nothing(
    edge: Edge, method: str
) -> None:
    fields = urlencode(
        {
            "Error": "IPAY0100048",
            "ErrorText": "Cancelled",
            "trackid": edge.message().track_id,
            "result": "CAPTURED",
        }
    )
    if method == "GET":
        answer = await edge.send("GET", f"{ERRORS}?{fields}")
    else:
        media_type = "application/x-www-form-urlencoded"
        answer = await edge.send("POST", ERRORS, fields.encode(), media_type=media_type)
    assert status_of(answer) == 303
    assert header_of(answer, b"location") == edge.page_url().encode()
    assert header_of(answer, b"cache-control") == b"no-store"
    assert header_of(answer, b"referrer-policy") == b"no-referrer"
    (evidence,) = await edge.counter.ports.store.evidence(edge.payment.id)
    assert (evidence.kind, evidence.statement) == (EvidenceKind.ERROR_RETURN, None)
    assert await edge.status() is PaymentStatus.PENDING
    assert edge.counter.bank.inquiries == []


async def test_a_browser_that_only_asks_for_the_head_at_error_url_leaves_nothing_behind(edge: Edge) -> None:
    answer = await edge.send("HEAD", f"{ERRORS}?trackid={edge.message().track_id}")
    assert status_of(answer) == 200
    assert header_of(answer, b"location") is None
    assert await edge.counter.ports.store.evidence(edge.payment.id) == ()


async def test_error_url_refuses_what_names_no_payment_as_a_notification_is_refused(edge: Edge) -> None:
    expected = await edge.notify("zz")
    track_id = edge.message().track_id
    for target in (
        ERRORS,
        f"{ERRORS}?trackid=UNKNOWN1",
        f"{ERRORS}?trackid={track_id}&ErrorText=%00",
        f"{ERRORS}?trackid={'a' * 256}",
        f"/knet/errors/trm_aaaaaaaaaaaaaaaaaaaaaaaaaa?trackid={track_id}",
    ):
        assert await edge.send("GET", target) == expected
    for body in (b"", b"\xff\xfe", b"trackid=UNKNOWN1", b"trackid=1&trackid=2", b"a" * 70_000):
        assert await edge.send("POST", ERRORS, body) == expected
