"""Accounts."""

from __future__ import annotations

from datetime import UTC, datetime

from fils.domain.account import Account
from fils.domain.identifiers import AccountId


def test_the_prefix_of_an_account_is_the_first_eight_characters_of_its_id() -> None:
    account = Account(
        id=AccountId("cli_vkuhvk4vjn2edkps7dfsq6emqm"),
        name="Shop",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert account.prefix == "vkuhvk4v"
