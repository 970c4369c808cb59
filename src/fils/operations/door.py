"""
The operator's door: a Unix domain socket on which the running Fils answers the commands of its own machine.

On SQLite only one process may have the database, and that is the running Fils. Whoever may connect is decided by the
system: the socket is for its owner alone. One connection carries one request and one answer, both bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
from pathlib import Path
from typing import Final

from fils.application.ports import Ports
from fils.operations.answering import answer
from fils.operations.messages import (
    REQUEST_OCTETS_MAX,
    Answer,
    MessageUnreadable,
    Refused,
    read_request,
    write_message,
)
from fils.operations.socket_path import reachable

_LOG: Final = logging.getLogger("fils")

TRANSFER_TIMEOUT_S: Final = 2
CONNECTIONS_MAX: Final = 16
"""So many requests are read or answered at once; whoever comes beyond that is told to come again."""
_FINISH_S: Final = 10
"""How long requests under way may take once the door closes."""


class OperatorDoor:
    """
    Answers commands until it is closed.

    Args:
        ports: What the use cases stand on.
        path: Where the socket is made. Only the process that holds the lock of the database may use this path.
        transfer_timeout_s: How long a request may take to arrive, and its answer to be taken.
    """

    def __init__(self, ports: Ports, path: Path, *, transfer_timeout_s: float = TRANSFER_TIMEOUT_S) -> None:
        self._ports = ports
        self._path = path
        self._transfer_timeout_s = transfer_timeout_s
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """
        Begin to answer. A folder that can hold no socket, as some network file systems, is no reason not to serve.
        """
        try:
            listener = _listen(self._path)
        except OSError as error:
            _LOG.warning(
                "commands such as `fils payments` will not reach this Fils while it runs: %s cannot be made (%s)",
                self._path,
                error.strerror or error,
            )
            return
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listener, limit=REQUEST_OCTETS_MAX
        )

    async def close(self) -> None:
        """Take no further requests, remove the socket, and finish what is under way."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        with contextlib.suppress(OSError):
            _remove(self._path)
        if self._conversations:
            await asyncio.wait(self._conversations, timeout=_FINISH_S)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer))
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever asked may have gone meanwhile; what was decided stays decided.
        with contextlib.suppress(OSError, TimeoutError), contextlib.closing(writer):
            writer.write(write_message(await self._answer(reader)))
            async with asyncio.timeout(self._transfer_timeout_s):
                await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        if len(self._conversations) > CONNECTIONS_MAX:
            return Refused("busy", "too many commands ask at once; try again in a moment")
        line = await self._read_line(reader)
        if line is None:
            return Refused("request_unreadable", "the request did not arrive whole")
        try:
            return await answer(self._ports, read_request(line))
        except MessageUnreadable:
            return Refused(
                "request_unreadable",
                "the Fils that runs here does not know this request; use the command of its own version",
            )
        except Exception:
            # The outermost edge of a request: a bug is reported here, and the command is told that there was one.
            _LOG.exception("a command could not be answered")
            return Refused(
                "unexpected", "Fils could not answer because of a mistake of its own; its log says more"
            )

    async def _read_line(self, reader: asyncio.StreamReader) -> bytes | None:
        """One line, or None if it does not come whole, in time and within bounds."""
        try:
            async with asyncio.timeout(self._transfer_timeout_s):
                return await reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return None


def _remove(path: Path) -> None:
    """Take away the socket at *path*, if there is one. Anything else that has its name is not ours."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError("something else has that name")
        path.unlink()


def _listen(path: Path) -> socket.socket:
    """A listening socket at *path*, for its owner alone. One that a killed process left is replaced."""
    _remove(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        # Before the socket has a name, so that it never stands there for others.
        os.fchmod(listener.fileno(), 0o600)
        with reachable(path) as address:
            listener.bind(address)
        if path.lstat().st_mode & 0o077:
            path.unlink()
            raise PermissionError("it would not be for its owner alone")
        listener.listen(CONNECTIONS_MAX)
    except BaseException:
        listener.close()
        raise
    return listener
