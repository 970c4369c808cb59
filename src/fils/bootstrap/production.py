"""
A production put together: Fils with the banks of its terminals, and nothing that a sandbox has beside.

No simulator, no demo shop, no home with keys and no control of the bank is imported here, so none can be reached. What
is shared with the sandbox stands in ``gateway``.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from fils.application.installation import Installation, survey_installation
from fils.application.ports import Ports
from fils.bootstrap.gateway import Addresses, front, gateway_routes, open_ports, start_work
from fils.bootstrap.process import run_program
from fils.clock import SystemClock
from fils.config import Listen, Settings
from fils.domain.errors import ConfigurationError, InvariantViolated, StorageUnavailable
from fils.http import server
from fils.http.forwarded import behind_proxies
from fils.knet.stored_terminals import TerminalRefresher, load_terminals
from fils.knet.terminals import TerminalBook
from fils.telemetry import report_loop_trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What people are told once the server listens. Nothing of it is secret."""

    base_url: str
    listening_on: str
    database: str
    installation: Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """A whole Fils, opened: the application and what it stands on."""

    app: ASGIApp
    routes: Sequence[BaseRoute]
    """Every address there is."""
    ports: Ports


def run(settings: Settings, *, on_ready: Callable[[Ready], None]) -> None:
    """
    Serve a production until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: If a setting cannot be used: a taken port, a database of a sandbox, another master key.
    """
    run_program(serve(settings, on_ready=on_ready), settings)


async def serve(settings: Settings, *, on_ready: Callable[[Ready], None]) -> None:
    """The same, in a running event loop."""
    asyncio.get_running_loop().set_exception_handler(report_loop_trouble)
    with server.listen(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        async with open_production(settings) as production:
            ready = Ready(
                base_url=_base_url(settings),
                listening_on=str(Listen(host, port)),
                database=settings.database_label,
                installation=await survey_installation(production.ports),
            )
            # What lives as long as the process need not be looked through at every collection of garbage.
            gc.freeze()
            await server.serve(
                production.app,
                listener,
                on_ready=lambda: on_ready(ready),
                on_stop=production.ports.health.stop,
                stop_delay_s=settings.stop_delay,
            )


@asynccontextmanager
async def open_production(settings: Settings) -> AsyncIterator[Production]:
    """
    A production with every part opened; they are closed when the block ends.

    Raises:
        ConfigurationError: If a part cannot be had; its text says which and what to do.
    """
    # The bank's server comes through the proxy as everybody does, so there is one address for all.
    addresses = Addresses(public_url=_base_url(settings), own_url=_base_url(settings))
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        terminals = TerminalBook((), clock=clock)
        ports = await open_ports(stack, settings, addresses, terminals, clock=clock)
        try:
            await load_terminals(ports.store, ports.vault, terminals)
        except StorageUnavailable as error:
            raise ConfigurationError(
                f"the database {settings.database_label} cannot be read: {error}"
            ) from error
        refresher = TerminalRefresher(ports.store, ports.vault, terminals)
        refresher.start()
        ports.health.add("terminals", refresher.check)
        stack.push_async_callback(refresher.stop)
        routes = gateway_routes(ports, settings, addresses, terminals)
        await start_work(stack, settings, ports)
        app = behind_proxies(front(routes, settings, addresses, ports), settings.trusted_proxies)
        yield Production(app=app, routes=routes, ports=ports)


def _base_url(settings: Settings) -> str:
    if settings.base_url is None:
        raise InvariantViolated("a production was read without its base url")
    return settings.base_url
