"""Which return urls are taken, and how our parameters are put into them."""

from __future__ import annotations

import pytest

from fils.domain.return_urls import RETURN_URL_LENGTH, is_return_url, with_parameters

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})

GOOD = [
    "https://shop.example",
    "https://shop.example/",
    "https://shop.example/paid?order=1&x=%20#done",
    "https://shop.example:8443/paid",
    "https://shop.example:65535/",
    "HTTPS://Shop.Example/",
    "https://xn--mgbh0fb.example/",
    "https://192.0.2.7/",
    "https://[2001:db8::1]:8443/paid",
    "https://shop_1.example/",
    "https://shop.example?order=1",
    "https://shop.example#done",
    "https://shop.example/a@b?mail=a@b.example",
]

HOSTILE = [
    "",
    "shop.example",
    "/paid",
    "//evil.example/paid",
    "///evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://",
    "https:///evil.example",
    "https://?order=1",
    "https://:443/",
    "https://shop.example:/",
    "https://shop.example:0/",
    "https://shop.example:65536/",
    "https://shop.example:port/",
    "https://shop.example:-1/",
    "https://shop.example:1:2/",
    "https://shop.example@evil.example/",
    "https://user:word@shop.example/",
    "https://@evil.example/",
    "https://shop.example%40evil.example/",
    "https://shop.example\\@evil.example/",
    "https://shop.example\\.evil.example/",
    "https:\\\\evil.example/",
    "https://shop.example/\\evil",
    "https://shop.example/\r\nSet-Cookie: a=b",
    "https://shop.example/\n",
    "https://shop.example/\t",
    "https://shop.example/\x00",
    "https://shop.example/\x7f",
    " https://shop.example/",
    "https://shop.example /",
    "https://shop.example/a b",
    "https://sh\u00f6p.example/",
    "https://\u0645\u062a\u062c\u0631.example/",
    "https://shop.example/\u202e",
    "https://shop.example\uff0fevil.example/",
    "https://shop.example\u3002evil.example/",
    "https://shop.example;evil.example/",
    "https://shop.example,evil.example/",
    'https://shop.example"onclick=alert(1)/',
    "https://shop.example<script>/",
    "https://shop.example'/",
    "https://.shop.example/",
    "https://-shop.example/",
    "https://[::1/",
    "https://[::1]evil.example/",
    "https://[evil]/",
    "https://[1::2::3]/",
    "http://shop.example/",
    "javascript:alert(1)",
    "javascript://shop.example/%0aalert(1)",
    "data:text/html,hello",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "about:blank",
    "blob:https://shop.example/1",
    "httpss://shop.example/",
    "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://evil.example/localhost",
    "http://localhost@evil.example/",
]


@pytest.mark.parametrize("url", GOOD)
def test_an_https_address_of_the_web_is_taken(url: str) -> None:
    assert is_return_url(url)


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_anything_else_is_refused(url: str) -> None:
    assert not is_return_url(url, plain_http_hosts=LOCAL)


@pytest.mark.parametrize("url", ["http://localhost:3000/paid", "http://127.0.0.1/", "http://[::1]:3000/"])
def test_plain_http_is_for_listed_hosts_only(url: str) -> None:
    assert is_return_url(url, plain_http_hosts=LOCAL)
    assert not is_return_url(url)
    assert not is_return_url(url, plain_http_hosts={"web"})


def test_a_url_may_be_so_long_and_no_longer() -> None:
    longest = "https://shop.example/".ljust(RETURN_URL_LENGTH, "a")
    assert is_return_url(longest)
    assert not is_return_url(longest + "a")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example", "https://shop.example?cko-payment-id=pay_1"),
        ("https://shop.example/paid", "https://shop.example/paid?cko-payment-id=pay_1"),
        ("https://shop.example/paid?", "https://shop.example/paid?cko-payment-id=pay_1"),
        ("https://shop.example/paid?a=%2F+b&a", "https://shop.example/paid?a=%2F+b&a&cko-payment-id=pay_1"),
        ("https://shop.example/paid#top", "https://shop.example/paid?cko-payment-id=pay_1#top"),
        (
            "https://shop.example/p?a=1#/route?b=2",
            "https://shop.example/p?a=1&cko-payment-id=pay_1#/route?b=2",
        ),
        ("https://shop.example/?cko-payment-id=evil", "https://shop.example/?cko-payment-id=pay_1"),
        ("https://shop.example/?cko%2Dpayment-id=evil&a=", "https://shop.example/?a=&cko-payment-id=pay_1"),
        ("https://shop.example/?cko-anything&a=1&a=2", "https://shop.example/?a=1&a=2&cko-payment-id=pay_1"),
        ("http://localhost:3000/a;b", "http://localhost:3000/a;b?cko-payment-id=pay_1"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/?cko-payment-id=pay_1"),
    ],
)
def test_our_parameters_go_before_the_fragment_and_replace_those_of_their_kind(
    url: str, expected: str
) -> None:
    assert with_parameters(url, {"cko-payment-id": "pay_1"}) == expected


def test_parameters_are_encoded() -> None:
    url = with_parameters("https://shop.example/", {"cko-session-id": "a&b=c#d\r\n"})
    assert url == "https://shop.example/?cko-session-id=a%26b%3Dc%23d%0D%0A"
