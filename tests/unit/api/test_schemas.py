"""Reading the body of a payment setup: each value alone, as exactly as the documents say."""

from __future__ import annotations

import msgspec
import pytest

from fils.api.errors import BodyUnreadable
from fils.api.schemas.reading import check_object
from fils.api.schemas.setup import CARRIED, PaymentType
from fils.api.schemas.setup_terms import read_setup_terms
from fils.domain.money import KWD
from fils.domain.payment_setup import Language
from tests.support.api_client import documented_request

PAYMENT_TYPES = [
    ("Regular", "Regular"),
    ("regular", "Regular"),
    ("RECURRING", "Recurring"),
    ("moto", "MOTO"),
    ("installment", "Installment"),
    ("pay_later", "PayLater"),
    ("PayLater", "PayLater"),
    ("unscheduled", "Unscheduled"),
]


def one(field: str, raw: bytes) -> bytes:
    """A body with one field, written as it stands."""
    return b'{"' + field.encode() + b'":' + raw + b"}"


def test_the_documented_request_is_read_whole() -> None:
    terms, faults = read_setup_terms(msgspec.json.encode(documented_request(description="Two shirts")))
    assert faults == ()
    assert (terms.amount_minor, terms.currency) == (1000, KWD)
    assert terms.processing_channel_id == "pc_wzjki6hw5puepb5fnvqlizj2e4"
    assert (terms.reference, terms.description) == ("ORD-5023-4E89", "Two shirts")
    assert terms.language is Language.ENGLISH
    assert terms.success_url == "https://example.com/payments/success"
    assert terms.failure_url == "https://example.com/payments/failure"
    assert terms.payment_type is None
    assert terms.carried == {}


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        (b"1", 1),
        (b"1001", 1001),
        (b"999999999", 999_999_999),
        (b"1000.0", 1000),
        (b"1000." + b"0" * 5000, 1000),
        (b"1e3", 1000),
        (b"1.5E1", 15),
        (b"100000e-2", 1000),
    ],
)
def test_an_amount_is_a_whole_number_however_it_is_written(raw: bytes, amount: int) -> None:
    terms, faults = read_setup_terms(one("amount", raw))
    assert (terms.amount_minor, faults) == (amount, ())
    assert type(terms.amount_minor) is int


@pytest.mark.parametrize(
    "raw",
    [
        b"0",
        b"-0",
        b"-1",
        b"-1000.0",
        b"0.0",
        b"0.9999999999999999999999999",
        b"1000.5",
        b"1000.00000000000000000000000000001",
        b"1000000000",
        b"999999999.0000000001",
        b"9" * 5000,
        b"1e400",
        b"1e999999999",
        b"1e-999999999",
        b"1e99999999999999999999999999",
        b'"1000"',
        b"true",
        b"[1000]",
        b'{"value":1000}',
    ],
)
def test_any_other_amount_is_invalid(raw: bytes) -> None:
    terms, faults = read_setup_terms(one("amount", raw))
    assert (terms.amount_minor, faults) == (None, ("amount_invalid",))


@pytest.mark.parametrize(("spelling", "answered"), PAYMENT_TYPES)
def test_a_payment_type_is_read_in_any_spelling_and_kept_in_title_case(spelling: str, answered: str) -> None:
    terms, faults = read_setup_terms(msgspec.json.encode({"payment_type": spelling}))
    assert (terms.payment_type, faults) == (answered, ())
    assert type(terms.payment_type) is str


def test_every_payment_type_has_a_spelling_that_is_tested() -> None:
    assert {answered for _, answered in PAYMENT_TYPES} == {str(member) for member in PaymentType}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"currency": "kwd"}, "currency_invalid"),
        ({"currency": "XXX"}, "currency_invalid"),
        ({"currency": 414}, "currency_invalid"),
        ({"payment_type": "weekly"}, "payment_type_invalid"),
        ({"payment_type": 1}, "payment_type_invalid"),
        ({"processing_channel_id": "pc_short"}, "processing_channel_id_invalid"),
        ({"processing_channel_id": "pk_wzjki6hw5puepb5fnvqlizj2e4"}, "processing_channel_id_invalid"),
        ({"processing_channel_id": "pc_wzjki6hw5puepb5fnvqlizj2e4\n"}, "processing_channel_id_invalid"),
        ({"reference": "x" * 81}, "reference_invalid"),
        ({"reference": "line\nbreak"}, "reference_invalid"),
        ({"reference": "nul\0"}, "reference_invalid"),
        ({"reference": 5023}, "reference_invalid"),
        ({"description": "x" * 101}, "description_invalid"),
        ({"description": "\x85"}, "description_invalid"),
        ({"payment_methods": {"knet": {"language": "fr"}}}, "language_invalid"),
        ({"payment_methods": {"knet": {"language": "EN"}}}, "language_invalid"),
        ({"payment_methods": {"knet": "en"}}, "knet_invalid"),
        ({"payment_methods": []}, "payment_methods_invalid"),
        ({"settings": "x"}, "settings_invalid"),
        ({"settings": {"success_url": 1}}, "success_url_invalid"),
        ({"settings": {"success_url": "https://e.com/" + "x" * 250}}, "success_url_invalid"),
        ({"settings": {"failure_url": ["https://e.com"]}}, "fail_url_invalid"),
        ({"settings": {"capture": "yes"}}, "capture_invalid"),
        ({"settings": {"excluded_payment_methods": "knet"}}, "excluded_payment_methods_invalid"),
        ({"settings": {"excluded_payment_methods": [1]}}, "excluded_payment_methods_invalid"),
        ({"metadata": []}, "metadata_key_invalid"),
        ({"metadata": {str(number): 1 for number in range(21)}}, "metadata_key_invalid"),
        ({"metadata": {"k": "x" * 256}}, "metadata_key_invalid"),
        ({"metadata": {"k" * 256: "x"}}, "metadata_key_invalid"),
        ({"metadata": {"k": {"deeper": 1}}}, "metadata_key_invalid"),
    ],
)
def test_a_value_of_the_wrong_shape_has_its_own_code(body: object, code: str) -> None:
    assert read_setup_terms(msgspec.json.encode(body))[1] == (code,)


@pytest.mark.parametrize("field", [name for name in CARRIED if name != "metadata"])
def test_a_carried_field_has_to_be_an_object_that_can_be_stored(field: str) -> None:
    code = (f"{field}_invalid",)
    assert read_setup_terms(one(field, b'"text"'))[1] == code
    assert read_setup_terms(one(field, b'{"big":' + b"9" * 30 + b"}"))[1] == code
    assert read_setup_terms(one(field, b'{"small":[-' + b"9" * 30 + b"]}"))[1] == code
    assert read_setup_terms(one(field, b'{"big":1e400}'))[1] == code


def test_the_limits_are_counted_in_characters() -> None:
    body = {"reference": "ف" * 80, "description": "\U0001f9fe" * 100, "metadata": {"م" * 255: "ن" * 255}}
    assert read_setup_terms(msgspec.json.encode(body))[1] == ()


def test_metadata_takes_twenty_texts_numbers_and_booleans() -> None:
    metadata = {str(number): number for number in range(17)} | {"text": "x", "yes": True, "half": 0.5}
    terms, faults = read_setup_terms(msgspec.json.encode({"metadata": metadata}))
    assert (terms.carried, faults) == ({"metadata": metadata}, ())


def test_null_is_the_same_as_absent() -> None:
    names = (*documented_request(), "payment_type", "description", *CARRIED)
    assert read_setup_terms(msgspec.json.encode(dict.fromkeys(names))) == read_setup_terms(b"{}")
    # The same when a fault elsewhere makes the body be read field by field.
    faulty = dict.fromkeys(names) | {"currency": 1, "settings": {"success_url": None}}
    terms, faults = read_setup_terms(msgspec.json.encode(faulty))
    assert (terms, faults) == (read_setup_terms(b"{}")[0], ("currency_invalid",))


def test_unknown_keys_and_read_only_fields_are_ignored() -> None:
    body = documented_request(
        id="set_x", latest_payment=[], available_payment_methods=7, payment_methods={"pay_by_bank": 3}
    )
    assert read_setup_terms(msgspec.json.encode(body))[1] == ()


def test_of_equal_keys_the_last_one_counts() -> None:
    assert read_setup_terms(b'{"amount":1,"amount":2}')[0].amount_minor == 2
    assert read_setup_terms(b'{"amount":"x","amount":2.0}')[0].amount_minor == 2


def test_a_fault_does_not_hide_another_one_nor_what_is_right() -> None:
    body = b'{"amount":"x","currency":"x","settings":{"failure_url":1,"success_url":"https://a.example"},"order":2}'
    terms, faults = read_setup_terms(body)
    assert faults == ("amount_invalid", "currency_invalid", "fail_url_invalid", "order_invalid")
    assert terms.success_url == "https://a.example"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"{}}",
        b"{'amount':1}",
        b'{"amount":NaN}',
        b'{"amount":Infinity}',
        b'{"amount":01}',
        b'{"amount":1,}',
        b'\xef\xbb\xbf{"amount":1}',
        b"amount=1000&currency=KWD",
        b'{"reference":"\\ud800"}',
        b'{"reference":"\\x41"}',
        b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"order":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_cannot_be_read(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        read_setup_terms(body)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"anything":["goes"]}', b" {} "])
def test_a_body_without_meaning_may_be_missing_or_any_object(body: bytes) -> None:
    check_object(body)


@pytest.mark.parametrize("body", [b"[]", b"null", b"x", b"{", b"0"])
def test_a_body_without_meaning_still_has_to_be_an_object(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        check_object(body)
