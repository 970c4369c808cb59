"""Merchants' accounts: making them, finding them by what people call them, changing them, and what was done to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fils.application.administration import decided_again, meant, recorded
from fils.application.ports import Batch, Ports
from fils.domain.account import Account
from fils.domain.audit import AuditedAct, AuditEntry
from fils.domain.errors import CommandRefused
from fils.domain.identifiers import ACCOUNT, AccountId
from fils.domain.person import clean, folded, new_name
from fils.domain.return_urls import is_return_url


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """What people choose about an account. None leaves it as it is."""

    name: str | None = None
    default_success_url: str | None = None
    """An empty text takes it away."""
    default_failure_url: str | None = None
    last_digit_zero: bool | None = None


async def create_account(ports: Ports, terms: AccountTerms, *, by: str) -> Account:
    """
    Make an account, with an id whose first eight characters no other account has.

    Raises:
        CommandRefused: If its name or a url cannot be used, or another account has the name.
        ConcurrentUpdate: If other accounts were made again and again meanwhile.
    """

    async def decision() -> Account:
        new = Account(id=AccountId(ports.ids.identifier(ACCOUNT)), name="", created_at=ports.clock.now())
        while await ports.store.account_by_prefix(new.prefix) is not None:
            new = replace(new, id=AccountId(ports.ids.identifier(ACCOUNT)))
        account = await _on_terms(ports, new, replace(terms, name=terms.name or ""))
        entry = recorded(
            ports, AuditedAct.ACCOUNT_CREATED, account_id=account.id, subject_id=account.id, by=by
        )
        await ports.store.commit(Batch(inserts=(account, entry)))
        return account

    return await decided_again(decision)


async def change_account(ports: Ports, name: str, terms: AccountTerms, *, by: str) -> Account:
    """
    Change what *terms* says about the account called *name*.

    Raises:
        CommandRefused: If there is no such account, or it cannot be changed so.
        ConcurrentUpdate: If others changed it again and again meanwhile.
    """

    async def decision() -> Account:
        before = await find_account(ports, name)
        after = await _on_terms(ports, before, terms)
        if after == before:
            return before
        entry = recorded(
            ports,
            AuditedAct.ACCOUNT_CHANGED,
            account_id=before.id,
            subject_id=before.id,
            by=by,
            what=_difference(before, after),
        )
        await ports.store.commit(Batch(inserts=(entry,), updates=(after,)))
        return after

    return await decided_again(decision)


async def find_account(ports: Ports, name: str | None) -> Account:
    """
    The account that *name* means: its id, its prefix, or its name; the only one if None.

    Raises:
        CommandRefused: If it means none, or is None and there are several.
    """
    accounts = await ports.store.accounts()
    if name is None:
        return _only(accounts)
    found = next((account for account in accounts if account.prefix == name), None) or meant(accounts, name)
    if found is None:
        raise CommandRefused(
            "account_unknown", f"there is no account {clean(name)}; `fils accounts list` shows them"
        )
    return found


async def named_accounts(ports: Ports, name: str | None) -> tuple[Account, ...]:
    """
    The account that *name* means, as ``find_account`` tells it; every account if None.

    Raises:
        CommandRefused: If it means none, or several.
    """
    return await ports.store.accounts() if name is None else (await find_account(ports, name),)


async def account_log(ports: Ports, account: Account) -> tuple[AuditEntry, ...]:
    """What people did to the account, its channels, keys and terminals, and to the whole installation, in its order."""
    channels = await ports.store.processing_channels(account.id)
    keys = await ports.store.secret_keys(account.id)
    terminals = [item for item in await ports.store.terminals() if item.account_id == account.id]
    subjects: list[str] = [
        account.id,
        *(channel.id for channel in channels),
        *(key.id for key in keys),
        *(terminal.id for terminal in terminals),
        *(data_key.id for data_key in await ports.store.data_keys()),
    ]
    entries = [entry for subject in subjects for entry in await ports.store.audit_entries(subject)]
    return tuple(sorted(entries, key=_order))


def _order(entry: AuditEntry) -> tuple[datetime, str]:
    return entry.at, entry.id


def _only(accounts: tuple[Account, ...]) -> Account:
    if not accounts:
        raise CommandRefused(
            "account_missing", "there is no account yet; make one with `fils accounts create NAME`"
        )
    if len(accounts) > 1:
        raise CommandRefused(
            "account_required",
            "there are several accounts; name the one that is meant (--account NAME, or `fils accounts log NAME`), as "
            "`fils accounts list` shows them",
        )
    return accounts[0]


async def _on_terms(ports: Ports, account: Account, terms: AccountTerms) -> Account:
    after = replace(
        account,
        default_success_url=_url(ports, "success", terms.default_success_url, account.default_success_url),
        default_failure_url=_url(ports, "failure", terms.default_failure_url, account.default_failure_url),
    )
    if terms.last_digit_zero is not None:
        after = replace(after, last_digit_zero=terms.last_digit_zero)
    if terms.name is not None:
        after = replace(after, name=await _free_name(ports, account, terms.name))
    return after


async def _free_name(ports: Ports, account: Account, text: str) -> str:
    name = new_name(text, what="account")
    for other in await ports.store.accounts():
        if other.id != account.id and other.folded_name == folded(name):
            raise CommandRefused("account_name_taken", f"account {other.id} is called {other.name} already")
    return name


def _url(ports: Ports, which: str, text: str | None, before: str | None) -> str | None:
    if text is None:
        return before
    if text and not is_return_url(text, plain_http_hosts=ports.plain_http_hosts):
        raise CommandRefused(
            f"{which}_url_invalid",
            f"the {which} url cannot be used: write an address that begins with https://, of at most 255 characters",
        )
    return text or None


def _difference(before: Account, after: Account) -> str:
    parts = []
    if before.name != after.name:
        parts.append(f"name from {before.name} to {after.name}")
    if before.default_success_url != after.default_success_url:
        parts.append(f"success url to {after.default_success_url or 'none'}")
    if before.default_failure_url != after.default_failure_url:
        parts.append(f"failure url to {after.default_failure_url or 'none'}")
    if before.last_digit_zero != after.last_digit_zero:
        parts.append(f"last digit zero {'on' if after.last_digit_zero else 'off'}")
    return ", ".join(parts)
