from __future__ import annotations

import pytest

from fils.knet.wire import (
    ErrorReturn,
    MessageInvalid,
    MessageUnreadable,
    NotificationShape,
    read_error_form,
    read_error_return,
    read_notification_body,
    read_redirect_answer,
    redirect_answer,
    write_error_return,
)
from tests.unit.knet.wire.vectors import CAPTURED_TRANDATA


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        (CAPTURED_TRANDATA, NotificationShape.BARE_HEX),
        (f"\r\n{CAPTURED_TRANDATA}\n", NotificationShape.BARE_HEX),
        (f"trandata={CAPTURED_TRANDATA}", NotificationShape.FORM),
        (f"trandata={CAPTURED_TRANDATA}&", NotificationShape.FORM),
        (f"paymentid=1&trackid=T1&trandata={CAPTURED_TRANDATA}", NotificationShape.BROWSER_FORM),
        (f"trandata={CAPTURED_TRANDATA}&paymentid=1", NotificationShape.BROWSER_FORM),
    ],
    ids=["bare", "bare with line ends", "form", "form with an end", "browser", "browser, short"],
)
def test_a_notification_is_told_by_its_shape(body: str, shape: NotificationShape) -> None:
    assert read_notification_body(body.encode()) == (shape, CAPTURED_TRANDATA)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"paymentid=1&trackid=T1",
        b"trandata=AA&ErrorText=x",
        b"trandata=AA&trandata=AA",
        b"\xff\xfe",
        b"AA" * 20_000,
    ],
    ids=["empty", "words", "no trandata", "unknown field", "twice", "not ascii", "too long"],
)
def test_a_body_of_no_known_shape_is_refused(body: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        read_notification_body(body)


@pytest.mark.parametrize("name", ["Error", "ErrorText"])
def test_an_error_that_a_browser_carries_to_the_response_url_is_read(name: str) -> None:
    error = read_error_form(f"trackid=T1&paymentid=1&{name}=IPAY0100048+-+Cancelled\r\n".encode())
    assert error is not None
    assert (error.track_id, error.code) == ("T1", "IPAY0100048")


def test_words_of_an_error_that_are_not_ascii_do_no_harm() -> None:
    error = read_error_form("trackid=T1&ErrorText=\u0625\u0644\u063a\u0627\u0621".encode())
    assert error is not None
    assert error.track_id == "T1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"trackid=T1&paymentid=1",
        b"trackid=T1&MyError=1",
        b"trandata=AA&ErrorText=x",
        b"trandata=AA&Error=x",
        CAPTURED_TRANDATA.encode(),
        b"trackid=T1&Error=" + b"x" * 40_000,
    ],
    ids=[
        "empty",
        "no error",
        "another field",
        "with trandata",
        "with trandata too",
        "a notification",
        "too long",
    ],
)
def test_what_is_no_form_of_an_error_is_told_apart(body: bytes) -> None:
    assert read_error_form(body) is None


def test_an_error_form_with_a_field_twice_or_too_long_is_refused() -> None:
    for body in (b"Error=1&Error=2", b"Error=" + b"x" * 256):
        with pytest.raises(MessageUnreadable):
            read_error_form(body)


def test_the_acknowledgement_is_one_line_and_reads_back() -> None:
    url = "http://127.0.0.1:4140/knet-external/return/abc?x=1"
    assert redirect_answer(url) == b"REDIRECT=http://127.0.0.1:4140/knet-external/return/abc?x=1"
    assert read_redirect_answer(redirect_answer(url)) == url


def test_blanks_around_an_acknowledgement_are_forgiven() -> None:
    assert read_redirect_answer(b"\r\nREDIRECT=https://shop.example/\n") == "https://shop.example/"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/return",
        "ftp://shop.example/",
        "https://shop.example/a b",
        "https://x/\nX",
        "https://x/د",
        "https://" + "x" * 2048,
    ],
    ids=["empty", "relative", "scheme", "blank", "line end", "not ascii", "long"],
)
def test_an_acknowledgement_names_an_absolute_address(url: str) -> None:
    with pytest.raises(MessageInvalid) as refusal:
        redirect_answer(url)
    assert str(refusal.value) == "REDIRECT is not an absolute http or https address in visible ASCII"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"https://shop.example/",
        b"redirect=https://shop.example/",
        b"REDIRECT=",
        b"REDIRECT=/return",
        b"REDIRECT=https://shop.example/\nmore",
        b"<html>REDIRECT=https://shop.example/</html>",
        b"\xef\xbb\xbfREDIRECT=https://shop.example/",
    ],
    ids=["empty", "no word", "lower case", "no url", "relative", "two lines", "html", "byte order mark"],
)
def test_any_other_answer_is_no_acknowledgement(body: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        read_redirect_answer(body)


def test_an_error_return_is_written_with_every_field_in_the_banks_spelling() -> None:
    message = ErrorReturn(
        "IPAY0100048", "IPAY0100048 - Cancelled", "T1", "1", "CANCELED", "1.500", response_code="x"
    )
    form = write_error_return(message)
    assert form == {
        "Error": "IPAY0100048",
        "ErrorText": "IPAY0100048 - Cancelled",
        "trackid": "T1",
        "paymentid": "1",
        "result": "CANCELED",
        "amt": "1.500",
        **dict.fromkeys(("postdate", "tranid", "auth", "avr", "ref"), ""),
        "rspcode": "x",
        **dict.fromkeys(("udf1", "udf2", "udf3", "udf4", "udf5"), ""),
    }
    assert read_error_return(form) == message


def test_an_error_return_may_lack_fields_and_bring_others() -> None:
    assert read_error_return({"ErrorText": "sorry", "trackid": "T1", "more": "x"}) == ErrorReturn(
        error_text="sorry", track_id="T1"
    )


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (ErrorReturn(error="IPAY0100048", error_text="IPAY0100055"), "IPAY0100048"),
        (ErrorReturn(error_text="!ERROR!-IPAY0100263-Transaction not found."), "IPAY0100263"),
        (ErrorReturn(result="IPAY0100114"), "IPAY0100114"),
        (ErrorReturn(error="sorry"), None),
    ],
    ids=["error", "text", "result", "none"],
)
def test_the_code_of_an_error_return_is_found_wherever_it_stands(
    message: ErrorReturn, code: str | None
) -> None:
    assert message.code == code


@pytest.mark.parametrize(
    "value", ["x" * 256, "a\nb", "\u202eabc"], ids=["long", "line end", "direction mark"]
)
def test_an_error_return_with_an_unprintable_or_long_value_is_refused(value: str) -> None:
    with pytest.raises(MessageUnreadable):
        read_error_return({"ErrorText": value})
    with pytest.raises(MessageInvalid, match=r"^ErrorText is longer than 255 characters or not printable$"):
        write_error_return(ErrorReturn(error_text=value))
