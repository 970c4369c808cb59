"""
A sandbox put together: Fils with the bank's simulator and a demo shop inside. Tests call it with other parts.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from fils.application.ports import Clock, Ports
from fils.bootstrap.gateway import Addresses, front, gateway_routes, open_ports, start_work
from fils.bootstrap.process import FONTS, host_of, own_host, run_program
from fils.bootstrap.sandbox_seed import seed
from fils.bootstrap.sandbox_setup import (
    SANDBOX_ACCOUNT,
    SANDBOX_TERMINAL_IDS,
    SANDBOX_TERMINALS,
    SandboxTerminal,
    plain_http_hosts,
)
from fils.clock import SystemClock
from fils.config import SANDBOX_CHANNEL, SANDBOX_KEY, Settings, is_loopback
from fils.demo_shop import DemoShop, DemoShopSettings
from fils.domain.errors import ConfigurationError
from fils.domain.identifiers import ProcessingChannelId
from fils.http import server
from fils.http.forwarded import behind_proxies
from fils.identifiers_source import new_secret_key
from fils.knet.simulator import (
    DEFAULT_REVERSAL_DELAY_MAX,
    Simulator,
    SimulatorSettings,
    SimulatorTerminal,
)
from fils.knet.terminals import TerminalBook, TerminalCredentials
from fils.knet.wire import TerminalKey
from fils.pages.home import create_call, sandbox_routes
from fils.telemetry import report_loop_trouble
from fils.worker.settling_loop import SettlingLoop

_SIMULATOR_PATH: Final = "/kpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What people are told once the server listens."""

    base_url: str
    secret_key: str
    channel_id: str
    shop_url: str
    database: str
    documented_key: bool
    """Whether the key is the one in the documentation, which everybody knows."""
    create_call: str
    """The documented request as a ``curl`` to copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A whole Fils, opened: the application and what it stands on."""

    app: ASGIApp
    routes: Sequence[BaseRoute]
    """Every address there is."""
    ports: Ports
    settling: SettlingLoop
    """At work until the sandbox closes; who moves the clock by hand stops it first."""
    simulator: Simulator | None
    """The bank inside, opened, on the same clock; None when it is another process."""


def run(settings: Settings, *, on_ready: Callable[[Ready], None]) -> None:
    """
    Serve a sandbox until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: If a setting cannot be used: a taken port, an unreadable database and the like.
    """
    run_program(serve(settings, on_ready=on_ready), settings)


async def serve(
    settings: Settings, *, on_ready: Callable[[Ready], None], bank_url: str | None = None
) -> None:
    """The same, in a running event loop. *bank_url* names a simulator that is a process of its own."""
    asyncio.get_running_loop().set_exception_handler(report_loop_trouble)
    with server.listen(settings.host, settings.port) as listener:
        own_url = f"http://{own_host(settings.host)}:{listener.getsockname()[1]}"
        public_url = settings.base_url or own_url
        secret_key = _sandbox_key(settings)
        ready = Ready(
            base_url=public_url,
            secret_key=secret_key,
            channel_id=SANDBOX_CHANNEL,
            shop_url=f"{public_url}/shop",
            database=settings.database_label,
            documented_key=secret_key == SANDBOX_KEY,
            create_call=create_call(public_url, secret_key=secret_key, channel_id=SANDBOX_CHANNEL),
        )
        addresses = Addresses(public_url=public_url, own_url=own_url, bank_url=bank_url)
        async with open_sandbox(settings, addresses, secret_key=secret_key) as sandbox:
            # What lives as long as the process need not be looked through at every collection of garbage.
            gc.freeze()
            await server.serve(
                sandbox.app,
                listener,
                on_ready=lambda: on_ready(ready),
                on_stop=sandbox.ports.health.stop,
                stop_delay_s=settings.stop_delay,
            )


@asynccontextmanager
async def open_sandbox(
    settings: Settings, addresses: Addresses, *, secret_key: str = SANDBOX_KEY, clock: Clock | None = None
) -> AsyncIterator[Sandbox]:
    """
    A sandbox with every part opened; they are closed when the block ends.

    Args:
        settings: Where its data lives.
        addresses: Where its parts find each other.
        secret_key: The API key of the sandbox account.
        clock: The time; the system's if not given.

    Raises:
        ConfigurationError: If a part cannot be had; its text says which and what to do.
    """
    async with AsyncExitStack() as stack:
        terminals = TerminalBook(_credentials(terminal, addresses) for terminal in SANDBOX_TERMINALS)
        ports = await open_ports(
            stack,
            settings,
            addresses,
            terminals,
            clock=clock,
            plain_http_hosts=plain_http_hosts(settings, addresses.public_url),
            sandbox_terminals=SANDBOX_TERMINAL_IDS,
        )
        await seed(ports, secret_key, database=settings.database_label)
        simulator = await _open_simulator(stack, addresses, settings.data_dir, ports.clock)
        routes = [
            *gateway_routes(ports, settings, addresses, terminals),
            *sandbox_routes(
                ports,
                base_url=addresses.public_url,
                account_id=SANDBOX_ACCOUNT.id,
                secret_key=_shown_key(secret_key),
                channel_id=ProcessingChannelId(SANDBOX_CHANNEL),
            ),
            *await _open_demo_shop(stack, addresses, secret_key),
            *_simulator_routes(simulator),
        ]
        settling = await start_work(stack, settings, ports)
        app = behind_proxies(front(routes, settings, addresses, ports), settings.trusted_proxies)
        yield Sandbox(app=app, routes=routes, ports=ports, settling=settling, simulator=simulator)


def sandbox_simulator(
    addresses: Addresses,
    *,
    books: Path,
    base_path: str = _SIMULATOR_PATH,
    clock: Clock | None = None,
    reversal_delay_max: timedelta = DEFAULT_REVERSAL_DELAY_MAX,
) -> Simulator:
    """
    The bank that the sandbox's terminals belong to, not yet opened.

    Args:
        addresses: Where it finds Fils.
        books: The file of its books.
        base_path: Where it is mounted.
        clock: The time; the system's if not given.
        reversal_delay_max: Longest time until it gives back what Fils did not take.
    """
    terminals = tuple(
        SimulatorTerminal(
            tranportal_id=terminal.tranportal_id,
            password=terminal.password,
            key=TerminalKey(terminal.key),
            error_origins=frozenset({addresses.public_url}),
            merchant_name=SANDBOX_ACCOUNT.name,
            mode=terminal.mode,
        )
        for terminal in SANDBOX_TERMINALS
    )
    settings = SimulatorSettings(
        books=books,
        terminals=terminals,
        base_path=base_path,
        allowed_hosts=frozenset({host_of(addresses.own_url)}),
        fonts=FONTS,
        reversal_delay_max=reversal_delay_max,
    )
    return Simulator(settings, clock=(clock or SystemClock()).now)


async def _open_simulator(
    stack: AsyncExitStack, addresses: Addresses, data_dir: Path, clock: Clock
) -> Simulator | None:
    if addresses.bank_url is not None:
        return None
    books = data_dir / "simulator.sqlite3"
    simulator = sandbox_simulator(addresses, books=books, clock=clock)
    try:
        await simulator.open()
    except sqlite3.Error as error:
        raise ConfigurationError(f"the simulator's books {books} cannot be used: {error}") from error
    stack.push_async_callback(simulator.close)
    return simulator


def _simulator_routes(simulator: Simulator | None) -> list[BaseRoute]:
    return [] if simulator is None else [Mount(_SIMULATOR_PATH, app=simulator.app)]


async def _open_demo_shop(stack: AsyncExitStack, addresses: Addresses, secret_key: str) -> list[BaseRoute]:
    shop = DemoShop(
        DemoShopSettings(
            api_url=addresses.own_url,
            public_url=addresses.public_url,
            secret_key=secret_key,
            processing_channel_id=SANDBOX_CHANNEL,
        )
    )
    await shop.open()
    stack.push_async_callback(shop.close)
    return list(shop.routes)


def _credentials(terminal: SandboxTerminal, addresses: Addresses) -> TerminalCredentials:
    bank_url = addresses.bank_url
    return TerminalCredentials(
        terminal_id=terminal.terminal_id,
        version=1,
        tranportal_id=terminal.tranportal_id,
        password=terminal.password,
        key=TerminalKey(terminal.key),
        # The simulator inside is reached as Fils itself is: by browsers from outside, by Fils on its own listener.
        browser_url=bank_url or addresses.public_url + _SIMULATOR_PATH,
        server_url=bank_url or addresses.own_url + _SIMULATOR_PATH,
        mode=terminal.mode,
    )


def _sandbox_key(settings: Settings) -> str:
    """The documented key opens a sandbox only to this machine; beyond loopback nobody can guess it."""
    if settings.sandbox_key:
        return settings.sandbox_key
    return SANDBOX_KEY if is_loopback(settings.host) else new_secret_key(sandbox=True)


def _shown_key(secret_key: str) -> str:
    """What stands on the home, which everybody can open who reaches Fils: no key that keeps anybody out."""
    return secret_key if secret_key == SANDBOX_KEY else "THE-KEY-THAT-FILS-SERVE-PRINTED"
