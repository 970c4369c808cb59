"""Terminals of a production: added, changed, given new credentials, switched off, and asked about at the bank."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from fils.application.accounts import AccountTerms, account_log, create_account
from fils.application.channels import create_channel
from fils.application.ports import Batch, Ports
from fils.application.terminal_testing import TerminalTest, Verdict, check_terminal
from fils.application.terminals import (
    TerminalCredentials,
    add_terminal,
    change_terminal,
    check_new_terminal,
    find_terminal,
    key_purpose,
    named_terminals,
    password_purpose,
    rotate_terminal,
    switch_terminal,
)
from fils.domain.audit import AuditedAct
from fils.domain.errors import CertificateRefused, CommandRefused, FilsError, NotSent, OutcomeUnknown
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.identifiers import TerminalId
from fils.domain.payment_attempt import NotificationMode
from fils.domain.terminal import USABLE_AFTER, Terminal
from tests.support.application_ports import ScriptedBank, SettableClock, WatchedStore, make_ports
from tests.support.stores import BusyStore

PASSWORD, KEY = "Planted-Pass1", "PlantedKey!56789"
CREDENTIALS = TerminalCredentials(tranportal_id="888801", password=PASSWORD, key=KEY)


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def ports(bank: ScriptedBank, clock: SettableClock) -> Ports:
    """Those of a production with two accounts."""
    made = make_ports(bank=bank, clock=clock, store=WatchedStore())
    await create_account(made, AccountTerms(name="Bakery"), by="noura")
    await create_account(made, AccountTerms(name="Florist"), by="noura")
    return made


async def added(
    ports: Ports, name: str = "Main", *, account: str = "Bakery", tranportal_id: str = "888801"
) -> Terminal:
    return await add_terminal(
        ports,
        name,
        replace(CREDENTIALS, tranportal_id=tranportal_id),
        account=account,
        bank="test",
        mode=NotificationMode.SERVER,
        by="noura",
    )


async def test_a_terminal_is_stored_with_its_secrets_sealed(ports: Ports, clock: SettableClock) -> None:
    terminal = await added(ports)
    assert await ports.store.terminal(terminal.id) == terminal
    assert (terminal.name, terminal.mode) == ("Main", NotificationMode.SERVER)
    assert terminal.browser_url == terminal.server_url == "https://kpaytest.com.kw/kpg"
    [sealed] = terminal.credentials
    assert (sealed.version, sealed.tranportal_id, sealed.usable_from) == (1, "888801", clock.now())
    assert ports.vault.open(password_purpose(terminal.id, 1), sealed.sealed_password) == PASSWORD
    assert ports.vault.open(key_purpose(terminal.id, 1), sealed.sealed_key) == KEY


async def test_no_secret_is_in_what_is_stored_or_shown(ports: Ports) -> None:
    await added(ports)
    await rotate_terminal(ports, "Main", password=PASSWORD, key=KEY, by="noura")
    store = ports.store
    assert isinstance(store, WatchedStore)
    shown = msgspec.json.encode(store.committed).decode() + repr(store.committed) + repr(CREDENTIALS)
    assert PASSWORD not in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    ("bank", "url"),
    [
        ("test", "https://kpaytest.com.kw/kpg"),
        ("production", "https://kpay.com.kw/kpg"),
        ("https://www.kpay.com.kw/kpg/", "https://www.kpay.com.kw/kpg"),
        ("http://127.0.0.1:8099/kpg", "http://127.0.0.1:8099/kpg"),
        ("http://[::1]:8099/kpg", "http://[::1]:8099/kpg"),
    ],
)
async def test_the_bank_is_named_by_a_word_or_an_address(ports: Ports, bank: str, url: str) -> None:
    terminal = await add_terminal(
        ports, "Main", CREDENTIALS, account="Bakery", bank=bank, mode=NotificationMode.BROWSER, by="noura"
    )
    assert terminal.server_url == url


@pytest.mark.parametrize(
    "bank",
    [
        "live",
        "http://kpay.com.kw/kpg",
        "http://127.0.0.1.evil.example/kpg",
        "https://user:hunter2@kpay.com.kw/kpg",
        "https://kpay.com.kw/kpg?x=1",
        "https://kpay.com.kw/kpg#x",
        "https://kpay.com.kw\\@evil.example",
        "ftp://kpay.com.kw",
        "https://kpay.com.kw/kpg\n",
    ],
)
async def test_what_is_no_bank_is_refused(ports: Ports, bank: str) -> None:
    with pytest.raises(CommandRefused, match="bank") as refused:
        await add_terminal(
            ports, "Main", CREDENTIALS, account="Bakery", bank=bank, mode=NotificationMode.SERVER, by="noura"
        )
    assert "hunter2" not in str(refused.value)
    assert await ports.store.terminals() == ()


@pytest.mark.parametrize(
    ("name", "tranportal_id", "words"),
    [
        ("main", "888802", "is called Main already"),
        ("Second", "888801", "Main is this terminal already; `fils terminals rotate trm_"),
        (" ", "888802", "give the terminal a name"),
        ("Second", "88 88", "Tranportal id is not one"),
    ],
)
async def test_a_terminal_that_is_there_or_cannot_be_is_refused(
    ports: Ports, name: str, tranportal_id: str, words: str
) -> None:
    await added(ports)
    with pytest.raises(CommandRefused, match=words):
        await check_new_terminal(ports, name, account="Bakery", bank="test", tranportal_id=tranportal_id)
    with pytest.raises(CommandRefused, match=words):
        await added(ports, name, tranportal_id=tranportal_id)
    assert len(await ports.store.terminals()) == 1


async def test_whether_a_terminal_can_be_added_is_told_before_its_credentials_are_known(ports: Ports) -> None:
    new = await check_new_terminal(ports, " Main ", account="bakery", bank="test")
    assert (new.name, new.account.name, new.bank_url) == ("Main", "Bakery", "https://kpaytest.com.kw/kpg")
    with pytest.raises(CommandRefused, match="there are several accounts"):
        await check_new_terminal(ports, "Main", account=None, bank="test")
    assert await ports.store.terminals() == ()


async def test_new_credentials_wait_until_every_node_knows_them(ports: Ports, clock: SettableClock) -> None:
    first = await added(ports)
    clock.move(timedelta(days=1))
    await rotate_terminal(ports, "main", password="other", key=KEY, by="noura")
    await rotate_terminal(ports, first.id, password="third", key=KEY, by="noura")
    stored = await ports.store.terminal(first.id)
    assert stored is not None
    assert [(item.version, item.tranportal_id) for item in stored.credentials] == [
        (1, "888801"),
        (2, "888801"),
        (3, "888801"),
    ]
    assert stored.credentials[0] == first.newest
    assert {item.usable_from for item in stored.credentials[1:]} == {clock.now() + USABLE_AFTER}
    assert ports.vault.open(password_purpose(first.id, 3), stored.newest.sealed_password) == "third"


async def test_name_and_mode_change_and_the_bank_does_not(ports: Ports) -> None:
    first = await added(ports)
    await added(ports, "Second", tranportal_id="888802")
    changed = await change_terminal(ports, "Main", called="Shop", mode=NotificationMode.BROWSER, by="noura")
    assert changed == replace(first, name="Shop", mode=NotificationMode.BROWSER)
    assert await change_terminal(ports, "shop", called=None, mode=None, by="noura") == replace(
        changed, version=1
    )
    with pytest.raises(CommandRefused, match="is called Second already"):
        await change_terminal(ports, "Shop", called="second", mode=None, by="noura")


async def test_a_terminal_is_switched_off_and_on(ports: Ports, clock: SettableClock) -> None:
    await added(ports)
    off = await switch_terminal(ports, "Main", on=False, by="noura")
    assert off.disabled_at == clock.now()
    clock.move(timedelta(hours=1))
    assert (await switch_terminal(ports, "Main", on=False, by="noura")).disabled_at == off.disabled_at
    assert (await switch_terminal(ports, "Main", on=True, by="noura")).disabled_at is None


async def test_a_channel_goes_through_a_terminal_of_its_account(ports: Ports) -> None:
    with pytest.raises(CommandRefused, match="Bakery has no terminal yet"):
        await create_channel(ports, "Web", account="Bakery", terminal=None, by="noura")
    own, other = await added(ports), await added(ports, "Theirs", account="Florist", tranportal_id="888802")
    channel = await create_channel(ports, "Web", account="Bakery", terminal=None, by="noura")
    assert channel.terminal_id == own.id
    with pytest.raises(CommandRefused, match="belongs to another account"):
        await create_channel(ports, "App", account="Bakery", terminal=other.id, by="noura")
    second = await added(ports, "Second", tranportal_id="888803")
    with pytest.raises(CommandRefused, match="Bakery has several terminals"):
        await create_channel(ports, "App", account="Bakery", terminal=None, by="noura")
    channel = await create_channel(ports, "App", account="Bakery", terminal="second", by="noura")
    assert channel.terminal_id == second.id


async def test_terminals_are_listed_for_all_or_one_account(ports: Ports) -> None:
    own, other = await added(ports), await added(ports, "Theirs", account="Florist", tranportal_id="888802")
    assert {item.id for item in await named_terminals(ports, None)} == {own.id, other.id}
    assert await named_terminals(ports, "Florist") == (other,)
    with pytest.raises(CommandRefused, match="there is no terminal Third"):
        await find_terminal(ports, "Third")


async def test_a_sandbox_has_the_terminals_of_its_simulator_and_no_others(ports: Ports) -> None:
    sandbox = replace(ports, sandbox_terminals=(TerminalId("trm_simulated"),))
    acts = (
        added(sandbox),
        rotate_terminal(sandbox, "Main", password=PASSWORD, key=KEY, by="noura"),
        change_terminal(sandbox, "Main", called="Shop", mode=None, by="noura"),
        switch_terminal(sandbox, "Main", on=False, by="noura"),
        named_terminals(sandbox, None),
        check_terminal(sandbox, "Main"),
    )
    for act in acts:
        with pytest.raises(
            CommandRefused, match="a sandbox has the terminals of its simulator, trm_simulated"
        ):
            await act


async def test_an_id_means_its_own_terminal_whatever_another_one_is_called(ports: Ports) -> None:
    terminals = sorted(
        [await added(ports, "One"), await added(ports, "Two", tranportal_id="888802")],
        key=lambda terminal: terminal.id,
    )
    first, last = terminals
    await change_terminal(ports, first.id, called=last.id, mode=None, by="noura")
    assert (await find_terminal(ports, last.id)).id == last.id
    assert (await find_terminal(ports, first.id)).id == first.id


@pytest.mark.parametrize(
    ("name", "tranportal_id", "words"),
    [("MAIN", "888802", "is called"), ("Till", "888801", "is this terminal already")],
    ids=["one name", "one at the bank"],
)
async def test_of_two_terminals_at_once_that_are_one_the_second_is_refused(
    name: str, tranportal_id: str, words: str
) -> None:
    store = BusyStore()
    ports = make_ports(store=store)
    await create_account(ports, AccountTerms(name="Bakery"), by="noura")
    ends = await asyncio.gather(
        added(ports), added(ports, name, tranportal_id=tranportal_id), return_exceptions=True
    )
    [refusal] = [end for end in ends if isinstance(end, CommandRefused)]
    assert words in str(refusal)
    assert store.conflict_count == 1
    assert len(await store.terminals()) == 1


async def test_a_terminal_is_not_switched_on_beside_one_that_is_the_same_at_the_bank(ports: Ports) -> None:
    first = await added(ports, "First")
    await switch_terminal(ports, "First", on=False, by="noura")
    # As a database from before may hold it: no command stores it.
    twin = replace(first, id=TerminalId("trm_twin"), name="Twin")
    await ports.store.commit(Batch(inserts=(twin,)))
    with pytest.raises(CommandRefused, match=r"Twin \(trm_twin\) is on and is this terminal at the bank"):
        await switch_terminal(ports, "First", on=True, by="noura")
    await switch_terminal(ports, "Twin", on=False, by="noura")
    assert (await switch_terminal(ports, "First", on=True, by="noura")).disabled_at is None


async def test_what_was_done_to_a_terminal_is_recorded(ports: Ports, clock: SettableClock) -> None:
    clock.move(timedelta(seconds=1))
    terminal = await added(ports)
    clock.move(timedelta(seconds=1))
    await rotate_terminal(ports, "Main", password="other", key=KEY, by="ali")
    clock.move(timedelta(seconds=1))
    await change_terminal(ports, "Main", called="Shop", mode=None, by="ali")
    clock.move(timedelta(seconds=1))
    await switch_terminal(ports, "Shop", on=False, by="ali")
    clock.move(timedelta(seconds=1))
    await switch_terminal(ports, "Shop", on=True, by="noura")
    account = await ports.store.account(terminal.account_id)
    assert account is not None
    entries = (await account_log(ports, account))[1:]
    assert [(entry.act, entry.by) for entry in entries] == [
        (AuditedAct.TERMINAL_ADDED, "noura"),
        (AuditedAct.TERMINAL_ROTATED, "ali"),
        (AuditedAct.TERMINAL_CHANGED, "ali"),
        (AuditedAct.TERMINAL_DISABLED, "ali"),
        (AuditedAct.TERMINAL_ENABLED, "noura"),
    ]
    assert entries[0].what == "Main, Tranportal id 888801 at https://kpaytest.com.kw/kpg, mode N"
    assert entries[1].what == "version 2, usable from 2026-04-30 10:00:17 UTC"
    assert entries[2].what == "name Shop, mode N"


# A test at the bank


def error(code: str, outcome: Outcome = Outcome.UNKNOWN) -> BankStatement:
    return BankStatement(outcome=outcome, result=f"!ERROR!-{code}", error=code)


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (error("IPAY0100263", Outcome.NOT_FOUND), Verdict.WORKS, None),
        (error("IPAY0100015"), Verdict.REFUSED, "IPAY0100015"),
        (BankStatement(outcome=Outcome.CAPTURED, result="CAPTURED"), Verdict.STRANGE, None),
        (NotSent("cannot be reached"), Verdict.UNREACHABLE, None),
        (CertificateRefused("is none that"), Verdict.CERTIFICATE, None),
        (OutcomeUnknown("did not answer"), Verdict.NO_ANSWER, None),
    ],
)
async def test_the_banks_answer_to_a_made_up_track_id_shows_what_is_wrong(
    ports: Ports, bank: ScriptedBank, answer: BankStatement | FilsError, verdict: Verdict, code: str | None
) -> None:
    terminal = await added(ports)
    bank.answers.append(answer)
    result = await check_terminal(ports, "Main")
    assert (result.terminal, result.credentials_version, result.verdict, result.code) == (
        terminal,
        1,
        verdict,
        code,
    )
    [inquiry] = bank.inquiries
    assert (inquiry.terminal_id, inquiry.credentials_version) == (terminal.id, 1)
    assert inquiry.only_with_these


async def test_a_new_password_is_tried_before_it_is_stored(ports: Ports, bank: ScriptedBank) -> None:
    terminal = await added(ports)
    bank.answers.append(error("IPAY0100015"))
    assert (await check_terminal(ports, "Main", new_password="mistyped")).verdict is Verdict.REFUSED
    [inquiry] = bank.inquiries
    assert (inquiry.credentials_version, inquiry.new_password) == (1, "mistyped")
    assert inquiry.only_with_these
    assert "mistyped" not in repr(inquiry)
    assert await ports.store.terminals() == (terminal,)
    with pytest.raises(CommandRefused, match="the Tranportal password is not one"):
        await check_terminal(ports, "Main", new_password="two words")
    assert len(bank.inquiries) == 1


async def test_the_newest_credentials_are_tried_or_those_that_are_named(
    ports: Ports, bank: ScriptedBank
) -> None:
    await added(ports)
    await rotate_terminal(ports, "Main", password="other", key=KEY, by="noura")
    bank.answers.extend([error("IPAY0100263", Outcome.NOT_FOUND)] * 2)
    assert isinstance(await check_terminal(ports, "Main"), TerminalTest)
    await check_terminal(ports, "Main", version=1)
    assert [inquiry.credentials_version for inquiry in bank.inquiries] == [2, 1]
    assert len({inquiry.track_id for inquiry in bank.inquiries}) == 2
    with pytest.raises(CommandRefused, match="has no version 3"):
        await check_terminal(ports, "Main", version=3)
