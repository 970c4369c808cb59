"""Secret keys: made, rotated, revoked; what opens afterwards, and what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from fils.application.accounts import AccountTerms, account_log, create_account
from fils.application.authentication import KEY_PURPOSE
from fils.application.channels import create_channel
from fils.application.keys import OVERLAP_MAX, create_key, revoke_key, rotate_key
from fils.application.ports import Batch, Ports
from fils.domain.account import SecretKey
from fils.domain.audit import AuditedAct
from fils.domain.errors import CommandRefused
from fils.identifiers_source import new_secret_key
from tests.support.application_ports import CHANNEL, SettableClock, WatchedStore, make_ports

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def ports(clock: SettableClock) -> Ports:
    """Those of a sandbox with one account and a channel."""
    made = replace(make_ports(clock=clock, store=WatchedStore()), sandbox_terminals=(CHANNEL.terminal_id,))
    await create_account(made, AccountTerms(name="Bakery"), by="noura")
    await create_channel(made, "Web", account=None, terminal=None, by="noura")
    return made


async def opens(ports: Ports, key: str) -> bool:
    """Whether a request with *key* is let in."""
    found = await ports.store.secret_key(ports.vault.hash(KEY_PURPOSE, key))
    return found is not None and found.is_good(now=ports.clock.now())


async def made(ports: Ports, name: str = "Shop", *, channel: str | None = None) -> tuple[str, SecretKey]:
    """A new key and its record."""
    key = new_secret_key(sandbox=True)
    return key, await create_key(ports, name, key, account=None, channel=channel, by="noura")


async def test_a_new_key_opens_its_account(ports: Ports) -> None:
    key, record = await made(ports)
    assert await opens(ports, key)
    assert record.name == "Shop"
    assert record.processing_channel_id is None
    assert await ports.store.secret_keys(record.account_id) == (record,)


async def test_nothing_of_a_key_is_stored(ports: Ports) -> None:
    key, _ = await made(ports)
    replacement = new_secret_key(sandbox=True)
    await rotate_key(ports, "Shop", replacement, overlap=HOUR, by="noura")
    store = ports.store
    assert isinstance(store, WatchedStore)
    written = msgspec.json.encode(store.committed).decode()
    for secret in (key, replacement):
        for start in range(len(secret) - 12):
            assert secret[start : start + 13] not in written


async def test_a_key_may_be_bound_to_a_channel_of_its_account(ports: Ports) -> None:
    _, record = await made(ports, channel="Web")
    [channel] = await ports.store.processing_channels(record.account_id)
    assert record.processing_channel_id == channel.id
    with pytest.raises(CommandRefused, match="has no channel App"):
        await made(ports, "Another", channel="App")


async def test_a_good_key_keeps_its_name_for_itself(ports: Ports) -> None:
    await made(ports)
    with pytest.raises(CommandRefused, match="is called Shop already; `fils keys rotate key_"):
        await made(ports, "shop")
    await revoke_key(ports, "Shop", by="noura")
    await made(ports)


@pytest.mark.parametrize("key", ["sk_" + "a" * 27, "sk_sbox_short", "", "pk_sbox_" + "a" * 27])
async def test_a_sandbox_takes_keys_of_a_sandbox_only(ports: Ports, key: str) -> None:
    with pytest.raises(CommandRefused, match="is a sandbox, whose keys begin with sk_sbox_"):
        await create_key(ports, "Shop", key, account=None, channel=None, by="noura")


async def test_a_production_takes_no_key_of_a_sandbox(ports: Ports) -> None:
    production = replace(ports, sandbox_terminals=())
    with pytest.raises(CommandRefused, match="is no sandbox; run the command with its own settings"):
        await create_key(
            production, "Shop", new_secret_key(sandbox=True), account=None, channel=None, by="noura"
        )
    key = new_secret_key(sandbox=False)
    await create_key(production, "Shop", key, account=None, channel=None, by="noura")
    assert await opens(production, key)


async def test_a_rotated_key_goes_on_for_the_overlap(ports: Ports, clock: SettableClock) -> None:
    old_key, old = await made(ports, channel="Web")
    new_key = new_secret_key(sandbox=True)
    new, ending = await rotate_key(ports, "Shop", new_key, overlap=HOUR, by="noura")
    assert (new.name, new.account_id, new.processing_channel_id) == (
        old.name,
        old.account_id,
        old.processing_channel_id,
    )
    assert ending.id == old.id
    clock.move(HOUR - timedelta(microseconds=1))
    assert await opens(ports, old_key)
    clock.move(timedelta(microseconds=1))
    assert not await opens(ports, old_key)
    assert await opens(ports, new_key)


async def test_a_key_that_ends_is_not_rotated_again(ports: Ports) -> None:
    _, old = await made(ports)
    await rotate_key(ports, old.id, new_secret_key(sandbox=True), overlap=HOUR, by="noura")
    with pytest.raises(CommandRefused, match="ends already"):
        await rotate_key(ports, old.id, new_secret_key(sandbox=True), overlap=HOUR, by="noura")
    with pytest.raises(CommandRefused, match=f"several keys have that name.*{old.id}"):
        await rotate_key(ports, "Shop", new_secret_key(sandbox=True), overlap=HOUR, by="noura")


@pytest.mark.parametrize("overlap", [-timedelta(seconds=1), OVERLAP_MAX + timedelta(seconds=1)])
async def test_an_overlap_has_bounds(ports: Ports, overlap: timedelta) -> None:
    await made(ports)
    with pytest.raises(CommandRefused, match="the overlap is at most 30 days"):
        await rotate_key(ports, "Shop", new_secret_key(sandbox=True), overlap=overlap, by="noura")


async def test_a_revoked_key_opens_nothing_from_that_moment(ports: Ports) -> None:
    key, record = await made(ports)
    ended = await revoke_key(ports, "Shop", by="ali")
    assert ended.ends_at == ports.clock.now()
    assert not await opens(ports, key)
    with pytest.raises(CommandRefused, match="opens nothing already"):
        await revoke_key(ports, record.id, by="ali")
    with pytest.raises(CommandRefused, match="there is no key Shop that is good"):
        await revoke_key(ports, "Shop", by="ali")


async def test_an_old_key_can_be_revoked_within_its_overlap(ports: Ports) -> None:
    key, old = await made(ports)
    await rotate_key(ports, "Shop", new_secret_key(sandbox=True), overlap=HOUR, by="noura")
    await revoke_key(ports, old.id, by="noura")
    assert not await opens(ports, key)


async def test_the_sandboxs_own_key_is_touched_only_when_that_is_said(ports: Ports) -> None:
    key, record = await made(ports)
    own = replace(record, of_sandbox=True)
    await ports.store.commit(Batch(updates=(own,)))
    for act in (
        revoke_key(ports, "Shop", by="noura"),
        rotate_key(ports, "Shop", new_secret_key(sandbox=True), overlap=HOUR, by="noura"),
    ):
        with pytest.raises(CommandRefused, match=r"the sandbox's own key.*--sandbox-key"):
            await act
    assert await opens(ports, key)
    await revoke_key(ports, "Shop", by="noura", also_of_sandbox=True)
    assert not await opens(ports, key)


async def test_what_was_done_to_keys_is_recorded(ports: Ports, clock: SettableClock) -> None:
    clock.move(HOUR)
    _, old = await made(ports)
    clock.move(HOUR)
    new, _ = await rotate_key(ports, "Shop", new_secret_key(sandbox=True), overlap=HOUR, by="ali")
    clock.move(HOUR)
    await revoke_key(ports, new.id, by="noura")
    [account] = await ports.store.accounts()
    told = [(entry.act, entry.by, entry.subject_id) for entry in await account_log(ports, account)][-3:]
    assert told == [
        (AuditedAct.KEY_CREATED, "noura", old.id),
        (AuditedAct.KEY_ROTATED, "ali", old.id),
        (AuditedAct.KEY_REVOKED, "noura", new.id),
    ]
