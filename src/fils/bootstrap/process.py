"""What the programs share as processes: their event loop, and the addresses under which they are reached."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import fils
from fils.config import LogFormat, Settings
from fils.http import server
from fils.telemetry import start_logging

FONTS: Final = Path(fils.__file__).parent / "assets" / "fonts"
"""The folder with the Arabic font, for every page of ours."""


def run_program(program: Coroutine[Any, Any, None], settings: Settings | None = None) -> None:
    """Run *program* to its end in an event loop of its own, with the log on standard error as *settings* say."""
    if settings is None:
        start_logging()
    else:
        start_logging(settings.log_level, as_json=settings.log_format is LogFormat.JSON)
    server.allow_many_connections()
    try:
        import uvloop
    except ImportError:  # not made for every platform; the standard loop is slower and otherwise the same
        asyncio.run(program)
    else:
        uvloop.run(program)


def host_of(url: str) -> str:
    """The host of *url*, without its port; empty if it has none."""
    return urlsplit(url).hostname or ""


def own_host(host: str) -> str:
    """The host under which this machine reaches a listener bound to *host*."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}
    if host in anywhere:
        return anywhere[host]
    return f"[{host}]" if ":" in host else host
