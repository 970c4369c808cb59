"""
An operator's command put together: it asks the Fils that runs, and if none does, the store itself.

Both ways end in the same table of ``fils.operations.answering``; only the transport differs.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from fils.application.addresses import error_url, notification_url
from fils.application.ports import Ports
from fils.bootstrap.sandbox_setup import SANDBOX_TERMINAL_IDS, plain_http_hosts
from fils.clock import SystemClock
from fils.config import DEFAULT_BASE_URL, Mode, Settings
from fils.domain.errors import ConfigurationError, DatabaseInUse
from fils.identifiers_source import SystemIds, new_master_key, new_secret_key
from fils.knet.connector import KnetConnector
from fils.knet.stored_terminals import load_terminals
from fils.knet.terminals import TerminalBook
from fils.locks import ProcessLocks
from fils.operations.answering import answer
from fils.operations.asking import DoorClosed, ask
from fils.operations.messages import Answer, Request
from fils.operations.messages.accounts import CreateAccount
from fils.operations.messages.terminals import CheckTerminal
from fils.operations.socket_path import door_path
from fils.storage import open_store
from fils.vault import is_missing, open_vault, read_master_key

PATIENCE_S: Final = 5
"""How long a Fils that just starts or stops may have the database and no door."""
_PAUSE_S: Final = 0.1


def perform(
    settings: Settings,
    request: Request,
    *,
    patience_s: float = PATIENCE_S,
    on_new_database: Callable[[str], None] | None = None,
) -> Answer:
    """
    Do what an operator's command asks, in the Fils that runs or, if none does, here.

    Args:
        settings: Those of the Fils that is meant.
        request: What is asked.
        patience_s: How long to wait for a process that has the database and does not answer.
        on_new_database: Is told the label of the database if the request made it.

    Raises:
        ConfigurationError: If the database cannot be reached; its text says what to do.
        Unanswered: If the running Fils was asked and ended before it answered.
    """
    database = settings.sqlite_file
    if database is None:
        return asyncio.run(_answer_here(settings, request, on_new_database))
    gives_up_at = time.monotonic() + patience_s
    while True:
        with contextlib.suppress(DoorClosed):
            return ask(door_path(database), request)
        try:
            return asyncio.run(_answer_here(settings, request, on_new_database))
        except DatabaseInUse as error:
            if time.monotonic() >= gives_up_at:
                raise ConfigurationError(
                    f"another process has the database {database} and answers no commands; "
                    "if it is a Fils, its log says why"
                ) from error
        time.sleep(_PAUSE_S)


def new_key(settings: Settings) -> str:
    """A new secret API key for the installation that *settings* names. It is stored nowhere yet."""
    return new_secret_key(sandbox=settings.mode is Mode.SANDBOX)


def bank_addresses(settings: Settings, terminal_id: str) -> tuple[str, str]:
    """The response url and the error url that the bank is to be told for a terminal."""
    base_url = settings.base_url or ""
    return notification_url(base_url, terminal_id), error_url(base_url, terminal_id)


async def _answer_here(
    settings: Settings, request: Request, on_new_database: Callable[[str], None] | None
) -> Answer:
    async with _opened(settings, request, on_new_database) as ports:
        return await answer(ports, request)


@asynccontextmanager
async def _opened(
    settings: Settings, request: Request, on_new_database: Callable[[str], None] | None
) -> AsyncIterator[Ports]:
    """The use cases' ports on a store. The bank is reached for only to be asked about a terminal."""
    is_sandbox = settings.mode is Mode.SANDBOX
    may_create = isinstance(request, CreateAccount) and not is_sandbox
    _check_files(settings, may_create=may_create)
    clock = SystemClock()
    terminals = TerminalBook((), clock=clock)
    connector = KnetConnector(terminals, public_url="", inbound_url="")
    async with AsyncExitStack() as stack:
        store = await open_store(
            settings.database,
            mode=settings.mode,
            connections=settings.database_connections,
            may_create=may_create,
        )
        stack.push_async_callback(store.close)
        vault = await open_vault(
            store,
            settings.master_key_file,
            now=clock.now(),
            new_key=new_master_key,
            makes_master_key=False,
            may_create=may_create,
        )
        if store.was_created and on_new_database is not None:
            path = settings.sqlite_file
            on_new_database(settings.database_label if path is None else str(path.absolute()))
        if isinstance(request, CheckTerminal):
            await load_terminals(store, vault, terminals)
            await connector.open()
            stack.push_async_callback(connector.close)
        base_url = settings.base_url or DEFAULT_BASE_URL
        yield Ports(
            store=store,
            connector=connector,
            terminals=terminals,
            vault=vault,
            clock=clock,
            ids=SystemIds(),
            locks=ProcessLocks(),
            timing=settings.timing,
            plain_http_hosts=plain_http_hosts(settings, base_url) if is_sandbox else frozenset(),
            sandbox_terminals=SANDBOX_TERMINAL_IDS if is_sandbox else (),
        )


def _check_files(settings: Settings, *, may_create: bool) -> None:
    """A mistyped path makes no database. Only a production's first account does: its master key is there already."""
    for path in (None if may_create else settings.sqlite_file, settings.master_key_file):
        if path is not None and is_missing(path):
            raise ConfigurationError(_missing(path, settings))
    if may_create:
        # A key that cannot be used leaves no database behind that has none.
        read_master_key(settings.master_key_file)


def _missing(path: Path, settings: Settings) -> str:
    text = (
        f"there is no {path}: run the command where `fils serve` runs, with the same settings "
        "(--database, FILS_DATABASE_URL, FILS_DATA_DIR)"
    )
    if settings.mode is Mode.SANDBOX:
        return text
    if path == settings.master_key_file:
        return f"{text}; a new installation begins with `fils master-key create`"
    return f"{text}; a new installation begins with `fils accounts create`"
