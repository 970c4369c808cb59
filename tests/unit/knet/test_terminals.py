"""The book of terminals."""

from __future__ import annotations

from dataclasses import replace

from fils.domain.identifiers import TerminalId
from fils.domain.payment_attempt import NotificationMode
from fils.knet import wire
from fils.knet.terminals import TerminalBook, TerminalCredentials
from fils.knet.wire import TerminalKey

KEY = TerminalKey("SIMKEY0123456789")
FIRST, SECOND, UNKNOWN = TerminalId("trm_1"), TerminalId("trm_2"), TerminalId("trm_0")


def credentials(terminal_id: TerminalId, version: int) -> TerminalCredentials:
    return TerminalCredentials(
        terminal_id=terminal_id,
        version=version,
        tranportal_id="888801",
        password="simpass01",
        key=KEY,
        browser_url="https://bank.example/kpg",
        server_url="https://bank.example/kpg",
    )


BOOK = TerminalBook(
    [credentials(FIRST, 2), credentials(FIRST, 10), credentials(FIRST, 1), credentials(SECOND, 4)]
)


def test_new_attempts_start_with_the_newest_version() -> None:
    assert BOOK.current_version(FIRST) == 10
    assert BOOK.current_version(SECOND) == 4
    assert BOOK.current_version(UNKNOWN) is None


def test_another_tranportal_id_is_no_newer_version_of_the_same_terminal() -> None:
    other = replace(credentials(FIRST, 3), tranportal_id="888899")
    book = TerminalBook([credentials(FIRST, 1), credentials(FIRST, 2), other])
    assert book.newest_version(FIRST) == 3
    assert [book.newest_version_like(FIRST, version) for version in (1, 2, 3)] == [2, 2, 3]
    assert book.newest_version_like(FIRST, 4) is None
    assert book.newest_version_like(UNKNOWN, 1) is None


def test_every_version_is_found() -> None:
    assert BOOK.credentials(FIRST, 2) == credentials(FIRST, 2)
    assert BOOK.credentials(FIRST, 4) is None
    assert BOOK.credentials(SECOND, 2) is None
    assert BOOK.credentials(UNKNOWN, 1) is None


def test_messages_are_tried_with_the_newest_version_first() -> None:
    assert [item.version for item in BOOK.versions(FIRST)] == [10, 2, 1]
    assert BOOK.versions(UNKNOWN) == ()


def test_the_newest_version_says_who_carries_the_news() -> None:
    old, new = credentials(FIRST, 1), replace(credentials(FIRST, 2), mode=wire.NotificationMode.BROWSER)
    assert TerminalBook([new, old]).notification_mode(FIRST) is NotificationMode.BROWSER
    assert TerminalBook([old]).notification_mode(FIRST) is NotificationMode.SERVER
    assert TerminalBook([]).notification_mode(FIRST) is NotificationMode.SERVER


def test_no_secret_is_shown() -> None:
    shown = repr(credentials(FIRST, 1))
    assert "simpass01" not in shown
    assert "SIMKEY" not in shown
