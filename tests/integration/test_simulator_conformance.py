"""
The least that a simulator of KNET has to do, item by item, over real HTTP.

The items are those that independent KNET clients and KNET's own sample pages rely on. Each test is named after its
item.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fils.domain.money import KWD, Money
from fils.knet.wire import (
    InquiryRequest,
    InquiryResponse,
    NotificationMode,
    PipeError,
    RefundRequest,
    SearchKey,
    TerminalKey,
    decrypt,
    encrypt,
    read_error_return,
    read_payment_response,
    redirect_answer,
    write_inquiry_request,
    write_refund_request,
)
from tests.support.simulated_bank import (
    AMOUNT,
    APPROVING,
    DECLINING,
    HOST_TIMEOUT,
    KEY,
    LATE_CAPTURE,
    LONGEST_REVERSAL,
    PASSWORD,
    TERMINAL_ID,
    Bank,
    MerchantServer,
    MovableClock,
    banking,
    error_in,
    form_in,
    hidden_fields,
    merchant_serving,
)
from tests.unit.knet.wire.vectors import REQUEST_TEXT, REQUEST_TRANDATA

BankWith = Callable[..., AbstractAsyncContextManager[Bank]]

NOTHING: Mapping[str, str] = {}
SHOP = "https://merchant.example"
"""The merchant of the known vectors."""
ENDED = re.compile(
    r"paymentid=[0-9]{18}&result=(?P<result>CAPTURED|NOT\+CAPTURED)&auth=(?P<auth>[0-9B]{6}|B[0-9]{5})&avr=N"
    r"&ref=[0-9]{12}&tranid=[0-9]{15}&postdate=[0-9]{4}&trackid=TRK1&udf1=order7&udf2=&udf3=&udf4=&udf5="
    r"&amt=1\.500&authRespCode=(?P<code>[0-9]{2})&"
)
CANCELED = re.compile(
    r"paymentid=[0-9]{18}&result=CANCELED&auth=&avr=N&ref=&tranid=&postdate=&trackid=TRK1&udf1=order7"
    r"&udf2=&udf3=&udf4=&udf5=&amt=1\.500&"
)


@pytest.fixture
async def merchant() -> AsyncIterator[MerchantServer]:
    async with merchant_serving() as server:
        yield server


@pytest.fixture
def bank_with(merchant: MerchantServer, tmp_path: Path) -> BankWith:
    def opening(**others: Any) -> AbstractAsyncContextManager[Bank]:
        return banking(merchant, tmp_path / "bank.db", MovableClock(), **others)

    return opening


@pytest.fixture
async def bank(bank_with: BankWith) -> AsyncIterator[Bank]:
    async with bank_with() as running:
        yield running


async def start(
    bank: Bank, plaintext: str, *, key: TerminalKey = KEY, outer: Mapping[str, str] = NOTHING
) -> str:
    """Start a payment with a message written by hand, and return where the browser is sent."""
    fields = {
        "param": "paymentInit",
        "trandata": encrypt(plaintext, key),
        "tranportalId": TERMINAL_ID,
        "responseURL": f"{bank.merchant.base_url}/knet/response",
        "errorURL": f"{bank.merchant.base_url}/knet/error",
    }
    answer, _ = await bank.get(f"/kpg/PaymentHTTP.htm?{urlencode({**fields, **outer})}")
    assert answer.status == 302
    return answer.headers["Location"]


def message(bank: Bank, **changes: str) -> str:
    """A start message as KNET's sample writes it."""
    fields = {
        "id": TERMINAL_ID,
        "password": PASSWORD,
        "action": "1",
        "langid": "EN",
        "currencycode": "414",
        "amt": "1.500",
        "responseURL": f"{bank.merchant.base_url}/knet/response",
        "errorURL": f"{bank.merchant.base_url}/knet/error",
        "trackid": "TRK1",
        "udf1": "order7",
    }
    return "&".join(f"{name}={value}" for name, value in (fields | changes).items())


def leads_to_a_card_page(location: str) -> bool:
    return location.startswith("/kpg/paymentpage.htm?PaymentID=")


async def set_faults(bank: Bank, **faults: object) -> None:
    """Make things go wrong for the whole terminal, by the control API."""
    url = f"{bank.base_url}/kpg/control/faults"
    headers = {"Authorization": "Basic OTk5OTAxOnNpbXBhc3MwMQ==", "Content-Type": "application/json"}
    async with bank.browser.put(url, data=json.dumps(faults), headers=headers) as response:
        assert response.status == 200


# 1. V1 decrypts; a trailing &, any order, upper and lower case hex are accepted.


@pytest.mark.parametrize("trandata", [REQUEST_TRANDATA, REQUEST_TRANDATA.upper()], ids=["lower", "upper"])
async def test_item_1_known_request_is_read(bank_with: BankWith, trandata: str) -> None:
    known_shop = {"allowed_hosts": frozenset({"merchant.example"})}
    async with bank_with(of_settings=known_shop, error_origins=frozenset({SHOP})) as bank:
        urls = {"responseURL": f"{SHOP}/knet/response", "errorURL": f"{SHOP}/knet/error"}
        outer = urls | {"trandata": trandata}
        assert leads_to_a_card_page(await start(bank, REQUEST_TEXT, outer=outer))


async def test_item_1_trailing_separator_and_any_order_are_read(bank: Bank) -> None:
    text = message(bank)
    locations = [
        await start(bank, f"{text}&"),
        await start(bank, "&".join(sorted(text.split("&")))),
        await start(bank, "&".join(reversed(text.split("&")))),
    ]

    assert leads_to_a_card_page(locations[0])
    assert len(set(locations)) == 1  # the same order each time


@pytest.mark.parametrize("language", ["EN", "USA", "ENG", "AR", "ARA"])
async def test_item_1_every_spelling_of_a_language_is_read(bank: Bank, language: str) -> None:
    assert leads_to_a_card_page(await start(bank, message(bank, langid=language)))


# 2. The redirect to the card page carries a payment id of 18 digits.


async def test_item_2_payment_id_has_18_digits(bank: Bank) -> None:
    location = await start(bank, message(bank))

    assert re.fullmatch(r"/kpg/paymentpage\.htm\?PaymentID=[0-9]{18}", location)


# 3. The approving expiry is captured, in V2's shape; any other is declined.


@pytest.mark.parametrize("amount", ["1.500", "1.5"])
async def test_item_3_approving_expiry_is_captured(bank: Bank, amount: str) -> None:
    page, html = await bank.get(await start(bank, message(bank, amt=amount)))
    assert page.status == 200
    await bank.confirm(hidden_fields(html), APPROVING)

    [body] = bank.merchant.bodies
    told = ENDED.fullmatch(decrypt(body.decode(), KEY))
    assert told is not None
    assert (told["result"], told["code"], told["auth"][0]) == ("CAPTURED", "00", "B")


async def test_item_3_other_expiry_is_declined(bank: Bank) -> None:
    await bank.pay(DECLINING)

    [body] = bank.merchant.bodies
    told = ENDED.fullmatch(decrypt(body.decode(), KEY))
    assert told is not None
    assert (told["result"], told["auth"]) == ("NOT+CAPTURED", "000000")
    assert told["code"] in ("05", "55")


# 4. A cancelled payment has V3's shape, without authRespCode.


async def test_item_4_cancelled_payment_has_no_response_code(bank: Bank) -> None:
    await bank.cancel()

    [body] = bank.merchant.bodies
    assert CANCELED.fullmatch(decrypt(body.decode(), KEY))


# 5. Mode N: bare hex; the browser follows a correct REDIRECT= line only; all else reverses.


async def test_item_5_body_is_bare_upper_case_hex_and_the_browser_follows_the_answer(bank: Bank) -> None:
    answer, _ = await bank.pay()

    [body] = bank.merchant.bodies
    assert re.fullmatch(b"([0-9A-F]{32})+", body)
    assert (answer.status, answer.headers["Location"]) == (303, "http://shop.example/back")


@pytest.mark.parametrize(
    "answer",
    [
        lambda: Response(redirect_answer("http://shop.example/back"), 500),
        lambda: PlainTextResponse("<html>REDIRECT=http://shop.example/back</html>"),
        lambda: PlainTextResponse(""),
        lambda: RedirectResponse("http://shop.example/back", 302),
        lambda: PlainTextResponse("REDIRECT=javascript:alert(1)"),
        lambda: PlainTextResponse("REDIRECT=http://shop.example/" + "x" * 9_000),
    ],
    ids=["status 500", "html", "empty", "http redirect", "another scheme", "too long"],
)
async def test_item_5_wrong_answer_reverses(bank: Bank, answer: Callable[[], Response]) -> None:
    bank.merchant.answer = answer

    await expect_reversal(bank)


async def test_item_5_slow_answer_reverses(bank: Bank) -> None:
    bank.merchant.fall_silent()

    await expect_reversal(bank)


async def test_item_5_refused_connection_reverses(bank: Bank) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/knet/response"
        page, html = await bank.get(
            await start(bank, message(bank, responseURL=nobody), outer={"responseURL": nobody})
        )
        assert page.status == 200
        answer, html = await bank.confirm(hidden_fields(html), APPROVING)

    assert (answer.status, "IPAY0100249" in html) == (502, True)
    await bank.pass_time(LONGEST_REVERSAL)
    assert await bank.word() == "FAILURE(VOIDED)"


async def expect_reversal(bank: Bank) -> None:
    answer, html = await bank.pay()

    assert (answer.status, "IPAY0100249" in html) == (502, True)
    assert await bank.word() == "CAPTURED"
    assert await bank.pass_time(LONGEST_REVERSAL) == 1
    assert await bank.word() == "FAILURE(VOIDED)"


# 6. Mode L: the browser's form carries paymentid, trackid and trandata.


async def test_item_6_browser_posts_three_fields_to_response_url(bank_with: BankWith) -> None:
    async with bank_with(mode=NotificationMode.BROWSER) as bank:
        answer, page = await bank.pay()

        url, fields = form_in(page)
        told = read_payment_response(fields["trandata"], KEY)
        assert (answer.status, url) == (200, f"{bank.merchant.base_url}/knet/response")
        assert list(fields) == ["paymentid", "trackid", "trandata"]
        assert (fields["paymentid"], fields["trackid"]) == (told.payment_id, "TRK1")
        assert re.fullmatch("[0-9A-F]+", fields["trandata"])
        assert told.result == "CAPTURED"
        # Nobody acknowledges it, so nothing is given back either.
        await bank.pass_time(timedelta(hours=1))
        assert (bank.merchant.bodies, await bank.word()) == ([], "CAPTURED")


# 7. Errors come to errorURL in clear, by GET or by POST as the bank is set.


@pytest.mark.parametrize("by_post", [False, True])
async def test_item_7_error_of_a_start_is_in_clear(bank_with: BankWith, by_post: bool) -> None:
    async with bank_with(error_by_post=by_post) as bank:
        await bank.pay()
        answer, page = await bank.get(bank.start_url())

        told = read_error_return(form_in(page)[1]) if by_post else error_in(answer)
        assert (told.error, told.track_id, told.amount_text) == ("IPAY0100114", "TRK1", "1.500")


@pytest.mark.parametrize("by_post", [False, True])
async def test_item_7_error_of_an_order_is_in_clear(bank_with: BankWith, by_post: bool) -> None:
    async with bank_with(error_by_post=by_post) as bank:
        await set_faults(bank, cancel_at_error_url=True)
        answer, page = await bank.cancel()

        if by_post:
            url, fields = form_in(page)
        else:
            url, fields = answer.headers["Location"].partition("?")[0], {}
        told = read_error_return(fields) if by_post else error_in(answer)
        assert url == f"{bank.merchant.base_url}/knet/error"
        assert (told.error, told.track_id, told.amount_text) == ("IPAY0100048", "TRK1", "1.500")
        assert told.error_text.startswith("IPAY0100048 - ")
        assert re.fullmatch("[0-9]{18}", told.payment_id)


# 8. Inquiry: with and without a root, by every key, suspect, unknown, payid, the echo of udf5.


@pytest.mark.parametrize("wrap", ["{}", "<request>{}</request>", "<hash><request>{}</request></hash>"])
async def test_item_8_root_or_none_and_any_case_of_tags(bank: Bank, wrap: str) -> None:
    await bank.pay()
    xml = write_inquiry_request(
        InquiryRequest(TERMINAL_ID, PASSWORD, AMOUNT, "TRK1", SearchKey.TRACK_ID, "TRK1")
    )

    for body in (xml, xml.replace("transid>", "transId>"), f"{xml}<currencycode>414</currencycode>"):
        asked = await bank.ask(wrap.format(body))
        assert isinstance(asked, InquiryResponse)
        assert asked.result == "CAPTURED"


@pytest.mark.parametrize(
    ("spelling", "attribute"),
    [
        ("", "tran_id"),
        ("TransID", "tran_id"),
        ("TransactionID", "tran_id"),
        ("TrackID", "track_id"),
        ("PaymentID", "payment_id"),
        ("paymentid", "payment_id"),
        ("RefID", "ref"),
        ("SeqNum", "ref"),
    ],
)
async def test_item_8_every_key_in_every_spelling(bank: Bank, spelling: str, attribute: str) -> None:
    await bank.pay()
    [told] = bank.merchant.heard()

    status, answer = await bank.ask_raw(inquiry(getattr(told, attribute), spelling))

    assert status == 200
    assert b"<result>CAPTURED</result>" in answer
    assert f"<payid>{told.payment_id}</payid>".encode() in answer
    assert f"<udf5>{spelling}</udf5>".encode() in answer
    assert b"<authRespCode>00</authRespCode>" in answer


async def test_item_8_wrong_amount_is_suspect(bank: Bank) -> None:
    await bank.pay()

    assert await bank.word(amount=Money(1_501, KWD)) == "FAILURE(SUSPECT)"


async def test_item_8_unknown_order_has_the_error_form(bank: Bank) -> None:
    status, answer = await bank.ask_raw(inquiry("NEVERSEEN", "TrackID"))

    assert (status, answer) == (
        200,
        b"<error_code_tag>IPAY0100263</error_code_tag><error_service_tag>null</error_service_tag>"
        b"<result>!ERROR!-IPAY0100263-Transaction not found.</result>",
    )


async def test_item_8_unknown_key_is_refused(bank: Bank) -> None:
    asked = await bank.ask(inquiry("TRK1", "OrderID"))

    assert isinstance(asked, PipeError)
    assert asked.code == "IPAY0100231"


def inquiry(value: str, key: str) -> str:
    return (
        f"<id>{TERMINAL_ID}</id><password>{PASSWORD}</password><action>8</action><amt>1.500</amt>"
        f"<transid>{value}</transid><trackid>TRK1</trackid><udf5>{key}</udf5>"
    )


# 9. Refund: full, partial, repeated up to the total, over the total, of nothing known.


async def test_item_9_full_refund_is_captured_with_numbers_of_its_own(bank: Bank) -> None:
    await bank.pay()
    [told] = bank.merchant.heard()

    refund = await bank.ask(refund_of(AMOUNT))

    assert isinstance(refund, InquiryResponse)
    assert (refund.result, refund.payment_id, refund.track_id) == ("CAPTURED", told.payment_id, "TRK1")
    assert re.fullmatch("[0-9]{15}", refund.tran_id)
    assert refund.tran_id != told.tran_id
    assert refund.ref != told.ref
    # An inquiry by track id cannot tell that money went back.
    assert await bank.word() == "CAPTURED"


async def test_item_9_partial_refunds_add_up_to_the_total_and_no_further(bank: Bank) -> None:
    await bank.pay()
    part, rest = Money(1_000, KWD), Money(500, KWD)

    answers = [await bank.ask(refund_of(amount)) for amount in (part, part, rest, Money(1, KWD))]

    assert [word_of(answer) for answer in answers] == ["CAPTURED", "IPAY0100137", "CAPTURED", "IPAY0100137"]


async def test_item_9_refund_is_possible_by_every_key(bank: Bank) -> None:
    await bank.pay()
    [told] = bank.merchant.heard()

    for key, value in (("TransID", told.tran_id), ("PaymentID", told.payment_id), ("RefID", told.ref)):
        xml = inquiry(value, key).replace("<action>8<", "<action>2<").replace("1.500", "0.100")
        assert word_of(await bank.ask(xml)) == "CAPTURED"


@pytest.mark.parametrize("track_id", ["NEVERSEEN", "TRK2"])
async def test_item_9_refund_of_an_unknown_payment_is_an_error(bank: Bank, track_id: str) -> None:
    await bank.pay()
    await bank.open_card_page("TRK2")

    assert word_of(await bank.ask(refund_of(AMOUNT, track_id))) == "IPAY0100263"


async def test_item_9_refund_under_another_track_id_is_an_error(bank: Bank) -> None:
    await bank.pay()
    [told] = bank.merchant.heard()
    xml = inquiry(told.payment_id, "PaymentID").replace("<action>8<", "<action>2<")

    refund = await bank.ask(xml.replace("<trackid>TRK1<", "<trackid>TRK2<"))

    assert word_of(refund) == "IPAY0100263"


async def test_item_9_refund_of_what_is_not_captured_is_an_error(bank: Bank) -> None:
    await bank.pay(DECLINING, "DECLINED1")
    await bank.pay(HOST_TIMEOUT, "TIMEOUT1")
    bank.merchant.answer = bank.merchant.refuse
    await bank.pay(APPROVING, "REVERSED1")
    await bank.pass_time(LONGEST_REVERSAL)

    for track_id in ("DECLINED1", "TIMEOUT1", "REVERSED1"):
        assert word_of(await bank.ask(refund_of(AMOUNT, track_id))) == "IPAY0100134"


async def test_item_9_refund_of_nothing_is_an_error(bank: Bank) -> None:
    await bank.pay()

    assert word_of(await bank.ask(refund_of(Money(0, KWD)))) == "IPAY0100061"


def refund_of(amount: Money, track_id: str = "TRK1") -> str:
    return write_refund_request(RefundRequest(TERMINAL_ID, PASSWORD, amount, track_id))


def word_of(answer: InquiryResponse | PipeError) -> str | None:
    return answer.result if isinstance(answer, InquiryResponse) else answer.code


# 10. Wrong keys and credentials are told at the errorURL that came in clear.


async def test_item_10_wrong_key_is_reported_at_error_url(bank: Bank) -> None:
    location = await start(bank, message(bank), key=TerminalKey("ANOTHERKEY012345"))

    assert location.startswith(f"{bank.merchant.base_url}/knet/error?")
    assert "Error=IPAY0100176" in urlsplit(location).query


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "999902"}, "IPAY0100215"),
        ({"password": "simpass02"}, "IPAY0100015"),
        ({"password": "simpass02", "action": "9"}, "IPAY0100015"),
    ],
)
async def test_item_10_wrong_credentials_are_reported_first(
    bank: Bank, changes: dict[str, str], code: str
) -> None:
    location = await start(bank, message(bank, **changes))

    assert f"Error={code}" in urlsplit(location).query
    assert "trackid=TRK1" in urlsplit(location).query


@pytest.mark.parametrize(
    ("tranportal_id", "password", "code"),
    [("999902", PASSWORD, "IPAY0100215"), (TERMINAL_ID, "simpass02", "IPAY0100015")],
)
async def test_item_10_inquiry_with_wrong_credentials_is_refused(
    bank: Bank, tranportal_id: str, password: str, code: str
) -> None:
    request = InquiryRequest(tranportal_id, password, AMOUNT, "TRK1", SearchKey.TRACK_ID, "TRK1")

    assert word_of(await bank.ask(write_inquiry_request(request))) == code


async def test_item_10_inactive_terminal_is_refused_everywhere(bank_with: BankWith) -> None:
    async with bank_with(active=False) as bank:
        location = await start(bank, message(bank))
        asked = await bank.word()

    assert "Error=IPAY0100017" in urlsplit(location).query
    assert asked == "IPAY0100017"


# 11. What is finished stays so; what is late is refused.


async def test_item_11_finished_payment_is_not_opened_sent_or_started_again(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.confirm(hidden)

    page, opened = await bank.get(f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}")
    form, sent = await bank.post(hidden | {"cancel": "1"})
    again, _ = await bank.get(bank.start_url())

    assert (page.status, "IPAY0100047" in opened) == (409, True)
    assert (form.status, "IPAY0100055" in sent) == (409, True)
    assert error_in(again).code == "IPAY0100114"
    assert (len(bank.merchant.bodies), await bank.word()) == (1, "CAPTURED")


async def test_item_11_form_after_the_time_limit_is_refused(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    bank.clock.now += timedelta(minutes=15, seconds=1)

    answer, html = await bank.post(hidden | APPROVING)

    assert (answer.status, "IPAY0100042" in html) == (410, True)


# 12. The bank fails on purpose.


async def test_item_12_lost_notification(bank: Bank) -> None:
    await set_faults(bank, notification="lost")

    answer, _ = await bank.pay()

    assert (answer.status, bank.merchant.bodies) == (502, [])


async def test_item_12_delayed_notification(bank: Bank) -> None:
    await set_faults(bank, notification="late", notification_delay_seconds=90)
    await bank.pay()
    assert bank.merchant.bodies == []

    await bank.pass_time(timedelta(seconds=90))

    assert [told.result for told in bank.merchant.heard()] == ["CAPTURED"]


async def test_item_12_duplicate_notification(bank: Bank) -> None:
    await set_faults(bank, notification="repeated")

    await bank.pay()

    assert [told.result for told in bank.merchant.heard()] == ["CAPTURED", "CAPTURED"]


async def test_item_12_error_callback_after_success(bank: Bank) -> None:
    await set_faults(bank, error_after_success=True)

    answer, _ = await bank.pay()

    assert error_in(answer).code == "IPAY0100114"
    assert [told.result for told in bank.merchant.heard()] == ["CAPTURED"]


async def test_item_12_host_timeout_that_turns_out_captured(bank: Bank) -> None:
    await bank.pay(LATE_CAPTURE)
    [told] = bank.merchant.heard()

    assert (told.result, await bank.word()) == ("HOST TIMEOUT", "FAILURE(HOST TIMEOUT)")
    await bank.pass_time(bank.settings.capture_delay(told.payment_id))
    assert await bank.word() == "CAPTURED"
