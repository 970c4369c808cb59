"""The account's part of its base url."""

from __future__ import annotations

import pytest

from fils.domain.account_prefix import account_prefix, prefix_before
from fils.domain.identifiers import AccountId

BASES = ("pay.example", "localhost")


def test_the_prefix_is_the_begin_of_the_id() -> None:
    assert account_prefix(AccountId("cli_vkuhvk4vjn2edkps7dfsq6emqm")) == "vkuhvk4v"


@pytest.mark.parametrize(
    ("host", "prefix"),
    [
        ("vkuhvk4v.pay.example", "vkuhvk4v"),
        ("22222222.localhost", "22222222"),
        ("pay.example", None),
        ("vkuhvk4v", None),
        ("vkuhvk4v.", None),
        ("", None),
        ("vkuhvk4.pay.example", None),
        ("vkuhvk4vv.pay.example", None),
        ("vkuhvk48.pay.example", None),
        ("vkuhvk4v\n.pay.example", None),
        ("vkuhvk4v.example", None),
        ("vkuhvk4v.shop.pay.example", None),
    ],
)
def test_a_prefix_is_one_label_before_a_base(host: str, prefix: str | None) -> None:
    assert prefix_before(host, BASES) == prefix


@pytest.mark.parametrize(
    "bases", [("payments.pay.example", "pay.example"), ("pay.example", "payments.pay.example")]
)
def test_a_base_that_looks_like_a_prefix_of_another_is_a_base(bases: tuple[str, str]) -> None:
    assert prefix_before("payments.pay.example", bases) is None
    assert prefix_before("payment2.pay.example", bases) == "payment2"
    assert prefix_before("vkuhvk4v.payments.pay.example", bases) == "vkuhvk4v"
