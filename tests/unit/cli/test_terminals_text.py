"""What ``fils terminals`` says about terminals and about what a bank answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from fils.application.terminal_testing import Verdict
from fils.cli.tables import by_account, facts, table
from fils.cli.terminals_text import checked_text, list_text, terminal_text, trouble_text
from fils.domain.errors import ConfigurationError
from fils.operations.messages.terminals import (
    CredentialsEntry,
    TerminalChecked,
    TerminalEntry,
    TerminalList,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADDRESSES = ("https://pay.example/knet/notifications/trm_1", "https://pay.example/knet/errors/trm_1")


def entry(
    name: str = "Main", *, bank: str | None = "test", disabled_at: datetime | None = None
) -> TerminalEntry:
    return TerminalEntry(
        id="trm_1",
        account_id="cli_1",
        account_name="Bakery",
        name=name,
        mode="N",
        bank=bank,
        bank_url="https://kpaytest.com.kw/kpg",
        credentials=(
            CredentialsEntry(version=1, tranportal_id="888801", usable_from=NOON),
            CredentialsEntry(version=2, tranportal_id="888802", usable_from=NOON),
        ),
        created_at=NOON,
        disabled_at=disabled_at,
    )


def checked(verdict: Verdict, *, code: str | None = None, detail: str = "") -> TerminalChecked:
    return TerminalChecked(entry(), 2, verdict, code, detail)


def test_a_terminal_is_shown_with_what_to_tell_the_bank() -> None:
    text = terminal_text(entry("Ma\u202ein", disabled_at=NOON), addresses=ADDRESSES)
    assert "Main, off since 2026-05-01 12:00 UTC" in text
    assert "https://kpaytest.com.kw/kpg (KNET's test system)" in text
    assert "888802" in text
    assert "version 2, for new payments from 2026-05-01 12:00:00 UTC" in text
    assert all(address in text for address in ADDRESSES)


def test_terminals_are_listed_under_their_account() -> None:
    text = list_text(TerminalList((entry(), entry("Old", bank=None, disabled_at=NOON))))
    assert text.split("\n") == [
        "Bakery (cli_1)",
        "ID     BANK   MODE  STATE  NAME",
        "trm_1  test   N     on     Main",
        "trm_1  other  N     off    Old",
    ]
    assert "fils terminals add NAME" in list_text(TerminalList(()))


def test_a_terminal_that_works_is_said_to_with_what_that_does_not_show() -> None:
    text = checked_text(checked(Verdict.WORKS))
    assert "Main works" in text
    assert "version 2" in text
    assert "does not use the resource key" in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (checked(Verdict.REFUSED, code="IPAY0100015"), "the Tranportal password is wrong"),
        (checked(Verdict.REFUSED, code="IPAY0100215"), "the Tranportal id is not known there"),
        (
            checked(Verdict.REFUSED, code="IPAY0100017"),
            r"\(IPAY0100017\)\. Ask the bank; `fils codes IPAY0100017`",
        ),
        (checked(Verdict.REFUSED, code="IPAY0109999"), "IPAY0109999, which KNET's manual does not have"),
        (
            checked(Verdict.STRANGE, detail="CAPTURED"),
            "then said 'CAPTURED' about a payment that does not exist",
        ),
        (checked(Verdict.UNREACHABLE), "may connect to it on port 443"),
        (checked(Verdict.CERTIFICATE), "install the certificate authority"),
        (checked(Verdict.NO_ANSWER, detail="status 404"), r"no answer that can be read \(status 404\)"),
    ],
    ids=str,
)
def test_each_trouble_is_one_line_that_says_what_to_do(answer: TerminalChecked, words: str) -> None:
    text = trouble_text(answer)
    assert "\n" not in text
    assert re.search(words, text), text


def test_every_verdict_but_works_has_its_words() -> None:
    for verdict in set(Verdict) - {Verdict.WORKS}:
        assert trouble_text(checked(verdict, code="IPAY0100015"))
    with pytest.raises(ConfigurationError):
        trouble_text(TerminalChecked(entry(), 1, "unheard of", None, ""))


# Tables


@dataclass(frozen=True)
class Thing:
    account_id: str
    account_name: str
    name: str


def test_columns_are_as_wide_as_they_need_and_end_without_blanks() -> None:
    rows = [("a", "long name"), ("longer", "\x1b[2Jb\u202e")]
    assert table(("ID", "NAME"), rows) == "ID      NAME\na       long name\nlonger  [2Jb"
    assert facts({"Id": "1", "Name": "\u202ex"}) == "  Id    1\n  Name  x"


def test_entries_stand_under_their_account() -> None:
    things = [Thing("cli_2", "B", "1"), Thing("cli_1", "A\u202e", "2"), Thing("cli_2", "B", "3")]
    assert list(by_account(things)) == [("A (cli_1)", [things[1]]), ("B (cli_2)", [things[0], things[2]])]
