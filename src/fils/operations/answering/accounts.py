"""Requests about accounts and their channels, and about what people did to them."""

from __future__ import annotations

from typing import assert_never

from fils.application.accounts import (
    AccountTerms,
    account_log,
    change_account,
    create_account,
    find_account,
    named_accounts,
)
from fils.application.channels import change_channel, create_channel
from fils.application.ports import Ports
from fils.domain.account import Account, ProcessingChannel
from fils.operations.messages.accounts import (
    AccountAnswer,
    AccountEntry,
    AccountList,
    AccountRequest,
    ChangeAccount,
    ChangeChannel,
    ChannelEntry,
    ChannelList,
    CreateAccount,
    CreateChannel,
    ListAccounts,
    ListChannels,
    LogEntry,
    LogList,
    ShowLog,
)


async def answer_about_accounts(ports: Ports, request: AccountRequest) -> AccountAnswer:
    """Do what *request* asks about accounts and channels."""
    match request:
        case CreateAccount():
            return _list(await create_account(ports, _terms(request), by=request.by))
        case ChangeAccount():
            return _list(await change_account(ports, request.account, _terms(request), by=request.by))
        case ListAccounts():
            return _list(*await named_accounts(ports, request.account))
        case ShowLog():
            return await _log(ports, request)
        case CreateChannel() | ChangeChannel():
            channel = await _changed_channel(ports, request)
            return ChannelList((_channel(await find_account(ports, channel.account_id), channel),))
        case ListChannels():
            return await _channels(ports, request)
        case _:
            assert_never(request)


async def _changed_channel(ports: Ports, request: CreateChannel | ChangeChannel) -> ProcessingChannel:
    if isinstance(request, CreateChannel):
        return await create_channel(
            ports, request.name, account=request.account, terminal=request.terminal, by=request.by
        )
    return await change_channel(
        ports,
        request.channel,
        account=request.account,
        called=request.name,
        terminal=request.terminal,
        by=request.by,
    )


def _terms(request: CreateAccount | ChangeAccount) -> AccountTerms:
    return AccountTerms(
        name=request.name,
        default_success_url=request.default_success_url,
        default_failure_url=request.default_failure_url,
        last_digit_zero=request.last_digit_zero,
    )


async def _log(ports: Ports, request: ShowLog) -> LogList:
    account = await find_account(ports, request.account)
    entries = (
        LogEntry(at=entry.at, by=entry.by, act=entry.act, subject_id=entry.subject_id, what=entry.what)
        for entry in await account_log(ports, account)
    )
    return LogList(account.id, account.name, tuple(entries))


async def _channels(ports: Ports, request: ListChannels) -> ChannelList:
    accounts = await named_accounts(ports, request.account)
    return ChannelList(
        tuple(
            [
                _channel(account, channel)
                for account in accounts
                for channel in await ports.store.processing_channels(account.id)
            ]
        )
    )


def _list(*accounts: Account) -> AccountList:
    return AccountList(tuple(_account(account) for account in accounts))


def _account(account: Account) -> AccountEntry:
    return AccountEntry(
        id=account.id,
        prefix=account.prefix,
        name=account.name,
        created_at=account.created_at,
        default_success_url=account.default_success_url,
        default_failure_url=account.default_failure_url,
        last_digit_zero=account.last_digit_zero,
    )


def _channel(account: Account, channel: ProcessingChannel) -> ChannelEntry:
    return ChannelEntry(
        id=channel.id,
        account_id=account.id,
        account_name=account.name,
        name=channel.name,
        terminal_id=channel.terminal_id,
        created_at=channel.created_at,
    )
