"""
Terminals of a production: adding them, finding and changing them, giving them new credentials.

Their secrets come in here once, are sealed, and never come out again: only ``fils.knet`` opens them. A sandbox has the
terminals of its simulator and no others.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from fils.application.accounts import find_account
from fils.application.administration import decided_again, meant, recorded
from fils.application.ports import Batch, Ports
from fils.domain.account import Account
from fils.domain.audit import AuditedAct
from fils.domain.errors import CommandRefused
from fils.domain.identifiers import TERMINAL, TerminalId
from fils.domain.payment_attempt import NotificationMode
from fils.domain.person import clean, folded, new_name
from fils.domain.terminal import (
    USABLE_AFTER,
    SealedCredentials,
    Terminal,
    bank_url,
    check_secrets,
    check_tranportal_id,
    mode_letter,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalCredentials:
    """What the bank's letter says about a terminal."""

    tranportal_id: str
    password: str = field(repr=False)
    key: str = field(repr=False)
    """The terminal resource key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerminal:
    """A terminal that can be added, as far as can be told without its secrets."""

    account: Account
    name: str
    bank_url: str


def password_purpose(terminal_id: TerminalId, version: int) -> str:
    """What a password is sealed for: a row that was put in another's place does not open."""
    return f"terminal password {terminal_id} {version}"


def key_purpose(terminal_id: TerminalId, version: int) -> str:
    """What a terminal resource key is sealed for."""
    return f"terminal resource key {terminal_id} {version}"


async def check_new_terminal(
    ports: Ports, name: str, *, account: str | None, bank: str, tranportal_id: str | None = None
) -> NewTerminal:
    """
    See whether a terminal can be added, before anybody is asked for its secrets.

    Args:
        ports: The use cases' parts.
        name: What people call it; no other terminal has it.
        account: What names the account; None means the only one.
        bank: ``test``, ``production``, or an address.
        tranportal_id: As the bank gave it; None if it is not known yet.

    Raises:
        CommandRefused: If something of that cannot be used, or the installation is a sandbox.
    """
    _refuse_in_sandbox(ports)
    owner = await find_account(ports, account)
    url, called = bank_url(bank), new_name(name, what="terminal")
    if tranportal_id is not None:
        check_tranportal_id(tranportal_id)
    for other in await ports.store.terminals():
        if other.folded_name == folded(called):
            raise CommandRefused("terminal_name_taken", f"terminal {other.id} is called {other.name} already")
        if other.newest.tranportal_id == tranportal_id and other.server_url == url:
            raise CommandRefused(
                "terminal_known",
                f"{other.name} is this terminal already; `fils terminals rotate {other.id}` gives it new credentials",
            )
    return NewTerminal(account=owner, name=called, bank_url=url)


async def add_terminal(
    ports: Ports,
    name: str,
    credentials: TerminalCredentials,
    *,
    account: str | None,
    bank: str,
    mode: NotificationMode,
    by: str,
) -> Terminal:
    """
    Store a terminal of an account. New payments can use it as soon as their node has read it, in a few seconds.

    Args:
        ports: The use cases' parts.
        name: What people call it; no other terminal has it.
        credentials: As the bank gave them.
        account: What names the account; None means the only one.
        bank: ``test``, ``production``, or an address.
        mode: How the bank has the terminal set to tell how a payment ended.
        by: Who adds it.

    Raises:
        CommandRefused: If something of that cannot be used, or the installation is a sandbox.
        ConcurrentUpdate: If others were faster again and again.
    """

    async def decision() -> Terminal:
        tranportal_id = credentials.tranportal_id
        new = await check_new_terminal(ports, name, account=account, bank=bank, tranportal_id=tranportal_id)
        terminal_id = TerminalId(ports.ids.identifier(TERMINAL))
        now = await ports.store.now(ports.clock)
        terminal = Terminal(
            id=terminal_id,
            account_id=new.account.id,
            name=new.name,
            mode=mode,
            browser_url=new.bank_url,
            server_url=new.bank_url,
            # At once: to a node that has not read it the terminal is unknown, and what is unknown is looked up.
            credentials=(_sealed(ports, terminal_id, 1, credentials, usable_from=now),),
            created_at=now,
        )
        entry = recorded(
            ports,
            AuditedAct.TERMINAL_ADDED,
            account_id=new.account.id,
            subject_id=terminal_id,
            by=by,
            what=f"{new.name}, Tranportal id {tranportal_id} at {new.bank_url}, mode {mode_letter(mode)}",
        )
        await ports.store.commit(Batch(inserts=(terminal, entry)))
        return terminal

    return await decided_again(decision)


async def rotate_terminal(ports: Ports, name: str, *, password: str, key: str, by: str) -> Terminal:
    """
    Give a terminal a new password and key. New attempts use them in some seconds; those under way end with their own.

    The Tranportal id stays: another one is another terminal, at which the bank does not find this one's payments.

    Args:
        ports: The use cases' parts.
        name: What names the terminal.
        password: The new Tranportal password.
        key: The new terminal resource key, or the old one if the bank changed only the password.
        by: Who does it.

    Raises:
        CommandRefused: If there is no such terminal or the credentials cannot be used.
        ConcurrentUpdate: If others changed it again and again meanwhile.
    """
    _refuse_in_sandbox(ports)

    async def decision() -> Terminal:
        before = await find_terminal(ports, name)
        newest = before.newest
        credentials = TerminalCredentials(tranportal_id=newest.tranportal_id, password=password, key=key)
        # Another node would not look for a version that it does not know of a terminal that it does.
        usable_from = await ports.store.now(ports.clock) + USABLE_AFTER
        sealed = _sealed(ports, before.id, newest.version + 1, credentials, usable_from=usable_from)
        return await _change(
            ports,
            before.with_credentials(sealed),
            AuditedAct.TERMINAL_ROTATED,
            by=by,
            what=f"version {sealed.version}, usable from {sealed.usable_from:%Y-%m-%d %H:%M:%S} UTC",
        )

    return await decided_again(decision)


async def change_terminal(
    ports: Ports, name: str, *, called: str | None, mode: NotificationMode | None, by: str
) -> Terminal:
    """
    Change what a terminal is called, or how the bank has it set. Its bank cannot change: open attempts are there.

    Raises:
        CommandRefused: If there is no such terminal, or another one has the name.
        ConcurrentUpdate: If others changed it again and again meanwhile.
    """
    _refuse_in_sandbox(ports)

    async def decision() -> Terminal:
        before = await find_terminal(ports, name)
        after = replace(before, mode=mode or before.mode)
        if called is not None:
            after = replace(after, name=new_name(called, what="terminal"))
            for other in await ports.store.terminals():
                if other.id != before.id and other.folded_name == after.folded_name:
                    raise CommandRefused(
                        "terminal_name_taken", f"terminal {other.id} is called {other.name} already"
                    )
        if after == before:
            return before
        what = f"name {after.name}, mode {mode_letter(after.mode)}"
        return await _change(ports, after, AuditedAct.TERMINAL_CHANGED, by=by, what=what)

    return await decided_again(decision)


async def switch_terminal(ports: Ports, name: str, *, on: bool, by: str) -> Terminal:
    """
    Let a terminal start new payments, or nothing new. What it started is followed to its end in any case.

    Raises:
        CommandRefused: If there is no such terminal, or another one that is on is the same at the bank.
        ConcurrentUpdate: If others changed it again and again meanwhile.
    """
    _refuse_in_sandbox(ports)

    async def decision() -> Terminal:
        before = await find_terminal(ports, name)
        if (before.disabled_at is None) is on:
            return before
        after = replace(before, disabled_at=None if on else ports.clock.now())
        for other in await ports.store.terminals() if on else ():
            if other.bank_terminal == after.bank_terminal:
                raise CommandRefused(
                    "terminal_known",
                    f"{other.name} ({other.id}) is on and is this terminal at the bank already",
                )
        act = AuditedAct.TERMINAL_ENABLED if on else AuditedAct.TERMINAL_DISABLED
        return await _change(ports, after, act, by=by)

    return await decided_again(decision)


async def named_terminals(ports: Ports, account: str | None) -> tuple[Terminal, ...]:
    """
    The terminals of the account that *account* names; of all accounts if None.

    Raises:
        CommandRefused: If there is no such account, or the installation is a sandbox.
    """
    _refuse_in_sandbox(ports)
    terminals = await ports.store.terminals()
    if account is None:
        return terminals
    owner = await find_account(ports, account)
    return tuple(terminal for terminal in terminals if terminal.account_id == owner.id)


async def find_terminal(ports: Ports, name: str) -> Terminal:
    """
    The terminal that *name* means: its id, or its name.

    Raises:
        CommandRefused: If it means none, or the installation is a sandbox.
    """
    _refuse_in_sandbox(ports)
    found = meant(await ports.store.terminals(), name)
    if found is None:
        raise CommandRefused(
            "terminal_unknown", f"there is no terminal {clean(name)}; `fils terminals list` shows them"
        )
    return found


async def find_terminal_for(ports: Ports, account: Account, name: str | None) -> TerminalId:
    """
    The terminal that a new channel of *account* goes through.

    Raises:
        CommandRefused: If *name* is none that the account may use, or is None and there is not one to take.
    """
    if ports.is_sandbox:
        return _terminal_of_sandbox(ports, name)
    own = [terminal for terminal in await ports.store.terminals() if terminal.account_id == account.id]
    if name is not None:
        found = await find_terminal(ports, name)
        if found not in own:
            raise CommandRefused(
                "terminal_of_other_account", f"terminal {found.name} belongs to another account"
            )
        return found.id
    if len(own) != 1:
        raise CommandRefused(
            "terminal_required",
            f"{account.name} has several terminals; say which with --terminal, as `fils terminals list` shows"
            if own
            else f"{account.name} has no terminal yet; `fils terminals add` stores one",
        )
    return own[0].id


def _terminal_of_sandbox(ports: Ports, name: str | None) -> TerminalId:
    if name is None:
        return ports.sandbox_terminals[0]
    if name not in ports.sandbox_terminals:
        known = ", ".join(ports.sandbox_terminals)
        raise CommandRefused(
            "terminal_unknown",
            f"there is no terminal {clean(name)}; the simulator of this sandbox has {known}",
        )
    return TerminalId(name)


def _refuse_in_sandbox(ports: Ports) -> None:
    if ports.is_sandbox:
        known = ", ".join(ports.sandbox_terminals)
        raise CommandRefused(
            "sandbox_has_own_terminals",
            f"a sandbox has the terminals of its simulator, {known}, and no others; `fils terminals` is for a "
            "production (--mode production with a database of its own)",
        )


def _sealed(
    ports: Ports,
    terminal_id: TerminalId,
    version: int,
    credentials: TerminalCredentials,
    *,
    usable_from: datetime,
) -> SealedCredentials:
    check_secrets(password=credentials.password, key=credentials.key)
    seal = ports.vault.seal
    return SealedCredentials(
        version=version,
        tranportal_id=credentials.tranportal_id,
        sealed_password=seal(password_purpose(terminal_id, version), credentials.password),
        sealed_key=seal(key_purpose(terminal_id, version), credentials.key),
        usable_from=usable_from,
    )


async def _change(ports: Ports, after: Terminal, act: AuditedAct, *, by: str, what: str = "") -> Terminal:
    entry = recorded(ports, act, account_id=after.account_id, subject_id=after.id, by=by, what=what)
    await ports.store.commit(Batch(inserts=(entry,), updates=(after,)))
    return after
