"""The terminals file: what it may say, and how each mistake is told without a secret in the words."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from fils.bootstrap.sandbox_setup import SANDBOX_TERMINALS
from fils.bootstrap.terminals_file import EXAMPLE, example_credentials, others_may_read, read_terminals_file
from fils.domain.errors import ConfigurationError
from fils.knet.simulator import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.faults import InquiryFault, NotificationFault
from fils.knet.simulator.settings import LOOPBACK
from fils.knet.wire import NotificationMode, decrypt, encrypt

SECRETS = ("hunter2", "KEYKEYKEYKEYKEY1")
TERMINAL = """
[[terminals]]
tranportal_id = "123401"
password = "hunter2"
key = "KEYKEYKEYKEYKEY1"
"""


def read(folder: Path, text: str) -> SimulatorSettings:
    """Write *text* into a file and read it."""
    path = folder / "terminals.toml"
    path.write_text(text, encoding="utf-8")
    return read_terminals_file(path, books=folder / "books.sqlite3", base_path="/kpg")


def refused(folder: Path, text: str) -> str:
    """Read *text*, which must be refused; returns why, after the path of the file."""
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    words = str(caught.value)
    assert [secret for secret in SECRETS if secret in words] == []
    assert f"{folder}/terminals.toml" in words
    return words.replace(f"{folder}/", "")


def test_a_terminal_needs_three_fields_and_the_rest_is_as_the_example_says(tmp_path: Path) -> None:
    settings = read(tmp_path, TERMINAL)
    [terminal] = settings.terminals

    assert (terminal.tranportal_id, terminal.password) == ("123401", "hunter2")
    assert decrypt(encrypt("amt=1.000", terminal.key), terminal.key) == "amt=1.000"
    assert terminal.mode is NotificationMode.SERVER_TO_SERVER
    assert terminal.error_origins == {LOOPBACK}
    assert (settings.books, settings.base_path) == (tmp_path / "books.sqlite3", "/kpg")
    assert settings == SimulatorSettings(
        books=settings.books, terminals=settings.terminals, base_path="/kpg", fonts=settings.fonts
    )


def test_every_field_can_be_written(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        """
        strict_characters = false
        allowed_hosts = ["Shop.test", "10.0.0.7"]
        approving_expiry = "12/2031"
        page_limit_seconds = 60
        notification_timeout_seconds = 3
        reversal_delay_max_seconds = 0
        capture_delay_max_seconds = 5
        seed = 7
        """
        + TERMINAL
        + """
        mode = "L"
        merchant_name = "متجر"
        error_origins = ["loopback", "http://shop.test:8080"]
        active = false
        refunds = false
        inquiry_says_success = true
        error_by_post = true
        error_at_response_url = true
        faults = {notification = "lost", inquiry = "slow", inquiry_delay_seconds = 2, wrong_amount = true}
        """,
    )
    assert settings.strict_characters is False
    assert settings.allowed_hosts == {"shop.test", "10.0.0.7"}
    assert settings.approving_expiry == (2031, 12)
    assert settings.page_limit == timedelta(seconds=60)
    assert settings.notification_timeout == timedelta(seconds=3)
    assert settings.reversal_delay_max == timedelta(0)
    assert settings.capture_delay_max == timedelta(seconds=5)
    assert settings.seed == 7
    [terminal] = settings.terminals
    assert terminal.mode is NotificationMode.BROWSER
    assert terminal.merchant_name == "متجر"
    assert terminal.error_origins == {LOOPBACK, "http://shop.test:8080"}
    assert (terminal.active, terminal.refunds) == (False, False)
    assert (terminal.error_by_post, terminal.error_at_response_url) == (True, True)
    assert terminal.inquiry_says_success is True
    assert terminal.faults.notification is NotificationFault.LOST
    assert (terminal.faults.inquiry, terminal.faults.inquiry_delay) == (
        InquiryFault.SLOW,
        timedelta(seconds=2),
    )
    assert terminal.faults.wrong_amount is True


def test_the_example_holds_the_terminals_of_the_sandbox() -> None:
    settings = read_terminals_file(EXAMPLE, books=Path("books"), base_path="/kpg")

    assert [(terminal.tranportal_id, terminal.mode) for terminal in settings.terminals] == [
        (terminal.tranportal_id, terminal.mode) for terminal in SANDBOX_TERMINALS
    ]
    assert example_credentials() == {
        terminal.tranportal_id: (terminal.password, terminal.key) for terminal in SANDBOX_TERMINALS
    }


def test_the_example_says_what_holds_when_nothing_is_written(tmp_path: Path) -> None:
    """Take the # away from every setting: nothing may change, so each one is spelt right and its default is true."""
    example = EXAMPLE.read_text(encoding="utf-8")
    text, count = re.subn(r"^# (?=\[|\w+ += )", "", example, flags=re.MULTILINE)
    assert count == 24

    written = read(tmp_path, text)
    usual = read_terminals_file(EXAMPLE, books=written.books, base_path="/kpg")
    assert _plain(written) == _plain(usual)
    assert [_plain(one) for one in written.terminals] == [_plain(one) for one in usual.terminals]


def _plain(value: SimulatorSettings | SimulatorTerminal) -> dict[str, object]:
    """The fields that can be compared: a key hides what it is."""
    names = [field.name for field in fields(value) if field.name not in {"key", "terminals"}]
    return {name: getattr(value, name) for name in names}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "terminals.toml, terminals: there is none; write at least one under a line with [[terminals]]"),
        ("terminals = 3", "terminals.toml, terminals: write each one under a line with [[terminals]]"),
        ("seeed = 1\n" + TERMINAL, "terminals.toml: 'seeed' is no field; did you mean seed?"),
        ("x = 1\n" + TERMINAL, "terminals.toml: 'x' is no field; there are strict_characters,"),
        ("seed = true\n" + TERMINAL, "terminals.toml, seed: write a whole number from 0 to"),
        (
            "page_limit_seconds = 0\n" + TERMINAL,
            "terminals.toml, page_limit_seconds: write a whole number from 1",
        ),
        ("strict_characters = 1\n" + TERMINAL, "terminals.toml, strict_characters: write true or false"),
        (
            "approving_expiry = '13/2030'\n" + TERMINAL,
            'approving_expiry: write month and year, such as "09/2030"',
        ),
        ("allowed_hosts = 'shop.test'\n" + TERMINAL, "allowed_hosts: write a list of texts in quotes"),
        (
            "allowed_hosts = ['shop.test:80']\n" + TERMINAL,
            "allowed_hosts: write host names or addresses alone",
        ),
        ("allowed_hosts = ['a b']\n" + TERMINAL, "allowed_hosts: write host names or addresses alone"),
        ("[[terminals]]", "terminals.toml, terminal 1, tranportal_id: it is missing"),
        (TERMINAL + "pasword = 'hunter2'", "terminal 1: 'pasword' is no field; did you mean password?"),
        (TERMINAL.replace('"123401"', "123401"), "terminal 1, tranportal_id: write a text in quotes"),
        (TERMINAL.replace("123401", "12 34"), "terminal 1, tranportal_id: write letters and digits"),
        (TERMINAL.replace("hunter2", "hunter2hunter2hunter2"), "terminal 1, password: write 1 to 15 visible"),
        (TERMINAL.replace("KEY1", "KEY1 "), "terminal 1, key: write the 16 visible ASCII characters"),
        (TERMINAL + "mode = 'X'", "terminal 1, mode: write one of N, L"),
        (TERMINAL + "mode = []", "terminal 1, mode: write one of N, L"),
        (TERMINAL + "active = 'yes'", "terminal 1, active: write true or false"),
        (TERMINAL + "merchant_name = ' '", "terminal 1, merchant_name: write 1 to 100 printable characters"),
        (
            TERMINAL + "error_origins = ['shop.test']",
            "terminal 1, error_origins is 'shop.test': start it with http://",
        ),
        (TERMINAL + "error_origins = [1]", "terminal 1, error_origins: write a list of texts in quotes"),
        (TERMINAL + "faults = 'lost'", "terminal 1, faults: write it as a table"),
        (TERMINAL + "faults = {inquiry = 'dwn'}", "terminal 1, faults: inquiry is none of none, down"),
        (TERMINAL + "faults = {lost = true}", "terminal 1, faults: there is no field 'lost'"),
        (TERMINAL + TERMINAL, "terminal 2, tranportal_id: another terminal has it; each needs its own"),
        (TERMINAL + "password = 'hunter2'", "the terminals file terminals.toml is no TOML: "),
        ("[[terminals]\nkey = KEYKEYKEYKEYKEY1", "the terminals file terminals.toml is no TOML: "),
    ],
)
def test_a_mistake_is_told_with_file_terminal_and_field(tmp_path: Path, text: str, words: str) -> None:
    assert words in refused(tmp_path, text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"the terminals file .*none\.toml cannot be read: No such file"
    ):
        read_terminals_file(tmp_path / "none.toml", books=tmp_path / "books", base_path="")
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ConfigurationError, match="is no text in UTF-8"):
        read_terminals_file(tmp_path / "picture", books=tmp_path / "books", base_path="")


@pytest.mark.parametrize(("rights", "is_open"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_may_read_is_noticed(tmp_path: Path, rights: int, is_open: bool) -> None:
    path = tmp_path / "terminals.toml"
    path.touch()
    path.chmod(rights)
    assert others_may_read(path) is is_open
