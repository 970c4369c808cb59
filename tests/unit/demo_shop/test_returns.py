from __future__ import annotations

import pytest
from starlette.datastructures import Headers, QueryParams

from fils.demo_shop.returns import CustomerReturn, ReturnUnreadable, is_same_site_form, read_return

PAYMENT_ID = "pay_4gubyq2w335upc54dx7a4257lq"
SESSION_ID = "sid_uuooqrzsdyxe3bi2zv5xbqtwwe"


def test_both_ids_are_read_and_the_payment_id_is_asked_with() -> None:
    read = read_return(QueryParams(f"lang=ar&cko-session-id={SESSION_ID}&cko-payment-id={PAYMENT_ID}"))
    assert read == CustomerReturn(PAYMENT_ID, SESSION_ID, 0)
    assert read.to_ask == PAYMENT_ID


def test_a_session_id_alone_is_enough() -> None:
    assert read_return(QueryParams(f"cko-session-id={SESSION_ID}")).to_ask == SESSION_ID


@pytest.mark.parametrize(
    "query",
    [
        "",
        "lang=en",
        "cko-payment-id=",
        "cko-payment-id=pay_",
        f"cko-payment-id={PAYMENT_ID}a",
        f"cko-payment-id={PAYMENT_ID.upper()}",
        f"cko-payment-id={PAYMENT_ID}%0A",
        f"cko-payment-id={PAYMENT_ID[:-1]}%D9%A1",
        "cko-payment-id=../../health",
        "cko-payment-id=pay_aaaaaaaaaaaaaaaaaaaaaa/../x",
        f"cko-payment-id={SESSION_ID}",
        f"cko-session-id={PAYMENT_ID}",
        f"cko-payment-id={PAYMENT_ID}&cko-payment-id={PAYMENT_ID}",
        f"cko-payment-id={PAYMENT_ID}&cko-session-id=junk",
    ],
)
def test_an_address_that_names_no_one_payment_is_refused(query: str) -> None:
    with pytest.raises(ReturnUnreadable):
        read_return(QueryParams(query))


@pytest.mark.parametrize(
    ("looks", "count"), [("7", 7), ("99", 99), ("100", 0), ("-1", 0), ("x", 0), ("٣", 0)]
)
def test_the_number_of_looks_is_a_small_number_or_none(looks: str, count: int) -> None:
    assert read_return(QueryParams({"cko-payment-id": PAYMENT_ID, "looks": looks})).look_count == count


def test_a_return_written_as_a_query_reads_as_the_same_return() -> None:
    written = CustomerReturn(PAYMENT_ID, SESSION_ID, 0).to_query(language="ar", look_count=3)
    query = QueryParams(written)
    assert query["lang"] == "ar"
    assert read_return(query) == CustomerReturn(PAYMENT_ID, SESSION_ID, 3)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "http://shop.test:4140"},
        {"origin": "HTTP://SHOP.TEST:4140"},
    ],
)
def test_a_form_of_our_own_origin_is_accepted(headers: dict[str, str]) -> None:
    assert is_same_site_form(Headers(headers), own_url="http://shop.test:4140/shop")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://shop.test:4140"},
        {"origin": "null"},
        {"origin": "http://shop.test"},
        {"origin": "https://shop.test:4140"},
        {"origin": "http://evil.test:4140"},
        {"origin": "http://shop.test:4140.evil.test"},
        {"origin": "http://shop.test:port"},
    ],
)
def test_a_form_from_anywhere_else_is_refused(headers: dict[str, str]) -> None:
    assert not is_same_site_form(Headers(headers), own_url="http://shop.test:4140/shop")


def test_the_default_port_of_a_scheme_may_be_left_out() -> None:
    assert is_same_site_form(Headers({"origin": "https://shop.test"}), own_url="https://shop.test:443")
