"""
What watches a gateway: its metrics on a listener of their own, and the parts that its health is made of.

The listener shares the gateway's event loop, and has no other address than ``/metrics``.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from fils import __version__
from fils.application.health import OK, PartFailing
from fils.application.ports import Batch, Ports, Standing
from fils.application.telemetry import stopwatch_us
from fils.config import Settings
from fils.domain.errors import StorageError
from fils.http import server
from fils.storage import OpenStore
from fils.telemetry import metrics_table as metrics
from fils.telemetry.logs import dropped_line_count
from fils.telemetry.meters import Meters, NoMeters, PrometheusMeters

COUNTED_MAX: Final = 1000
"""How far is counted what waits."""
STANDING_COUNTS_FOR_S: Final = 5
"""How long what was read from the database is shown again, however often somebody asks."""
BEHIND: Final = timedelta(minutes=5)
"""A payment that has been due for so long, with nobody at work on it, is settled by nobody."""
FREE_OCTETS_MIN: Final = 100 * 1024 * 1024
"""Less room than this beside an SQLite file is soon none."""
LAG_TRIED_EACH_MS: Final = 500
"""How often it is tried how late the event loop is."""

_SETTING: Final = "FILS_METRICS_LISTEN"


def open_meters(settings: Settings) -> Meters:
    """Meters that keep what they are given, if metrics are asked for."""
    return NoMeters() if settings.metrics_listen is None else PrometheusMeters()


def add_parts(ports: Ports, settings: Settings, *, is_connector_open: Callable[[], bool]) -> None:
    """Let ``/health`` ask the parts that every gateway has; the settling loop is added when it starts."""
    ports.health.add("database", ports.store.check)
    # An empty batch goes the whole way of a change and leaves nothing.
    ports.health.add("database_writes", lambda: ports.store.commit(Batch()))
    ports.health.add("due_payments", lambda: _check_due(ports))
    ports.health.add("bank", lambda: _check(is_connector_open(), "closed"))
    if settings.sqlite_file is not None:
        folder = settings.sqlite_file.resolve().parent
        ports.health.add("disk", lambda: _check(_has_room(folder), "full"))


async def serve_metrics(
    stack: AsyncExitStack, settings: Settings, ports: Ports, store: OpenStore, meters: Meters
) -> None:
    """
    Serve ``/metrics`` until *stack* closes, if it was asked for.

    Raises:
        ConfigurationError: If the address cannot be had.
    """
    if settings.metrics_listen is None or not isinstance(meters, PrometheusMeters):
        return
    listener = stack.enter_context(
        server.listen(
            settings.metrics_listen.host,
            settings.metrics_listen.port,
            host_setting=_SETTING,
            port_setting=_SETTING,
        )
    )
    page = _MetricsPage(ports, store, meters)
    meters.show(
        metrics.BUILD, 1, __version__, settings.mode.value, "sqlite" if settings.sqlite_file else "postgresql"
    )
    stack.push_async_callback(_end, asyncio.create_task(_try_lag(meters)))
    router = Router([Route("/metrics", page.show, methods=["GET"])], redirect_slashes=False)
    await stack.enter_async_context(server.serving(router, listener))


class _MetricsPage:
    """What Prometheus reads. The gauges are worked out when it asks."""

    def __init__(self, ports: Ports, store: OpenStore, meters: PrometheusMeters) -> None:
        self._ports = ports
        self._store = store
        self._meters = meters
        self._told_dropped_count = 0
        self._reading: asyncio.Task[Standing] | None = None

    async def show(self, _: Request) -> Response:
        await self._show_parts()
        self._show_load()
        try:
            self._show_standing(await self._standing())
        except (StorageError, TimeoutError):
            for metric in metrics.OF_THE_DATABASE:
                self._meters.show(metric, math.nan)
        return PlainTextResponse(self._meters.text(), media_type=self._meters.content_type)

    async def _show_parts(self) -> None:
        for part, word in (await self._ports.health.ask()).items():
            self._meters.show(metrics.PART_OK, word == OK, part)

    def _show_load(self) -> None:
        load = self._store.load()
        self._meters.show(metrics.COMMITS_WAITING, load.waiting_count)
        if load.idle_count is not None and load.busy_count is not None:
            self._meters.show(metrics.CONNECTIONS, load.idle_count, "idle")
            self._meters.show(metrics.CONNECTIONS, load.busy_count, "busy")
        dropped = dropped_line_count()
        self._meters.add(metrics.LINES_DROPPED, count=dropped - self._told_dropped_count)
        self._told_dropped_count = dropped

    def _show_standing(self, standing: Standing) -> None:
        now = self._ports.clock.now()
        self._meters.show(metrics.ATTENTION_OPEN, standing.attention_count)
        self._meters.show(metrics.ATTENTION_OLDEST, _age_s(standing.attention_since, now))
        self._meters.show(metrics.UNDECIDED_OLDEST, _age_s(standing.undecided_since, now))
        self._meters.show(metrics.DUE, standing.due_count)
        self._meters.show(metrics.DUE_LEASED, standing.leased_count)
        self._meters.show(metrics.DUE_OLDEST, _age_s(standing.due_since, now))

    async def _standing(self) -> Standing:
        if self._reading is None:
            self._reading = asyncio.create_task(
                self._ports.store.standing(now=self._ports.clock.now(), limit=COUNTED_MAX)
            )
            self._reading.add_done_callback(self._forget_later)
        async with asyncio.timeout(STANDING_COUNTS_FOR_S):
            return await asyncio.shield(self._reading)

    def _forget_later(self, reading: asyncio.Task[Standing]) -> None:
        is_read = not reading.cancelled() and reading.exception() is None
        asyncio.get_running_loop().call_later(STANDING_COUNTS_FOR_S if is_read else 0, self._forget)

    def _forget(self) -> None:
        self._reading = None


async def _check_due(ports: Ports) -> None:
    now = ports.clock.now()
    standing = await ports.store.standing(now=now, limit=1)
    if standing.due_since is not None and not standing.leased_count and now - standing.due_since > BEHIND:
        raise PartFailing("behind")


async def _check(is_well: bool, word: str) -> None:
    if not is_well:
        raise PartFailing(word)


def _has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free >= FREE_OCTETS_MIN
    except OSError:
        return False


async def _try_lag(meters: Meters) -> None:
    while True:
        due_us = stopwatch_us() + LAG_TRIED_EACH_MS * 1000
        await asyncio.sleep(LAG_TRIED_EACH_MS / 1000)
        meters.observe(metrics.LOOP_LAG, max(stopwatch_us() - due_us, 0) / 1_000_000)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _age_s(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
