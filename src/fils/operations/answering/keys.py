"""Requests about secret API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from fils.application.accounts import find_account, named_accounts
from fils.application.keys import OVERLAP_MAX, create_key, find_key_to_revoke, revoke_key, rotate_key
from fils.application.ports import Ports
from fils.domain.account import Account, SecretKey
from fils.operations.messages.keys import (
    CreateKey,
    KeyAnswer,
    KeyChanged,
    KeyEntry,
    KeyList,
    KeyPreview,
    KeyRequest,
    ListKeys,
    PreviewRevocation,
    RevokeKey,
    RotateKey,
)


async def answer_about_keys(ports: Ports, request: KeyRequest) -> KeyAnswer:
    """Do what *request* asks about keys."""
    match request:
        case CreateKey():
            made = await create_key(
                ports,
                request.name,
                request.secret_key,
                account=request.account,
                channel=request.channel,
                by=request.by,
            )
            return KeyChanged(await _told(ports, made))
        case RotateKey():
            return await _rotate(ports, request)
        case PreviewRevocation():
            found = await find_key_to_revoke(ports, request.key, also_of_sandbox=request.also_of_sandbox)
            return KeyPreview(await _told(ports, found))
        case RevokeKey():
            ended = await revoke_key(
                ports, request.key, by=request.by, also_of_sandbox=request.also_of_sandbox
            )
            return KeyChanged(await _told(ports, ended))
        case ListKeys():
            return await _list(ports, request)
        case _:
            assert_never(request)


async def _rotate(ports: Ports, request: RotateKey) -> KeyChanged:
    # Beyond what a length of time can hold it is too long in any case.
    overlap_s = min(request.overlap_s, int(OVERLAP_MAX.total_seconds()) + 1)
    new, old = await rotate_key(
        ports,
        request.key,
        request.secret_key,
        overlap=timedelta(seconds=overlap_s),
        by=request.by,
        also_of_sandbox=request.also_of_sandbox,
    )
    return KeyChanged(await _told(ports, new), await _told(ports, old))


async def _list(ports: Ports, request: ListKeys) -> KeyList:
    accounts = await named_accounts(ports, request.account)
    return KeyList(
        tuple(
            [
                _entry(ports, account, key)
                for account in accounts
                for key in await ports.store.secret_keys(account.id)
            ]
        )
    )


async def _told(ports: Ports, key: SecretKey) -> KeyEntry:
    return _entry(ports, await find_account(ports, key.account_id), key)


def _entry(ports: Ports, account: Account, key: SecretKey) -> KeyEntry:
    return KeyEntry(
        id=key.id,
        account_id=account.id,
        account_name=account.name,
        account_prefix=account.prefix,
        name=key.name,
        channel_id=key.processing_channel_id,
        created_at=key.created_at,
        ends_at=key.ends_at,
        is_good=key.is_good(now=ports.clock.now()),
        of_sandbox=key.of_sandbox,
    )
