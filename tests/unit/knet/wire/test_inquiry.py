from __future__ import annotations

from dataclasses import replace

import pytest

from fils.domain.money import KWD, Money
from fils.knet.wire import (
    InquiryRequest,
    InquiryResponse,
    MessageInvalid,
    MessageUnreadable,
    PipeError,
    PipeRequest,
    RefundRequest,
    SearchKey,
    find_search_key,
    pipe_url,
    read_pipe_request,
    read_pipe_response,
    write_inquiry_request,
    write_inquiry_response,
    write_pipe_error,
    write_refund_request,
)

INQUIRY = InquiryRequest("999901", "simpass01", Money(1_500, KWD), "TRK1", SearchKey.TRACK_ID, "TRK1")
REFUND = RefundRequest("999901", "simpass01", Money(500, KWD), "TRK1")
CAPTURED = InquiryResponse(
    result="CAPTURED",
    track_id="TRK1",
    amount=Money(1_144, KWD),
    payment_id="100202600100000001",
    auth="B12345",
    ref="600110000001",
    tran_id="202600100000002",
    post_date="0101",
    udf5="TrackID",
    auth_resp_code="00",
)
CAPTURED_XML = (
    "<result>CAPTURED</result><auth>B12345</auth><ref>600110000001</ref><postdate>0101</postdate>"
    "<tranid>202600100000002</tranid><trackid>TRK1</trackid><payid>100202600100000001</payid><udf2></udf2>"
    "<udf5>TrackID</udf5><amt>1.144</amt><authRespCode>00</authRespCode>"
)
NOT_FOUND = PipeError("IPAY0100263", "Transaction not found.")
NOT_FOUND_XML = (
    "<error_code_tag>IPAY0100263</error_code_tag><error_service_tag>null</error_service_tag>"
    "<result>!ERROR!-IPAY0100263-Transaction not found.</result>"
)


def test_the_address_ends_as_the_manual_prints_it() -> None:
    assert pipe_url("https://kpay.com.kw/kpg") == "https://kpay.com.kw/kpg/tranPipe.htm?param=tranInit&"


def test_an_inquiry_is_written_in_the_manuals_form() -> None:
    assert write_inquiry_request(INQUIRY) == (
        "<id>999901</id><password>simpass01</password><action>8</action><amt>1.500</amt><transid>TRK1</transid>"
        "<trackid>TRK1</trackid><udf5>TrackID</udf5>"
    )


def test_an_inquiry_may_search_by_knets_own_ids() -> None:
    xml = write_inquiry_request(
        replace(INQUIRY, search_by=SearchKey.PAYMENT_ID, search_value="100202600100000001")
    )
    assert "<transid>100202600100000001</transid><trackid>TRK1</trackid><udf5>PaymentID</udf5>" in xml


def test_a_refund_names_the_payment_by_its_track_id() -> None:
    assert write_refund_request(REFUND) == (
        "<id>999901</id><password>simpass01</password><action>2</action><amt>0.500</amt><transid>TRK1</transid>"
        "<trackid>TRK1</trackid><udf5>TrackID</udf5>"
    )


def test_requests_do_not_show_their_password() -> None:
    request = read_pipe_request(write_inquiry_request(INQUIRY))
    assert request.password == "simpass01"
    assert "simpass01" not in f"{INQUIRY}{REFUND}{request}"


def test_an_inquiry_by_track_id_searches_for_that_track_id() -> None:
    with pytest.raises(MessageInvalid, match=r"^transid is not the track id$"):
        write_inquiry_request(replace(INQUIRY, search_value="TRK2"))


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (replace(INQUIRY, tranportal_id=""), "id"),
        (replace(INQUIRY, password="a" * 16), "password"),
        (replace(INQUIRY, amount=Money(10**9, KWD)), "amt"),
        (replace(INQUIRY, track_id="T-1", search_by=SearchKey.REFERENCE), "trackid"),
        (replace(INQUIRY, search_value="1" * 20), "transid"),
    ],
    ids=["id", "password", "amount", "track id", "search value"],
)
def test_an_inquiry_with_a_value_out_of_its_rule_is_not_written(message: InquiryRequest, field: str) -> None:
    with pytest.raises(MessageInvalid) as refusal:
        write_inquiry_request(message)
    assert refusal.value.field == field


def test_a_request_is_read_as_tolerantly_as_the_bank() -> None:
    expected = PipeRequest("8", "999901", "simpass01", "1.5", "TRK1", "TRK1", "trackid")
    body = (
        "<amt>1.5</amt><ID>999901</ID><password>simpass01</password><action>8</action><transId>TRK1</transId>"
        "<trackid>TRK1</trackid><udf5>trackid</udf5><currencycode>414</currencycode><langid>EN</langid>"
    )
    assert read_pipe_request(body) == expected
    assert read_pipe_request(f"<hash><request>{body}</request></hash>".encode()) == expected


def test_a_request_without_fields_is_read_as_empty() -> None:
    assert read_pipe_request("<request></request>") == PipeRequest("", "", "", "", "", "", "")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", SearchKey.TRANSACTION_ID),
        ("TransId", SearchKey.TRANSACTION_ID),
        ("TransactionID", SearchKey.TRANSACTION_ID),
        ("TRACKID", SearchKey.TRACK_ID),
        ("PaymentID", SearchKey.PAYMENT_ID),
        ("RefID", SearchKey.REFERENCE),
        ("SeqNum", SearchKey.REFERENCE),
        ("Order", None),
    ],
)
def test_a_search_key_is_known_by_every_spelling_of_the_manual(text: str, key: SearchKey | None) -> None:
    assert find_search_key(text) is key


def test_an_answer_is_written_in_the_banks_layout_and_reads_back() -> None:
    assert write_inquiry_response(CAPTURED) == CAPTURED_XML
    assert read_pipe_response(CAPTURED_XML) == CAPTURED


@pytest.mark.parametrize(
    "xml",
    [
        f"<response>{CAPTURED_XML}</response>",
        CAPTURED_XML + "<avr>N</avr><udf1>x</udf1><udf10/>",
        CAPTURED_XML.replace("authRespCode", "authResponseCode"),
        CAPTURED_XML.replace("<udf2></udf2>", "<error_code_tag>null</error_code_tag>"),
        "<amt>1.144</amt>" + CAPTURED_XML.replace("<amt>1.144</amt>", ""),
    ],
    ids=["root", "more tags", "other spelling", "null error", "other order"],
)
def test_an_answer_is_read_in_every_form_it_comes_in(xml: str) -> None:
    assert read_pipe_response(xml) == CAPTURED


def test_a_refunds_answer_has_empty_tags() -> None:
    xml = (
        "<result>CAPTURED</result><auth></auth><ref/><postdate>null</postdate><tranid>null</tranid>"
        "<trackid>TRK1</trackid><payid>1</payid><amt>null</amt><authRespCode>null</authRespCode>"
    )
    expected = InquiryResponse("CAPTURED", track_id="TRK1", payment_id="1")
    assert read_pipe_response(xml) == expected
    assert read_pipe_response(write_inquiry_response(expected)) == expected


@pytest.mark.parametrize(
    "result", ["SUCCESS", "FAILURE(NOT CAPTURED)", "FAILURE(SUSPECT)", "SUSPECTED", "anything"]
)
def test_the_words_of_a_result_stay_the_banks(result: str) -> None:
    assert read_pipe_response(f"<result>{result}</result>") == InquiryResponse(result)


@pytest.mark.parametrize(
    ("xml", "error"),
    [
        (NOT_FOUND_XML, NOT_FOUND),
        ("<result>!ERROR!-IPAY0100263-Transaction not found.</result>", NOT_FOUND),
        ("<result>IPAY0100263 - Transaction not found.</result>", NOT_FOUND),
        ("<result>IPAY0100263</result>", PipeError("IPAY0100263", "")),
        ("<error_code_tag>IPAY0100263</error_code_tag><result>null</result>", PipeError("IPAY0100263", "")),
        (
            "<error_code_tag>IPAY0100263</error_code_tag><result>!ERROR!-x</result>",
            PipeError("IPAY0100263", "x"),
        ),
        ("<result>!ERROR!-something else</result>", PipeError(None, "something else")),
        ("<error_code_tag>GW1</error_code_tag><result>!ERROR!-x</result>", PipeError(None, "x")),
    ],
    ids=[
        "whole",
        "no tag",
        "no mark",
        "bare code",
        "tag alone",
        "code in the tag",
        "no code",
        "foreign code",
    ],
)
def test_an_error_is_read_in_every_form_it_comes_in(xml: str, error: PipeError) -> None:
    assert read_pipe_response(xml) == error


def test_an_error_is_written_in_the_banks_form() -> None:
    assert write_pipe_error(NOT_FOUND) == NOT_FOUND_XML


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (PipeError(None, "x"), "error_code_tag"),
        (PipeError("IPAY0100263x", "x"), "error_code_tag"),
        (PipeError("IPAY0100263", "x" * 240), "result"),
        (PipeError("IPAY0100263", "a\nb"), "result"),
    ],
    ids=["no code", "no real code", "long", "line end"],
)
def test_an_error_out_of_its_rule_is_not_written(error: PipeError, field: str) -> None:
    with pytest.raises(MessageInvalid) as refusal:
        write_pipe_error(error)
    assert refusal.value.field == field


def test_a_result_that_would_read_as_an_error_is_not_written_as_an_answer() -> None:
    with pytest.raises(MessageInvalid, match=r"^result "):
        write_inquiry_response(InquiryResponse("IPAY0100263"))


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<result></result>",
        "<trackid>TRK1</trackid>",
        CAPTURED_XML.replace("1.144", "1.1444"),
        CAPTURED_XML.replace("<trackid>TRK1", "<trackid>TRK 1"),
        CAPTURED_XML.replace("<payid>1", "<payid>x"),
        CAPTURED_XML.replace("<authRespCode>00", "<authRespCode>00000"),
        CAPTURED_XML.replace("CAPTURED", "\u202eCAPTURED"),
        NOT_FOUND_XML.replace("<result>!ERROR!-IPAY0100263", "<result>!ERROR!-IPAY0100114"),
        "<error_code_tag>IPAY0100263</error_code_tag><result>CAPTURED</result>",
        "<error_code_tag>GW1</error_code_tag>",
        f"<result>!ERROR!-{'x' * 255}</result>",
        "<html><body>Service unavailable</body>",
    ],
    ids=[
        *("empty", "empty result", "no result", "amount", "track id", "payment id", "code", "direction mark"),
        *("two codes", "error and result", "unknown error", "long error", "html"),
    ],
)
def test_an_answer_with_anything_wrong_is_refused(xml: str) -> None:
    with pytest.raises(MessageUnreadable):
        read_pipe_response(xml)
