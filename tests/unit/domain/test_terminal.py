"""What can be a terminal's credentials, and versions of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fils.domain.errors import CommandRefused
from fils.domain.identifiers import AccountId, TerminalId
from fils.domain.payment_attempt import NotificationMode
from fils.domain.terminal import (
    SealedCredentials,
    Terminal,
    bank_url,
    bank_word,
    check_secrets,
    check_tranportal_id,
    mode_letter,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
KEY = "SIMKEY0123456789"


def credentials(version: int) -> SealedCredentials:
    return SealedCredentials(
        version=version, tranportal_id="888801", sealed_password="", sealed_key="", usable_from=NOW
    )


TERMINAL = Terminal(
    id=TerminalId("trm_1"),
    account_id=AccountId("cli_1"),
    name="Main",
    mode=NotificationMode.SERVER,
    browser_url="https://bank.example/kpg",
    server_url="https://bank.example/kpg",
    credentials=(credentials(1),),
    created_at=NOW,
)


def test_the_last_credentials_are_the_newest() -> None:
    assert TERMINAL.newest.version == 1
    assert TERMINAL.with_credentials(credentials(2)).newest.version == 2
    assert len(TERMINAL.with_credentials(credentials(2)).credentials) == 2


def test_the_bank_knows_a_terminal_that_is_on_by_its_address_and_tranportal_id() -> None:
    assert TERMINAL.bank_terminal == "https://bank.example/kpg 888801"
    assert TERMINAL.with_credentials(credentials(2)).bank_terminal == TERMINAL.bank_terminal
    assert replace(TERMINAL, disabled_at=NOW).bank_terminal is None
    # As no Fils stores it, and verifying may meet it.
    assert replace(TERMINAL, credentials=()).bank_terminal is None


@pytest.mark.parametrize("text", ["", " 888801", "888801\n", "8888-01", "٨٨٨٨٠١", "8" * 256])
def test_what_is_no_tranportal_id_is_refused(text: str) -> None:
    check_tranportal_id("888801")
    with pytest.raises(CommandRefused, match="Tranportal id is not one"):
        check_tranportal_id(text)


@pytest.mark.parametrize("password", ["", "p" * 16, "pass word", "password1\n", "pässword"])
def test_what_is_no_password_is_refused_and_not_repeated(password: str) -> None:
    check_secrets(password="p" * 15, key=KEY)
    with pytest.raises(CommandRefused, match="Tranportal password is not one") as caught:
        check_secrets(password=password, key=KEY)
    assert caught.value.codes == ("terminal_password_invalid",)
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + " ", f"{KEY}\n", KEY[:-1] + " ", KEY[:-1] + "é"])
def test_what_is_no_resource_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(CommandRefused, match=f"and this has {len(key)} characters") as caught:
        check_secrets(password="simpass01", key=key)
    assert "SIMKEY" not in str(caught.value)


def test_knets_systems_have_words_and_other_banks_have_none() -> None:
    assert bank_word(bank_url("test")) == "test"
    assert bank_word(bank_url("production")) == "production"
    assert bank_word(bank_url("https://kpay.com.kw/kpg/")) == "production"
    assert bank_word(bank_url("https://bank.example/kpg")) is None


@pytest.mark.parametrize("text", ["", "live", "http://kpay.com.kw/kpg", "https://a@kpay.com.kw/kpg"])
def test_what_is_no_bank_is_refused(text: str) -> None:
    with pytest.raises(CommandRefused):
        bank_url(text)


def test_modes_have_the_banks_letters() -> None:
    assert mode_letter(NotificationMode.SERVER) == "N"
    assert mode_letter(NotificationMode.BROWSER) == "L"
