"""KNET's wire: what is written reads back, and nothing that comes raises anything but a ProtocolError."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fils.domain.money import KWD, Money
from fils.knet.wire import (
    ErrorReturn,
    InquiryRequest,
    InquiryResponse,
    Language,
    PaymentRequest,
    PaymentResponse,
    PipeError,
    PipeRequest,
    ProtocolError,
    RefundRequest,
    SearchKey,
    TerminalKey,
    decrypt,
    encrypt,
    parse_form,
    read_error_return,
    read_loose_amount,
    read_notification_body,
    read_payment_request,
    read_payment_response,
    read_pipe_request,
    read_pipe_response,
    read_redirect_answer,
    redirect_answer,
    write_error_return,
    write_inquiry_request,
    write_inquiry_response,
    write_payment_request,
    write_payment_response,
    write_pipe_error,
    write_refund_request,
)
from tests.unit.knet.wire.vectors import KEY

ALPHANUMERIC = string.ascii_letters + string.digits
VISIBLE = "".join(chr(code) for code in range(0x21, 0x7F))
UNRESERVED = "".join(character for character in f" {VISIBLE}" if character not in "&=+%")
ASCII = st.text(st.characters(max_codepoint=0x7F))


def texts(alphabet: str, shortest: int, longest: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=shortest, max_size=longest)


keys = texts(VISIBLE, 16, 16).map(TerminalKey)
amounts = st.integers(0, 999_999_999).map(lambda amount: Money(amount, KWD))
ids = texts(ALPHANUMERIC, 1, 20)
passwords = texts(UNRESERVED.strip(), 1, 15)
track_ids = texts(ALPHANUMERIC, 1, 19)
udfs = texts(f"{ALPHANUMERIC} ._-", 0, 60)
echoed_udfs = texts(UNRESERVED, 0, 60)
urls = texts(f"{ALPHANUMERIC}/._~-:", 1, 80).map(lambda rest: f"https://m{rest}")
payment_ids = texts(string.digits, 1, 20)
references = texts(ALPHANUMERIC, 0, 20)
codes = st.none() | texts(ALPHANUMERIC, 1, 4)

requests = st.builds(
    PaymentRequest,
    tranportal_id=ids,
    password=passwords,
    language=st.sampled_from(Language),
    amount=amounts,
    response_url=urls,
    error_url=urls,
    track_id=track_ids,
    udf1=udfs,
    udf2=udfs,
    udf3=udfs,
    udf4=udfs,
    udf5=udfs,
)
responses = st.builds(
    PaymentResponse,
    payment_id=payment_ids,
    result=texts(UNRESERVED, 1, 64),
    track_id=texts(UNRESERVED, 1, 40),
    amount=amounts,
    auth=texts(f"{ALPHANUMERIC} ", 0, 20),
    avr=texts(ALPHANUMERIC, 0, 10),
    ref=references,
    tran_id=references,
    post_date=texts(ALPHANUMERIC, 0, 8),
    auth_resp_code=codes,
    udf1=echoed_udfs,
    udf2=echoed_udfs,
    udf3=echoed_udfs,
    udf4=echoed_udfs,
    udf5=echoed_udfs,
)
refunds = st.builds(RefundRequest, tranportal_id=ids, password=passwords, amount=amounts, track_id=track_ids)
searches = st.sampled_from([key for key in SearchKey if key is not SearchKey.TRACK_ID])
inquiries = st.builds(
    InquiryRequest,
    tranportal_id=ids,
    password=passwords,
    amount=amounts,
    track_id=track_ids,
    search_by=searches,
    search_value=texts(ALPHANUMERIC, 1, 19),
)
# An answer's value is trimmed, and the word null is the bank's way to write an empty one.
trimmed = {"result": texts(f"{string.ascii_letters}()_-", 1, 64), "value": references}
answers = st.builds(
    InquiryResponse,
    result=trimmed["result"].filter(lambda text: text != "null"),
    track_id=texts(VISIBLE, 0, 40).filter(lambda text: text != "null"),
    amount=st.none() | amounts,
    payment_id=st.just("") | payment_ids,
    auth=trimmed["value"].filter(lambda text: text != "null"),
    ref=trimmed["value"].filter(lambda text: text != "null"),
    tran_id=trimmed["value"].filter(lambda text: text != "null"),
    post_date=texts(string.digits, 0, 8),
    udf5=st.sampled_from(["", *SearchKey]),
    auth_resp_code=codes.filter(lambda text: text != "null"),
)
errors = st.builds(
    PipeError,
    code=st.integers(0, 9_999_999).map(lambda number: f"IPAY{number:07d}"),
    text=texts(f" {VISIBLE}", 0, 200).map(str.strip),
)
printable = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=255)
error_returns = st.builds(
    ErrorReturn, printable, printable, printable, printable, printable, printable, udf5=printable
)


@given(ASCII, keys)
def test_what_is_encrypted_decrypts(plaintext: str, key: TerminalKey) -> None:
    trandata = encrypt(plaintext, key)
    assert decrypt(trandata, key) == decrypt(trandata.upper(), key) == plaintext


@given(requests, keys)
def test_a_payment_request_reads_back(message: PaymentRequest, key: TerminalKey) -> None:
    assert read_payment_request(write_payment_request(message, key), key) == message


@given(responses, keys)
def test_a_payment_response_reads_back(message: PaymentResponse, key: TerminalKey) -> None:
    assert read_payment_response(write_payment_response(message, key), key) == message


@given(requests)
def test_no_request_is_taken_for_a_response(message: PaymentRequest) -> None:
    with pytest.raises(ProtocolError):
        read_payment_response(write_payment_request(message, KEY), KEY)


@given(inquiries)
def test_an_inquiry_reads_back(message: InquiryRequest) -> None:
    request = read_pipe_request(write_inquiry_request(message))
    assert request == PipeRequest(
        "8",
        message.tranportal_id,
        message.password,
        message.amount.to_text(),
        message.search_value,
        message.track_id,
        message.search_by.value,
    )


@given(refunds)
def test_a_refund_reads_back(message: RefundRequest) -> None:
    request = read_pipe_request(write_refund_request(message))
    assert request == PipeRequest(
        "2",
        message.tranportal_id,
        message.password,
        message.amount.to_text(),
        message.track_id,
        message.track_id,
        "TrackID",
    )


@given(answers)
def test_an_answer_reads_back(message: InquiryResponse) -> None:
    assert read_pipe_response(write_inquiry_response(message)) == message


@given(errors)
def test_an_error_reads_back(message: PipeError) -> None:
    assert read_pipe_response(write_pipe_error(message)) == message


@given(error_returns)
def test_an_error_return_reads_back(message: ErrorReturn) -> None:
    assert read_error_return(write_error_return(message)) == message


@given(texts(VISIBLE, 1, 300).map(lambda rest: f"https://{rest}"))
def test_an_acknowledgement_reads_back(url: str) -> None:
    assert read_redirect_answer(redirect_answer(url)) == url


@given(responses, st.data())
def test_a_flipped_bit_decodes_to_a_message_or_is_refused(
    message: PaymentResponse, data: st.DataObject
) -> None:
    ciphertext = bytearray.fromhex(write_payment_response(message, KEY))
    bit = data.draw(st.integers(0, len(ciphertext) * 8 - 1))
    ciphertext[bit // 8] ^= 1 << bit % 8
    try:
        changed = read_payment_response(ciphertext.hex(), KEY)
    except ProtocolError:
        return
    assert changed != message


@given(responses, keys)
def test_another_key_reads_nothing(message: PaymentResponse, key: TerminalKey) -> None:
    trandata = write_payment_response(message, key)
    other = TerminalKey("another key here".replace(" ", "-"))
    assume(encrypt("", key) != encrypt("", other))
    with pytest.raises(ProtocolError):
        read_payment_response(trandata, other)


FIELD_LIKE = st.sampled_from(
    ["paymentid", "result", "trackid", "amt", "udf1", "authRespCode", "password", "&", "=", "%"]
)
FORM_LIKE = st.lists(FIELD_LIKE | st.text(max_size=8)).map("".join)
TAG_LIKE = st.sampled_from(
    ["<result>", "</result>", "<amt>", "</amt>", "<!DOCTYPE a>", "&x;", "!ERROR!-", "<", "null"]
)
XML_LIKE = st.lists(TAG_LIKE | st.text(max_size=8)).map("".join)

TEXT_READERS: list[Callable[[str], object]] = [
    parse_form,
    read_loose_amount,
    read_pipe_request,
    read_pipe_response,
    lambda text: decrypt(text, KEY),
    lambda text: read_payment_request(text, KEY),
    lambda text: read_payment_response(text, KEY),
    lambda text: read_error_return({"Error": text, "trackid": text}),
]
BYTE_READERS: list[Callable[[bytes], object]] = [
    read_notification_body,
    read_redirect_answer,
    read_pipe_request,
    read_pipe_response,
    lambda body: read_payment_response(body.hex(), KEY),
]


@given(st.text() | FORM_LIKE | XML_LIKE | st.text("0123456789abcdefABCDEF"))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in TEXT_READERS:
        try:
            read(text)
        except ProtocolError:
            continue


@given(st.binary(max_size=200) | FORM_LIKE.map(str.encode) | XML_LIKE.map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in BYTE_READERS:
        try:
            read(body)
        except ProtocolError:
            continue


@given(ASCII | FORM_LIKE.filter(str.isascii))
def test_any_plaintext_under_the_right_key_is_read_or_refused(plaintext: str) -> None:
    trandata = encrypt(plaintext, KEY)
    for read in (read_payment_request, read_payment_response):
        try:
            read(trandata, KEY)
        except ProtocolError:
            continue
