"""Accounts and channels: made, found by what people call them, changed, and the record of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.accounts import (
    AccountTerms,
    account_log,
    change_account,
    create_account,
    find_account,
    named_accounts,
)
from fils.application.channels import change_channel, create_channel, find_channel
from fils.application.ports import Batch, Ports
from fils.domain.audit import AuditedAct
from fils.domain.errors import CommandRefused, ConcurrentUpdate
from fils.domain.identifiers import TerminalId
from fils.identifiers_source import SystemIds
from fils.storage.memory import MemoryStore
from tests.support.application_ports import CHANNEL, SettableClock, make_ports
from tests.support.stores import BusyStore


@pytest.fixture
def ports() -> Ports:
    """Those of a sandbox with one terminal."""
    return replace(make_ports(), sandbox_terminals=(CHANNEL.terminal_id,))


def named(name: str) -> AccountTerms:
    return AccountTerms(name=name)


class RepeatingIds(SystemIds):
    """Draws the same account id a few times."""

    def __init__(self, *ids: str) -> None:
        self._ids = list(ids)

    def identifier(self, prefix: str) -> str:
        return self._ids.pop(0) if prefix == "cli" and self._ids else super().identifier(prefix)


class OvertakenStore(MemoryStore):
    """Somebody else is always faster, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def commit(self, batch: Batch) -> None:
        if self.times > 0:
            self.times -= 1
            raise ConcurrentUpdate("somebody was faster")
        await super().commit(batch)


async def test_an_account_is_made_with_what_was_chosen(ports: Ports) -> None:
    terms = AccountTerms(
        name="  Bakery\u202e ",
        default_success_url="https://bakery.example/paid",
        default_failure_url="http://localhost/failed",
        last_digit_zero=True,
    )
    made = await create_account(ports, terms, by="noura")
    assert await ports.store.account(made.id) == made
    assert (made.name, made.last_digit_zero) == ("Bakery", True)
    assert made.default_success_url == "https://bakery.example/paid"
    assert made.default_failure_url == "http://localhost/failed"
    assert await ports.store.account_by_prefix(made.prefix) == made


async def test_a_prefix_that_is_taken_is_drawn_again(ports: Ports) -> None:
    first = await create_account(ports, named("One"), by="noura")
    clash = f"cli_{first.prefix}{'a' * 18}"
    ports = replace(ports, ids=RepeatingIds(clash, clash))
    second = await create_account(ports, named("Two"), by="noura")
    assert second.prefix != first.prefix


async def test_a_clash_at_the_commit_is_tried_again_but_not_for_ever() -> None:
    ports = make_ports(store=OvertakenStore(4))
    assert (await create_account(ports, named("One"), by="noura")).name == "One"
    with pytest.raises(ConcurrentUpdate):
        await create_account(make_ports(store=OvertakenStore(5)), named("One"), by="noura")


async def test_an_id_means_its_own_channel_whatever_another_one_is_called(ports: Ports) -> None:
    account = await create_account(ports, named("Bakery"), by="noura")
    for name in ("Web", "Till"):
        await create_channel(ports, name, account=None, terminal=None, by="noura")
    first, last = await ports.store.processing_channels(account.id)
    await change_channel(ports, first.id, account=None, called=last.id, terminal=None, by="noura")
    assert (await find_channel(ports, account, last.id)).id == last.id
    assert (await find_channel(ports, account, first.id)).id == first.id


async def told(*acts: Awaitable[object]) -> set[str]:
    """How acts at once end: ``done``, or what is said to whoever is refused."""
    ends = await asyncio.gather(*acts, return_exceptions=True)
    assert all(isinstance(end, CommandRefused) for end in ends if isinstance(end, BaseException)), ends
    return {str(end) if isinstance(end, CommandRefused) else "done" for end in ends}


async def test_of_two_accounts_that_get_one_name_at_once_one_is_refused() -> None:
    store = BusyStore()
    ports = make_ports(store=store)
    ends = await told(*(create_account(ports, named(name), by="noura") for name in ("Bakery", "BAKERY")))
    [made] = await store.accounts()
    assert ends == {"done", f"account {made.id} is called {made.name} already"}
    first = await create_account(ports, named("Florist"), by="noura")
    assert store.conflict_count == 1
    ends = await told(*(change_account(ports, item.id, named("Cafe"), by="ali") for item in (made, first)))
    assert len(ends) == 2
    assert store.conflict_count == 2


async def test_of_two_channels_that_get_one_name_at_once_one_is_refused() -> None:
    ports = replace(make_ports(store=BusyStore()), sandbox_terminals=(CHANNEL.terminal_id,))
    await create_account(ports, named("Bakery"), by="noura")
    names = ("Web", "web")
    ends = await told(
        *(create_channel(ports, name, account=None, terminal=None, by="noura") for name in names)
    )
    assert len(ends) == 2
    assert any("Bakery has a channel called" in end for end in ends)


@pytest.mark.parametrize("called", ["id", "prefix", "name", "other case"])
async def test_an_account_is_found_by_what_people_call_it(ports: Ports, called: str) -> None:
    made = await create_account(ports, named("Bakery"), by="noura")
    await create_account(ports, named("Florist"), by="noura")
    text = {"id": made.id, "prefix": made.prefix, "name": "Bakery", "other case": " bAKERY"}[called]
    assert await find_account(ports, text) == made
    assert await named_accounts(ports, text) == (made,)


async def test_the_only_account_need_not_be_named(ports: Ports) -> None:
    with pytest.raises(CommandRefused, match="no account yet; make one"):
        await find_account(ports, None)
    made = await create_account(ports, named("Bakery"), by="noura")
    assert await find_account(ports, None) == made
    await create_account(ports, named("Florist"), by="noura")
    with pytest.raises(CommandRefused, match="several accounts; name the one"):
        await find_account(ports, None)
    assert len(await named_accounts(ports, None)) == 2


async def test_a_name_that_means_nothing_is_refused(ports: Ports) -> None:
    with pytest.raises(CommandRefused, match="there is no account Bakery;"):
        await find_account(ports, "\u202eBakery\n")


async def test_an_account_is_changed_where_something_is_said(ports: Ports) -> None:
    made = await create_account(
        ports, AccountTerms(name="Bakery", default_success_url="https://bakery.example/paid"), by="noura"
    )
    changed = await change_account(
        ports, "Bakery", AccountTerms(default_success_url="", last_digit_zero=True), by="noura"
    )
    assert changed == replace(made, default_success_url=None, last_digit_zero=True)
    assert await ports.store.account(made.id) == replace(changed, version=1)
    assert (await change_account(ports, "Bakery", named("BAKERY"), by="noura")).name == "BAKERY"


async def test_a_change_of_nothing_is_none(ports: Ports) -> None:
    made = await create_account(ports, named("Bakery"), by="noura")
    assert await change_account(ports, "Bakery", named("Bakery"), by="noura") == made
    assert len(await account_log(ports, made)) == 1


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (named(" "), "give the account a name"),
        (named("florist"), "is called Florist already"),
        (AccountTerms(default_success_url="http://bakery.example"), "the success url cannot be used"),
        (AccountTerms(default_failure_url="javascript:alert(1)"), "the failure url cannot be used"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_is_changed(
    ports: Ports, terms: AccountTerms, words: str
) -> None:
    await create_account(ports, named("Florist"), by="noura")
    made = await create_account(ports, named("Bakery"), by="noura")
    with pytest.raises(CommandRefused, match=words):
        await change_account(ports, "Bakery", terms, by="noura")
    with pytest.raises(CommandRefused):
        await create_account(ports, terms, by="noura")
    assert await ports.store.account(made.id) == made
    assert len(await ports.store.accounts()) == 2


async def test_whoever_changes_something_says_who_they_are(ports: Ports) -> None:
    with pytest.raises(CommandRefused, match="say who you are"):
        await create_account(ports, named("Bakery"), by=" \u202e")
    assert await ports.store.accounts() == ()


async def test_what_people_did_is_told_in_its_order() -> None:
    clock = SettableClock()
    ports = replace(make_ports(clock=clock), sandbox_terminals=(CHANNEL.terminal_id,))
    made = await create_account(ports, named("Bakery"), by="noura")
    clock.move(timedelta(seconds=1))
    channel = await create_channel(ports, "Web", account=None, terminal=None, by="ali")
    clock.move(timedelta(seconds=1))
    terms = AccountTerms(
        name="Florist",
        default_success_url="https://a.example",
        default_failure_url="https://b.example",
        last_digit_zero=True,
    )
    await change_account(ports, "Bakery", terms, by="noura")
    entries = await account_log(ports, made)
    assert [(entry.act, entry.by, entry.subject_id) for entry in entries] == [
        (AuditedAct.ACCOUNT_CREATED, "noura", made.id),
        (AuditedAct.CHANNEL_CREATED, "ali", channel.id),
        (AuditedAct.ACCOUNT_CHANGED, "noura", made.id),
    ]
    assert entries[1].what == f"Web, through terminal {CHANNEL.terminal_id}"
    assert entries[2].what == (
        "name from Bakery to Florist, success url to https://a.example, failure url to https://b.example, "
        "last digit zero on"
    )


# Channels


async def test_a_channel_of_a_sandbox_goes_through_the_simulators_terminal(ports: Ports) -> None:
    account = await create_account(ports, named("Bakery"), by="noura")
    usual = await create_channel(ports, "Web", account=None, terminal=None, by="noura")
    assert await ports.store.processing_channel(usual.id) == usual
    assert (usual.account_id, usual.terminal_id, usual.name) == (account.id, CHANNEL.terminal_id, "Web")
    other = TerminalId("trm_other")
    ports = replace(ports, sandbox_terminals=(CHANNEL.terminal_id, other))
    named_one = await create_channel(ports, "App", account="Bakery", terminal=other, by="noura")
    assert named_one.terminal_id == other
    with pytest.raises(CommandRefused, match="the simulator of this sandbox has trm_"):
        await create_channel(ports, "Shop", account=None, terminal="trm_made_up", by="noura")


async def test_a_channel_has_a_name_of_its_own_in_its_account(ports: Ports) -> None:
    await create_account(ports, named("Bakery"), by="noura")
    await create_account(ports, named("Florist"), by="noura")
    await create_channel(ports, "Web", account="Bakery", terminal=None, by="noura")
    await create_channel(ports, "Web", account="Florist", terminal=None, by="noura")
    with pytest.raises(CommandRefused, match="Bakery has a channel called Web already"):
        await create_channel(ports, "web", account="Bakery", terminal=None, by="noura")


async def test_a_channel_is_found_by_id_or_name_and_only_in_its_account(ports: Ports) -> None:
    bakery = await create_account(ports, named("Bakery"), by="noura")
    florist = await create_account(ports, named("Florist"), by="noura")
    channel = await create_channel(ports, "Web", account="Bakery", terminal=None, by="noura")
    assert await find_channel(ports, bakery, channel.id) == channel
    assert await find_channel(ports, bakery, " WEB ") == channel
    for name in (channel.id, "Web"):
        with pytest.raises(CommandRefused, match="Florist has no channel"):
            await find_channel(ports, florist, name)


async def test_a_channel_gets_another_name_or_terminal_and_keeps_its_id(ports: Ports) -> None:
    other = TerminalId("trm_other")
    ports = replace(ports, sandbox_terminals=(CHANNEL.terminal_id, other))
    account = await create_account(ports, named("Bakery"), by="noura")
    made = await create_channel(ports, "Web", account=None, terminal=None, by="noura")
    await create_channel(ports, "App", account=None, terminal=None, by="noura")
    changed = await change_channel(ports, "web", account=None, called="WEB", terminal=other, by="noura")
    assert changed == replace(made, name="WEB", terminal_id=other)
    assert await ports.store.processing_channel(made.id) == replace(changed, version=1)
    same = await change_channel(ports, made.id, account=None, called="WEB", terminal=None, by="noura")
    assert same.version == 1
    with pytest.raises(CommandRefused, match="has a channel called App already"):
        await change_channel(ports, "WEB", account=None, called="app", terminal=None, by="noura")
    assert f"WEB, through terminal {other}" in [entry.what for entry in await account_log(ports, account)]
