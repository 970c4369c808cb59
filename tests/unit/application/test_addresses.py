"""What links start with."""

from __future__ import annotations

import pytest

from fils.application.addresses import BaseUrl
from tests.support.application_ports import ACCOUNT


@pytest.mark.parametrize(
    ("browser", "has_prefix", "api"),
    [
        ("https://pay.example", False, "https://pay.example"),
        ("https://pay.example", True, "https://vkuhvk4v.pay.example"),
        ("http://localhost:4140", True, "http://vkuhvk4v.localhost:4140"),
    ],
)
def test_links_of_the_api_may_carry_the_prefix(browser: str, has_prefix: bool, api: str) -> None:
    assert BaseUrl(browser, has_prefix).api(ACCOUNT.id) == api
