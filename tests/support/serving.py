"""An application on a real socket, in the test's own event loop."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve *app* on a free port of loopback for the length of the block; gives its base url."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        async with serving_on(listener, app, lifespan="on"):
            yield base_url_of(listener)


@asynccontextmanager
async def serving_on(
    listener: socket.socket, app: ASGIApp, *, lifespan: Literal["on", "off"]
) -> AsyncIterator[None]:
    """Serve *app* on a bound *listener*, for parts that must know their address before they are made."""
    config = uvicorn.Config(
        app, http="httptools", server_header=False, log_level="critical", lifespan=lifespan
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # Started and stopped by hand: the server's own main loop would make each test wait for its slow tick.
    await server.startup(sockets=[listener])
    try:
        yield
    finally:
        await server.shutdown(sockets=[listener])


def base_url_of(listener: socket.socket) -> str:
    """Where a listener on loopback is found."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
