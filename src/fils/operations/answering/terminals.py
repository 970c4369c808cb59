"""Requests about terminals."""

from __future__ import annotations

from typing import assert_never

from fils.application.accounts import find_account
from fils.application.ports import Ports
from fils.application.terminal_testing import check_terminal
from fils.application.terminals import (
    TerminalCredentials,
    add_terminal,
    change_terminal,
    check_new_terminal,
    find_terminal,
    named_terminals,
    rotate_terminal,
    switch_terminal,
)
from fils.domain.errors import CommandRefused
from fils.domain.payment_attempt import NotificationMode
from fils.domain.terminal import MODES, Terminal, bank_word, mode_letter
from fils.operations.messages.terminals import (
    AddTerminal,
    ChangeTerminal,
    CheckTerminal,
    CredentialsEntry,
    ListTerminals,
    PreviewTerminal,
    RotateTerminal,
    ShowTerminal,
    SwitchTerminal,
    TerminalAnswer,
    TerminalChecked,
    TerminalEntry,
    TerminalList,
    TerminalPreview,
    TerminalRequest,
)


async def answer_about_terminals(ports: Ports, request: TerminalRequest) -> TerminalAnswer:
    """Do what *request* asks about terminals."""
    match request:
        case CheckTerminal():
            return await _check(ports, request)
        case PreviewTerminal():
            return await _preview(ports, request)
        case ListTerminals():
            return await _list(ports, *await named_terminals(ports, request.account))
        case ShowTerminal():
            return await _list(ports, await find_terminal(ports, request.terminal))
        case AddTerminal() | RotateTerminal() | ChangeTerminal() | SwitchTerminal():
            return await _list(ports, await _changed(ports, request))
        case _:
            assert_never(request)


async def _changed(
    ports: Ports, request: AddTerminal | RotateTerminal | ChangeTerminal | SwitchTerminal
) -> Terminal:
    match request:
        case AddTerminal():
            return await _add(ports, request)
        case RotateTerminal():
            return await rotate_terminal(
                ports,
                request.terminal,
                password=request.password,
                key=request.resource_key,
                by=request.by,
            )
        case ChangeTerminal():
            mode = None if request.mode is None else _mode(request.mode)
            return await change_terminal(
                ports, request.terminal, called=request.name, mode=mode, by=request.by
            )
        case SwitchTerminal():
            return await switch_terminal(ports, request.terminal, on=request.on, by=request.by)
        case _:
            assert_never(request)


async def _add(ports: Ports, request: AddTerminal) -> Terminal:
    credentials = TerminalCredentials(
        tranportal_id=request.tranportal_id, password=request.password, key=request.resource_key
    )
    return await add_terminal(
        ports,
        request.name,
        credentials,
        account=request.account,
        bank=request.bank,
        mode=_mode(request.mode),
        by=request.by,
    )


async def _preview(ports: Ports, request: PreviewTerminal) -> TerminalPreview:
    new = await check_new_terminal(
        ports,
        request.name,
        account=request.account,
        bank=request.bank,
        tranportal_id=request.tranportal_id,
    )
    return TerminalPreview(
        name=new.name,
        account_name=new.account.name,
        bank=bank_word(new.bank_url),
        bank_url=new.bank_url,
    )


async def _check(ports: Ports, request: CheckTerminal) -> TerminalChecked:
    test = await check_terminal(
        ports, request.terminal, version=request.version, new_password=request.new_password
    )
    return TerminalChecked(
        terminal=await _entry(ports, test.terminal),
        credentials_version=test.credentials_version,
        verdict=test.verdict,
        code=test.code,
        detail=test.detail,
    )


def _mode(text: str) -> NotificationMode:
    if text not in MODES:
        raise CommandRefused("mode_unknown", "write the mode as the bank calls it: N or L")
    return MODES[text]


async def _list(ports: Ports, *terminals: Terminal) -> TerminalList:
    return TerminalList(tuple([await _entry(ports, terminal) for terminal in terminals]))


async def _entry(ports: Ports, terminal: Terminal) -> TerminalEntry:
    account = await find_account(ports, terminal.account_id)
    return TerminalEntry(
        id=terminal.id,
        account_id=account.id,
        account_name=account.name,
        name=terminal.name,
        mode=mode_letter(terminal.mode),
        bank=bank_word(terminal.server_url),
        bank_url=terminal.server_url,
        credentials=tuple(
            CredentialsEntry(
                version=item.version, tranportal_id=item.tranportal_id, usable_from=item.usable_from
            )
            for item in terminal.credentials
        ),
        created_at=terminal.created_at,
        disabled_at=terminal.disabled_at,
    )
