"""
An operator's command put together: it asks the Fils that runs, and if none does, the store itself.

Both ways end in the same table of ``fils.operations.answering``; only the transport differs.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fils.application.ports import Ports
from fils.clock import SystemClock
from fils.config import Settings
from fils.domain.errors import ConfigurationError, DatabaseInUse
from fils.identifiers_source import SystemIds, new_master_key
from fils.knet.connector import KnetConnector
from fils.knet.terminals import TerminalBook
from fils.locks import ProcessLocks
from fils.operations.answering import answer
from fils.operations.asking import DoorClosed, ask
from fils.operations.messages import Answer, Request
from fils.operations.socket_path import door_path
from fils.storage import open_store
from fils.vault import open_vault

PATIENCE_S: Final = 5
"""How long a Fils that just starts or stops may have the database and no door."""
_PAUSE_S: Final = 0.1


def perform(settings: Settings, request: Request, *, patience_s: float = PATIENCE_S) -> Answer:
    """
    Do what an operator's command asks, in the Fils that runs or, if none does, here.

    Args:
        settings: Those of the Fils that is meant.
        request: What is asked.
        patience_s: How long to wait for a process that has the database and does not answer.

    Raises:
        ConfigurationError: If the database cannot be reached; its text says what to do.
        Unanswered: If the running Fils was asked and ended before it answered.
    """
    database = settings.sqlite_file
    if database is None:
        return asyncio.run(_answer_here(settings, request))
    gives_up_at = time.monotonic() + patience_s
    while True:
        with contextlib.suppress(DoorClosed):
            return ask(door_path(database), request)
        try:
            return asyncio.run(_answer_here(settings, request))
        except DatabaseInUse as error:
            if time.monotonic() >= gives_up_at:
                raise ConfigurationError(
                    f"another process has the database {database} and answers no commands; "
                    "if it is a Fils, its log says why"
                ) from error
        time.sleep(_PAUSE_S)


async def _answer_here(settings: Settings, request: Request) -> Answer:
    async with _opened(settings) as ports:
        return await answer(ports, request)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Ports]:
    """The use cases' ports on a store that is there already. No bank is asked for an operator's request."""
    for path in (settings.sqlite_file, settings.master_key_file):
        if path is not None and not path.exists():
            raise ConfigurationError(_missing(path))
    clock, terminals = SystemClock(), TerminalBook(())
    store = await open_store(settings.database, mode=settings.mode, connections=settings.database_connections)
    try:
        vault = await open_vault(
            store,
            settings.master_key_file,
            now=clock.now(),
            new_key=new_master_key,
            makes_master_key=False,
        )
        yield Ports(
            store=store,
            connector=KnetConnector(terminals, public_url="", inbound_url=""),
            terminals=terminals,
            vault=vault,
            clock=clock,
            ids=SystemIds(),
            locks=ProcessLocks(),
            timing=settings.timing,
        )
    finally:
        await store.close()


def _missing(path: Path) -> str:
    return (
        f"there is no {path}: run the command where `fils serve` runs, with the same settings "
        "(--database, FILS_DATABASE_URL, FILS_DATA_DIR)"
    )
