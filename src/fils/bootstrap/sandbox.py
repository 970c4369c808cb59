"""
A sandbox put together: Fils with the bank's simulator and a demo shop inside. Tests call it with other parts.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute, Mount, Router
from starlette.types import ASGIApp

from fils.api.routes import api_routes
from fils.application.authentication import KEY_PURPOSE
from fils.application.ports import Batch, Clock, Ports
from fils.bootstrap.process import FONTS, host_of, is_loopback, own_host, run_program
from fils.clock import SystemClock
from fils.config import DEFAULT_DATABASE, SANDBOX_BROWSER_CHANNEL, SANDBOX_CHANNEL, SANDBOX_KEY, Settings
from fils.demo_shop import DemoShop, DemoShopSettings
from fils.domain.account import Account, ProcessingChannel, SecretKey
from fils.domain.errors import ConcurrentUpdate, ConfigurationError, StorageUnavailable
from fils.domain.identifiers import AccountId, ProcessingChannelId, TerminalId
from fils.http import server
from fils.http.known_hosts import KnownHosts
from fils.identifiers_source import SystemIds, new_master_key, new_sandbox_key
from fils.knet.connector import KnetConnector
from fils.knet.endpoints import BankEndpoints
from fils.knet.simulator import (
    DEFAULT_REVERSAL_DELAY_MAX,
    Simulator,
    SimulatorSettings,
    SimulatorTerminal,
)
from fils.knet.terminals import TerminalBook, TerminalCredentials
from fils.knet.wire import NotificationMode, TerminalKey
from fils.locks import ProcessLocks
from fils.operations.door import OperatorDoor
from fils.operations.socket_path import door_path
from fils.pages.assets import assets_routes
from fils.pages.home import create_call, sandbox_routes
from fils.pages.routes import payment_page_routes
from fils.storage import OpenStore, open_store
from fils.telemetry import report_loop_trouble
from fils.vault import MasterKeyVault, read_master_key
from fils.worker.settling_loop import SettlingLoop

SANDBOX_ACCOUNT: Final = Account(id=AccountId("cli_filstestkuwaitknetsandbox2"), name="Sandbox shop")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxTerminal:
    """One terminal of the sandbox, as Fils and its simulator both know it, and the channel that uses it."""

    terminal_id: TerminalId
    channel_id: ProcessingChannelId
    channel_name: str
    tranportal_id: str
    password: str = field(repr=False)
    key: str = field(repr=False)
    mode: NotificationMode


SANDBOX_TERMINALS: Final = (
    SandboxTerminal(
        terminal_id=TerminalId("trm_filstestkuwaitknetsandbox2"),
        channel_id=ProcessingChannelId(SANDBOX_CHANNEL),
        channel_name="KNET through the simulator",
        tranportal_id="888801",
        password="simpass01",
        key="SIMKEY0123456789",
        mode=NotificationMode.SERVER_TO_SERVER,
    ),
    SandboxTerminal(
        terminal_id=TerminalId("trm_filstestbrowserformknetbox"),
        channel_id=ProcessingChannelId(SANDBOX_BROWSER_CHANNEL),
        channel_name="KNET through the simulator, told by the customer's browser",
        tranportal_id="888802",
        password="simpass02",
        key="SIMKEY0223456789",
        mode=NotificationMode.BROWSER,
    ),
)
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
class Addresses:
    """Under which addresses the parts find each other."""

    public_url: str
    """What browsers and shops see."""
    own_url: str
    """The process's own listener, whatever stands in front of it."""
    bank_url: str | None = None
    """A simulator that runs as a process of its own; None mounts one inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A whole Fils, opened: the application and what it stands on."""

    app: ASGIApp
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
    run_program(serve(settings, on_ready=on_ready))


async def serve(
    settings: Settings, *, on_ready: Callable[[Ready], None], bank_url: str | None = None
) -> None:
    """The same, in a running event loop. *bank_url* names a simulator that is a process of its own."""
    asyncio.get_running_loop().set_exception_handler(report_loop_trouble)
    listener = server.listen(settings.host, settings.port)
    with listener:
        port = listener.getsockname()[1]
        public_url = settings.base_url or f"http://{own_host(settings.host)}:{port}"
        own_url = f"http://{own_host(settings.host)}:{port}"
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
            await server.serve(sandbox.app, listener, on_ready=lambda: on_ready(ready))


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
    """
    async with AsyncExitStack() as stack:
        data_dir = _data_dir(settings)
        # The store first: a database that is refused must not leave a master key beside somebody else's files.
        store = await open_store(settings.database, mode=settings.mode)
        stack.push_async_callback(store.close)
        vault = MasterKeyVault(read_master_key(data_dir / "master.key", new_key=new_master_key))
        terminals = TerminalBook(_credentials(terminal, addresses) for terminal in SANDBOX_TERMINALS)
        connector = KnetConnector(terminals, public_url=addresses.public_url, inbound_url=addresses.own_url)
        await connector.open()
        stack.push_async_callback(connector.close)
        ports = Ports(
            store=store,
            connector=connector,
            terminals=terminals,
            vault=vault,
            clock=clock or SystemClock(),
            ids=SystemIds(),
            locks=ProcessLocks(),
            timing=settings.timing,
            plain_http_hosts=_plain_http_hosts(addresses.public_url),
        )
        try:
            await _seed(ports, store, secret_key)
        except StorageUnavailable as error:
            label = settings.database_label
            raise ConfigurationError(f"the database {label} cannot be written: {error}") from error
        simulator = await _open_simulator(stack, addresses, data_dir, ports.clock)
        routes = [
            *api_routes(ports, base_url=addresses.public_url),
            *BankEndpoints(ports, terminals, public_url=addresses.public_url).routes,
            *payment_page_routes(ports, base_url=addresses.public_url, shows_result=settings.result_page),
            *assets_routes(),
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
        loop = SettlingLoop(ports)
        loop.start()
        stack.push_async_callback(loop.stop)
        await _open_door(stack, settings, ports)
        names = frozenset({host_of(addresses.public_url), host_of(addresses.own_url)})
        # A bare router: every edge answers its own errors, so Starlette's layers around it would only cost time. The
        # redirect to an address without its slash would be built from the Host header.
        router = Router(routes, redirect_slashes=False)
        yield Sandbox(app=KnownHosts(router, hosts=names), ports=ports, settling=loop, simulator=simulator)


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


async def _open_door(stack: AsyncExitStack, settings: Settings, ports: Ports) -> None:
    """Let commands of this machine reach the database that this process alone may have open."""
    if settings.sqlite_file is None:
        return
    door = OperatorDoor(ports, door_path(settings.sqlite_file))
    await door.open()
    stack.push_async_callback(door.close)


def _credentials(terminal: SandboxTerminal, addresses: Addresses) -> TerminalCredentials:
    inside = addresses.bank_url is None
    return TerminalCredentials(
        terminal_id=terminal.terminal_id,
        version=1,
        tranportal_id=terminal.tranportal_id,
        password=terminal.password,
        key=TerminalKey(terminal.key),
        browser_url=(addresses.public_url + _SIMULATOR_PATH) if inside else f"{addresses.bank_url}",
        server_url=(addresses.own_url + _SIMULATOR_PATH) if inside else f"{addresses.bank_url}",
        mode=terminal.mode,
    )


async def _seed(ports: Ports, store: OpenStore, secret_key: str) -> None:
    """Make the account and the channels of the sandbox, and the key of this start."""
    if await store.account(SANDBOX_ACCOUNT.id) is None:
        channels = (_channel(terminal) for terminal in SANDBOX_TERMINALS)
        # Another node that starts at the same time may just have done it.
        with suppress(ConcurrentUpdate):
            await store.commit(Batch(inserts=(SANDBOX_ACCOUNT, *channels)))
    key_hash = ports.vault.hash(KEY_PURPOSE, secret_key)
    await store.replace_secret_key(
        SecretKey(key_hash=key_hash, account_id=SANDBOX_ACCOUNT.id, name="sandbox")
    )


def _channel(terminal: SandboxTerminal) -> ProcessingChannel:
    return ProcessingChannel(
        id=terminal.channel_id,
        account_id=SANDBOX_ACCOUNT.id,
        terminal_id=terminal.terminal_id,
        name=terminal.channel_name,
    )


def _data_dir(settings: Settings) -> Path:
    """The folder of the master key and the books. A mistyped path to a database makes no folder."""
    folder = settings.data_dir
    if settings.database != DEFAULT_DATABASE and folder == Path(settings.database).parent:
        return folder
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the data folder {folder} cannot be made: {error.strerror}") from error
    return folder


def _sandbox_key(settings: Settings) -> str:
    """The documented key opens a sandbox only to this machine; beyond loopback nobody can guess it."""
    if settings.sandbox_key:
        return settings.sandbox_key
    return SANDBOX_KEY if is_loopback(settings.host) else new_sandbox_key()


def _shown_key(secret_key: str) -> str:
    """What stands on the home, which everybody can open who reaches Fils: no key that keeps anybody out."""
    return secret_key if secret_key == SANDBOX_KEY else "THE-KEY-THAT-FILS-SERVE-PRINTED"


def _plain_http_hosts(public_url: str) -> frozenset[str]:
    """Shops under development have no certificate, so a sandbox sends browsers to these without one."""
    return frozenset({"localhost", "127.0.0.1", "::1", "host.docker.internal", host_of(public_url)})
