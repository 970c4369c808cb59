"""Terminals of nodes that share a database: their clocks differ, and so does that of whoever runs a command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import UTC, datetime, timedelta

import pytest

from fils.application.accounts import AccountTerms, create_account
from fils.application.ports import Store
from fils.application.terminals import TerminalCredentials, add_terminal, rotate_terminal
from fils.domain.errors import CommandRefused
from fils.domain.payment_attempt import NotificationMode
from fils.domain.terminal import USABLE_AFTER
from fils.knet.stored_terminals import REFRESH_S, load_terminals
from fils.knet.terminals import TerminalBook
from fils.storage import open_store
from tests.support.application_ports import SettableClock, make_ports

CREDENTIALS = TerminalCredentials(tranportal_id="888801", password="Planted-Pass1", key="PlantedKey!56789")
CLOSE = timedelta(seconds=10)


@pytest.fixture
async def store(postgresql_url: str) -> AsyncIterator[Store]:
    opened = await open_store(postgresql_url, mode="production")
    yield opened
    await opened.close()


@pytest.mark.parametrize("skew", [timedelta(hours=-1), timedelta(hours=1)], ids=["behind", "ahead"])
async def test_new_credentials_begin_by_the_servers_clock_whatever_that_of_the_operator_says(
    store: Store, skew: timedelta
) -> None:
    operator = make_ports(store=store, clock=SettableClock(datetime.now(UTC) + skew))
    await create_account(operator, AccountTerms(name="Bakery"), by="noura")
    terminal = await add_terminal(
        operator, "Main", CREDENTIALS, account=None, bank="test", mode=NotificationMode.SERVER, by="noura"
    )
    asked_at = datetime.now(UTC)
    assert abs(terminal.newest.usable_from - asked_at) < CLOSE
    rotated = await rotate_terminal(
        operator, "Main", password="Planted-Pass2", key="PlantedKey!56780", by="noura"
    )
    usable_from = rotated.newest.usable_from
    assert abs(usable_from - (asked_at + USABLE_AFTER)) < CLOSE

    # A node whose clock is a few seconds ahead begins sooner, when all others have read the store again and again.
    ahead = timedelta(seconds=REFRESH_S)
    node = SettableClock(usable_from - ahead)
    book = TerminalBook((), clock=node)
    await load_terminals(store, operator.vault, book)
    assert book.current_version(terminal.id) == 1
    assert book.credentials(terminal.id, 2) is not None
    node.move(ahead)
    assert book.current_version(terminal.id) == 2


async def test_of_two_commands_at_once_that_give_one_name_the_database_refuses_one(
    store: Store, postgresql_url: str
) -> None:
    other = await open_store(postgresql_url, mode="production")
    try:
        operators = [make_ports(store=store), make_ports(store=other)]
        accounts = (create_account(ports, AccountTerms(name="Bakery"), by="noura") for ports in operators)
        await check_one_refused(accounts, "is called Bakery already")
        terminals = (
            add_terminal(
                ports, name, CREDENTIALS, account=None, bank="test", mode=NotificationMode.SERVER, by="noura"
            )
            for ports, name in zip(operators, ("Main", "Till"), strict=True)
        )
        await check_one_refused(terminals, "is this terminal already")
    finally:
        await other.close()


async def check_one_refused(acts: Iterable[Awaitable[object]], words: str) -> None:
    """One of two acts at once is done, and the other refused with *words*."""
    ends = await asyncio.gather(*acts, return_exceptions=True)
    [refusal] = [end for end in ends if isinstance(end, BaseException)]
    assert isinstance(refusal, CommandRefused)
    assert words in str(refusal)
