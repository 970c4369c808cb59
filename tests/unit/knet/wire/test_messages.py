from __future__ import annotations

from dataclasses import replace

import pytest

from fils.domain.money import KWD, Money
from fils.knet.wire import (
    Language,
    MessageInvalid,
    MessageUnreadable,
    PaymentRequest,
    PaymentResponse,
    encrypt,
    payment_start_url,
    read_payment_request,
    read_payment_response,
    write_payment_request,
    write_payment_response,
)
from tests.unit.knet.wire import vectors
from tests.unit.knet.wire.vectors import KEY

REQUEST = PaymentRequest(
    tranportal_id="999901",
    password="simpass01",
    language=Language.ENGLISH,
    amount=Money(1_500, KWD),
    response_url="https://merchant.example/knet/response",
    error_url="https://merchant.example/knet/error",
    track_id="TRK0000000001",
    udf1="order7",
)
CAPTURED = PaymentResponse(
    payment_id="100202600100000001",
    result="CAPTURED",
    track_id="TRK0000000001",
    amount=Money(1_500, KWD),
    auth="B12345",
    ref="600110000001",
    tran_id="202600100000002",
    post_date="0101",
    auth_resp_code="00",
    udf1="order7",
)
CANCELED = PaymentResponse("100202600100000003", "CANCELED", "TRK0000000002", Money(1_500, KWD))
NOT_CAPTURED = PaymentResponse(
    payment_id="100202600100000004",
    result="NOT CAPTURED",
    track_id="TRK0000000003",
    amount=Money(100, KWD),
    auth="000000",
    ref="600110000002",
    tran_id="202600100000005",
    post_date="0101",
    auth_resp_code="55",
)
RESPONSES = (
    (CAPTURED, vectors.CAPTURED_TRANDATA),
    (CANCELED, vectors.CANCELED_TRANDATA),
    (NOT_CAPTURED, vectors.NOT_CAPTURED_TRANDATA),
)


def read_text(plaintext: str) -> PaymentResponse:
    return read_payment_response(encrypt(plaintext, KEY), KEY)


def test_the_known_request_is_written_and_read_byte_for_byte() -> None:
    assert write_payment_request(REQUEST, KEY) == vectors.REQUEST_TRANDATA
    assert read_payment_request(vectors.REQUEST_TRANDATA, KEY) == REQUEST


@pytest.mark.parametrize(("message", "trandata"), RESPONSES, ids=["captured", "canceled", "not captured"])
def test_the_known_responses_are_written_and_read_byte_for_byte(
    message: PaymentResponse, trandata: str
) -> None:
    assert write_payment_response(message, KEY) == trandata
    assert read_payment_response(trandata, KEY) == message


def test_the_start_url_is_knets_redirect_with_both_urls_in_clear() -> None:
    assert payment_start_url("http://127.0.0.1:4140/kpg", REQUEST, KEY) == (
        "http://127.0.0.1:4140/kpg/PaymentHTTP.htm?param=paymentInit"
        f"&trandata={vectors.REQUEST_TRANDATA}&tranportalId=999901"
        "&responseURL=https://merchant.example/knet/response&errorURL=https://merchant.example/knet/error"
    )


def test_a_request_does_not_show_its_password() -> None:
    assert "simpass01" not in repr(REQUEST)


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (replace(REQUEST, tranportal_id=""), "id is empty"),
        (replace(REQUEST, password="a+b"), "password holds a character that may not be written"),
        (replace(REQUEST, amount=Money(1_000_000_000, KWD)), "amt is longer than 10 characters"),
        (
            replace(REQUEST, response_url="https://x/?a=1"),
            "responseURL holds a character that may not be written",
        ),
        (replace(REQUEST, error_url="https://" + "x" * 248), "errorURL is longer than 255 characters"),
        (replace(REQUEST, track_id="T" * 20), "trackid is longer than 19 characters"),
        (replace(REQUEST, track_id="T-1"), "trackid holds a character that may not be written"),
        (replace(REQUEST, udf2="a@b.example"), "udf2 holds a character that may not be written"),
        (replace(REQUEST, udf5="x" * 256), "udf5 is longer than 255 characters"),
    ],
    ids=[
        "id",
        "password",
        "amount",
        "response url",
        "error url",
        "long track id",
        "track id",
        "udf2",
        "udf5",
    ],
)
def test_a_request_that_would_break_is_not_written(message: PaymentRequest, fault: str) -> None:
    with pytest.raises(MessageInvalid) as refusal:
        write_payment_request(message, KEY)
    assert str(refusal.value) == fault


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (replace(CAPTURED, payment_id=""), "paymentid"),
        (replace(CAPTURED, result="A&B"), "result"),
        (replace(CAPTURED, udf3="a=b"), "udf3"),
        (replace(CAPTURED, auth_resp_code=""), "authRespCode"),
    ],
    ids=["payment id", "result", "udf3", "code"],
)
def test_a_response_that_would_break_is_not_written(message: PaymentResponse, field: str) -> None:
    with pytest.raises(MessageInvalid) as refusal:
        write_payment_response(message, KEY)
    assert refusal.value.field == field


def test_a_request_is_read_in_any_order_and_form_encoded() -> None:
    plaintext = (
        "udf1=order7&trackid=TRK0000000001&responseURL=https%3A%2F%2Fmerchant.example%2Fknet%2Fresponse&langid=USA"
        "&errorURL=https://merchant.example/knet/error&password=simpass01&id=999901&amt=1.500&currencycode=414"
        "&action=1&udf6=&"
    )
    assert read_payment_request(encrypt(plaintext, KEY), KEY) == REQUEST


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("action=1", "action=8"),
        ("currencycode=414", "currencycode=840"),
        ("langid=EN", "langid=FR"),
        ("amt=1.500", "amt=1.5"),
        ("&trackid=TRK0000000001", ""),
        ("id=999901", "id="),
        ("&udf5=", "&udf5=&result=CAPTURED"),
    ],
    ids=["action", "currency", "language", "amount", "no track id", "empty id", "unknown field"],
)
def test_a_request_of_another_kind_is_refused(old: str, new: str) -> None:
    plaintext = vectors.REQUEST_TEXT.replace(old, new)
    with pytest.raises(MessageUnreadable):
        read_payment_request(encrypt(plaintext, KEY), KEY)


def test_a_response_is_read_in_any_order_with_the_undocumented_fields_read_past() -> None:
    pieces = vectors.CAPTURED_TEXT.removesuffix("&").split("&")
    pieces[12:12] = ["udf6=a", "udf7=", "udf8=", "udf9=", "udf10="]
    assert read_text("&".join(pieces) + "&") == CAPTURED
    assert read_text("&".join(reversed(pieces))) == CAPTURED


def test_the_manuals_other_spelling_of_the_response_code_is_read() -> None:
    assert read_text(vectors.CAPTURED_TEXT.replace("authRespCode", "authResponseCode")) == CAPTURED


def test_an_empty_response_code_is_none() -> None:
    assert read_text(vectors.CAPTURED_TEXT.replace("authRespCode=00", "authRespCode=")).auth_resp_code is None


def test_fields_the_bank_leaves_out_are_empty() -> None:
    message = read_text("paymentid=1&result=HOST+TIMEOUT&trackid=T1&amt=0.100")
    assert message == PaymentResponse("1", "HOST TIMEOUT", "T1", Money(100, KWD), avr="")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("result=CAPTURED&", ""),
        ("result=CAPTURED", "result="),
        ("paymentid=100202600100000001&", ""),
        ("paymentid=100202600100000001", "paymentid="),
        ("paymentid=1", "paymentid=x"),
        ("&trackid=TRK0000000001", ""),
        ("amt=1.500", "amt="),
        ("amt=1.500", "amt=1.5"),
        ("udf1=order7", "udf1=%D8%AF"),
        ("udf1=order7", "udf1=a%26b"),
        ("udf1=order7", "udf1=order7&udf6=%D8%AF"),
        ("udf1=order7", "udf1=order7&unknown=1"),
        ("udf1=order7", "udf1=order7&udf1=order7"),
        ("authRespCode=00", "authRespCode=00&authResponseCode=00"),
        ("tranid=2", "tranid=\t"),
        ("auth=B12345", "auth=" + "B" * 21),
    ],
    ids=[
        *(
            "no result",
            "empty result",
            "no payment id",
            "empty payment id",
            "payment id of letters",
            "no track id",
        ),
        *(
            "empty amount",
            "short amount",
            "not ascii",
            "encoded separator",
            "udf6 not ascii",
            "unknown",
            "twice",
        ),
        *("two codes", "control character", "too long"),
    ],
)
def test_a_response_with_anything_wrong_is_refused(old: str, new: str) -> None:
    plaintext = vectors.CAPTURED_TEXT.replace(old, new)
    assert plaintext != vectors.CAPTURED_TEXT
    with pytest.raises(MessageUnreadable, match=r"^the message cannot be read$"):
        read_text(plaintext)


@pytest.mark.parametrize("secret", ["password=simpass01", "action=1"])
def test_a_reflected_request_is_refused(secret: str) -> None:
    with pytest.raises(MessageUnreadable):
        read_payment_response(vectors.REQUEST_TRANDATA, KEY)
    with pytest.raises(MessageUnreadable):
        read_text(f"{vectors.CAPTURED_TEXT}{secret}&")
