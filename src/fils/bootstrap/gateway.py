"""
What a sandbox and a production have in common: the store, the edge to the bank, the API, the pages, the work behind.

Each step opens parts and hands them to the caller's exit stack, which closes them in the opposite order.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from fils.api.description import PATH as DESCRIPTION_PATH
from fils.api.description import ApiDescription
from fils.api.endpoint import ApiSettings, Endpoint, common_headers
from fils.api.routes import api_routes
from fils.application.ports import Clock, Ports, Store
from fils.bootstrap.monitoring import add_parts, open_meters, serve_metrics
from fils.bootstrap.process import host_of
from fils.clock import SystemClock
from fils.config import DEFAULT_DATABASE, ConfirmAnswer, Mode, Settings, is_loopback
from fils.domain.errors import ConfigurationError, StorageUnavailable
from fils.domain.identifiers import TerminalId
from fils.http.known_hosts import KnownHosts
from fils.identifiers_source import SystemIds, new_master_key
from fils.knet.connector import KnetConnector
from fils.knet.endpoints import BankEndpoints
from fils.knet.terminals import TerminalBook
from fils.locks import ProcessLocks
from fils.operations.door import OperatorDoor
from fils.operations.socket_path import door_path
from fils.pages.api_reference import api_reference_routes
from fils.pages.assets import assets_routes
from fils.pages.routes import payment_page_routes
from fils.storage import open_store
from fils.telemetry.inquiries import WatchedConnector
from fils.telemetry.requests import RequestWatch
from fils.telemetry.watch import Watch
from fils.vault import DataKeyVault, open_vault
from fils.worker.forgetting_loop import ForgettingLoop
from fils.worker.settling_loop import SettlingLoop


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Under which addresses the parts find each other."""

    public_url: str
    """What browsers and shops see."""
    own_url: str
    """The process's own listener, whatever stands in front of it."""
    bank_url: str | None = None
    """A simulator that runs as a process of its own; None mounts one inside."""


async def open_ports(
    stack: AsyncExitStack,
    settings: Settings,
    addresses: Addresses,
    terminals: TerminalBook,
    *,
    clock: Clock | None = None,
    plain_http_hosts: frozenset[str] = frozenset(),
    sandbox_terminals: tuple[TerminalId, ...] = (),
) -> Ports:
    """
    Open the store, read the master key and reach for the bank.

    Args:
        stack: Closes what is opened here.
        settings: Where the data lives.
        addresses: Where the bank finds us.
        terminals: The terminals of this installation.
        clock: The time; the system's if not given.
        plain_http_hosts: Hosts that return urls may name with ``http``.
        sandbox_terminals: Those of a sandbox's simulator; production has none.

    Raises:
        ConfigurationError: If a part cannot be had; its text says which and what to do.
    """
    if settings.mode is Mode.SANDBOX:
        # A production keeps nothing in it.
        make_data_dir(settings)
    clock = clock or SystemClock()
    meters = open_meters(settings)
    watch = Watch(meters)
    # A production on a database that was mistyped or not mounted would serve from an empty one.
    may_create = settings.mode is Mode.SANDBOX
    # The store first: a database that is refused must not leave a master key beside somebody else's files.
    store = await open_store(
        settings.database,
        mode=settings.mode,
        connections=settings.database_connections,
        telemetry=watch,
        may_create=may_create,
    )
    stack.push_async_callback(store.close)
    vault = await _open_vault(store, settings, clock, may_create=may_create)
    connector = KnetConnector(terminals, public_url=addresses.public_url, inbound_url=addresses.own_url)
    await connector.open()
    stack.push_async_callback(connector.close)
    ports = Ports(
        store=store,
        connector=WatchedConnector(connector, watch),
        terminals=terminals,
        vault=vault,
        clock=clock,
        ids=SystemIds(),
        locks=ProcessLocks(),
        timing=settings.timing,
        plain_http_hosts=plain_http_hosts,
        sandbox_terminals=sandbox_terminals,
        telemetry=watch,
    )
    add_parts(ports, settings, is_connector_open=lambda: connector.is_open)
    await serve_metrics(stack, settings, ports, store, meters)
    return ports


async def _open_vault(store: Store, settings: Settings, clock: Clock, *, may_create: bool) -> DataKeyVault:
    try:
        return await open_vault(
            store,
            settings.master_key_file,
            now=clock.now(),
            new_key=new_master_key,
            makes_master_key=may_create,
            may_create=may_create,
        )
    except StorageUnavailable as error:
        label = settings.database_label
        raise ConfigurationError(f"the database {label} cannot be used: {error}") from error


def gateway_routes(
    ports: Ports, settings: Settings, addresses: Addresses, terminals: TerminalBook
) -> list[BaseRoute]:
    """Every address that shops, customers and the bank use."""
    public_url = addresses.public_url
    description = ApiDescription(public_url)
    return [
        *api_routes(
            ports,
            ApiSettings(
                base_url=public_url,
                confirms_with_setup=settings.confirm_answer is ConfirmAnswer.SETUP,
                has_prefix_links=settings.prefix_links,
                prefixed_hosts=prefixed_hosts(settings, addresses),
            ),
        ),
        *BankEndpoints(ports, terminals, public_url=public_url).routes,
        *payment_page_routes(ports, base_url=public_url, shows_result=settings.result_page),
        *assets_routes(),
        *description.routes,
        *api_reference_routes(lambda: description.document, base_url=public_url, json_path=DESCRIPTION_PATH),
    ]


async def start_work(stack: AsyncExitStack, settings: Settings, ports: Ports) -> SettlingLoop:
    """Start what works without being asked, and let commands of this machine in."""
    loop = SettlingLoop(ports)
    loop.start()
    ports.health.add("settling", loop.check)
    stack.push_async_callback(loop.stop)
    forgetting = ForgettingLoop(ports)
    forgetting.start()
    stack.push_async_callback(forgetting.stop)
    if settings.sqlite_file is not None:
        # The database is this process's alone, so commands come through a door of it.
        door = OperatorDoor(ports, door_path(settings.sqlite_file))
        await door.open()
        stack.push_async_callback(door.close)
    return loop


def prefixed_hosts(settings: Settings, addresses: Addresses) -> frozenset[str]:
    """The names before which an account's prefix may stand, as a label of its own."""
    base = host_of(addresses.public_url)
    # Names below localhost lead to this machine in every browser, so a prefix can be tried out without a name server.
    local = ("localhost", "api.localhost") if is_loopback(base) else ()
    return frozenset({base, *settings.extra_hosts, *local})


def front(routes: Sequence[BaseRoute], settings: Settings, addresses: Addresses, ports: Ports) -> ASGIApp:
    """The whole application, behind the check of the name it was called by; each request is told of."""
    names = frozenset({host_of(addresses.public_url), host_of(addresses.own_url), *settings.extra_hosts})
    # A bare router: every edge answers its own errors, so Starlette's layers around it would only cost time. The
    # redirect to an address without its slash would be built from the Host header.
    nothing_here = Endpoint(ports, ApiSettings(base_url=addresses.public_url), "", {})
    app = KnownHosts(
        Router(routes, redirect_slashes=False, default=nothing_here),
        hosts=names,
        prefixed_hosts=prefixed_hosts(settings, addresses),
        more_headers=lambda: common_headers(ports.ids),
    )
    return RequestWatch(app, ports.telemetry)


def make_data_dir(settings: Settings) -> Path:
    """The folder of the master key and the books. A mistyped path to a database makes no folder."""
    folder = settings.data_dir
    if settings.database != DEFAULT_DATABASE and folder == Path(settings.database).parent:
        return folder
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the data folder {folder} cannot be made: {error.strerror}") from error
    return folder
