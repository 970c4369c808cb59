"""The HTTP server around an application: its socket, its signals, its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from fils.domain.errors import ConfigurationError
from fils.http.protocol import BoundedHttpProtocol

_BACKLOG: Final = 1024
_KEEP_ALIVE_S: Final = 75
"""How long an idle connection stays open: longer than any usual client keeps it, so that no client sends its request
into a connection that is just being closed."""
_FINISH_S: Final = 20
"""How long requests under way may take to finish once the server is told to stop."""


def listen(
    host: str, port: int, *, host_setting: str = "--host", port_setting: str = "--port"
) -> socket.socket:
    """
    Take the port, without accepting anything yet.

    Args:
        host: An address or name of this machine.
        port: 0 takes any free one.
        host_setting: What a person changes to choose another address.
        port_setting: What a person changes to choose another port.

    Raises:
        ConfigurationError: If it cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise ConfigurationError(f"host {host!r} is no address of this machine: {error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise ConfigurationError(
                f"host {host!r} is no address of this machine; choose another with {host_setting}"
            ) from error
        raise ConfigurationError(
            f"port {port} on {host} cannot be used ({error.strerror or error}); choose another with {port_setting}"
        ) from error
    listener.setblocking(False)
    return listener


def allow_many_connections() -> None:
    """Let the process have as many open files as its operator allows it: a shell's first limit is often 1024."""
    limit = resource.RLIMIT_NOFILE
    _, most = resource.getrlimit(limit)
    # Where "no limit" is not taken as a number, the first limit stays.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(limit, (most, most))


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    on_ready: Callable[[], None],
    on_stop: Callable[[], None] = lambda: None,
    stop_delay_s: int = 0,
    protocol: type[BoundedHttpProtocol] = BoundedHttpProtocol,
) -> None:
    """
    Serve *app* on *listener* until SIGINT or SIGTERM, then finish what is under way.

    No access log is kept: paths hold tokens.

    Args:
        app: Answers the requests.
        listener: Made by ``listen``.
        on_ready: Called when requests are taken.
        on_stop: Called with the first signal.
        stop_delay_s: How long requests are still taken after it; a second signal ends that.
        protocol: What reads a connection.
    """
    server = _Server(_config(app, protocol), on_ready, on_stop, stop_delay_s)
    await server.serve(sockets=[listener])


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve *app* on *listener* beside the block, in the running event loop, whatever signals come."""
    server = _ServerBeside(_config(app, BoundedHttpProtocol))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _config(app: ASGIApp, protocol: type[BoundedHttpProtocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",  # its own: below, it tells addresses and headers, and a line for each bad request
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_FINISH_S,
    )


class _ServerBeside(uvicorn.Server):
    """A server that ends with its block and hears no signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Server(uvicorn.Server):
    """A server that says when it listens, and whose signals end it without ending the program."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_ready: Callable[[], None],
        on_stop: Callable[[], None],
        stop_delay_s: int,
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop
        self._stop_delay_s = stop_delay_s
        self._is_told_to_stop = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self._stop, number)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def _stop(self, number: int) -> None:
        """The first signal says it to whoever asks, and ends the server after the delay; a second one at once."""
        is_first, self._is_told_to_stop = not self._is_told_to_stop, True
        if is_first:
            self._on_stop()
        if is_first and self._stop_delay_s:
            asyncio.get_running_loop().call_later(self._stop_delay_s, self._end)
        else:
            self.handle_exit(number, None)

    def _end(self) -> None:
        self.should_exit = True
