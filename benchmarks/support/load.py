"""
A load generator's engine: so many callers, each doing one thing after the other, and what that took.

Measured is a window after a warm-up: what ended inside it counts, and the processor time of the watched processes
is read at its two ends. What is under way at the end of the window is finished, so that nothing is left half-done.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import uvloop

from benchmarks.support.machine import cpu_seconds

Step = Callable[[], Awaitable[None]]
"""One thing to do. It raises ``Unexpected`` when the answer is not the one that was asked for."""


_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_=-]{20,}")
"""Part of a path that differs each time; equal errors are counted together."""


class Unexpected(Exception):
    """A server answered something else than it should."""


@dataclass
class _Window:
    starts_at: float
    ends_at: float
    finished: list[tuple[float, float]] = field(default_factory=list)
    """When each thing ended, and how many seconds it had taken."""
    errors: Counter[str] = field(default_factory=Counter)


def load_options(description: str) -> argparse.ArgumentParser:
    """The options that every load generator has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--warm-up", type=float, required=True, help="seconds")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--watch", action="append", default=[], metavar="NAME:PID")
    return parser


def generate(options: argparse.Namespace, open_step: Callable[[aiohttp.ClientSession], Step]) -> None:
    """Generate load and print what was measured as one line of JSON."""
    json.dump(uvloop.run(_generate(options, open_step)), sys.stdout)


async def answer_to(
    request: aiohttp.client._RequestContextManager, *statuses: int
) -> tuple[aiohttp.ClientResponse, bytes]:
    """
    Send *request* and read its answer to the end.

    Raises:
        Unexpected: If its status is none of *statuses*.
    """
    async with request as answer:
        body = await answer.read()
    if answer.status not in statuses:
        place = _IDENTIFIER.sub("...", answer.url.path)
        raise Unexpected(f"{answer.method} {place} was answered {answer.status}")
    return answer, body


async def _generate(
    options: argparse.Namespace, open_step: Callable[[aiohttp.ClientSession], Step]
) -> dict[str, object]:
    watched = {name: int(pid) for name, _, pid in (text.partition(":") for text in options.watch)}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        step = open_step(session)
        starts_at = time.perf_counter() + options.warm_up
        window = _Window(starts_at, starts_at + options.seconds)
        callers = [asyncio.create_task(_call(step, window)) for _ in range(options.connections)]
        await asyncio.sleep(options.warm_up)
        window.starts_at, before, own_before = time.perf_counter(), _cpu(watched), time.process_time()
        await asyncio.sleep(options.seconds)
        window.ends_at, after, own_after = time.perf_counter(), _cpu(watched), time.process_time()
        await asyncio.gather(*callers)
    cpu = {name: after[name] - before[name] for name in watched} | {"load": own_after - own_before}
    return _summary(window, cpu)


async def _call(step: Step, window: _Window) -> None:
    """One caller. It stops at the first thing that goes wrong, so that an outage is not counted as speed."""
    begun_at = time.perf_counter()
    while begun_at < window.ends_at:
        try:
            await step()
        except (aiohttp.ClientError, TimeoutError, OSError, Unexpected) as error:
            window.errors[f"{type(error).__name__}: {error}"] += 1
            return
        ended_at = time.perf_counter()
        window.finished.append((ended_at, ended_at - begun_at))
        begun_at = ended_at


def _cpu(watched: Mapping[str, int]) -> dict[str, float]:
    return {name: cpu_seconds(pid) for name, pid in watched.items()}


def _summary(window: _Window, cpu: Mapping[str, float]) -> dict[str, object]:
    inside = sorted(
        took for ended_at, took in window.finished if window.starts_at <= ended_at < window.ends_at
    )
    count = len(inside)
    return {
        "per_second": count / (window.ends_at - window.starts_at),
        "p50_ms": _percentile_ms(inside, 50),
        "p99_ms": _percentile_ms(inside, 99),
        "cpu_us": {name: seconds / max(count, 1) * 1_000_000 for name, seconds in cpu.items()},
        "count": count,
        "finished": len(window.finished),
        "errors": dict(window.errors),
    }


def _percentile_ms(sorted_seconds: list[float], percent: int) -> float:
    """The smallest value that *percent* of all do not exceed."""
    if not sorted_seconds:
        return 0.0
    rank = -(-len(sorted_seconds) * percent // 100)
    return sorted_seconds[rank - 1] * 1000
