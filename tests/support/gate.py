"""A gate between two parties: it passes HTTP on, and can hold back one request or one answer until it is told more."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

_TIMEOUT_S: Final = 30
_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding"})

Subject = Callable[[str, bytes], str]
"""Names what a request is about, from its path and body; an empty text for what is never held."""


class Side(Enum):
    """Which of the two messages of an exchange is held back."""

    REQUEST = "request"
    """It has left its sender and is not delivered."""
    ANSWER = "answer"
    """The receiver has done what was asked, and its answer is not delivered."""


@dataclass
class Hold:
    """One message that is to be held back, or is."""

    subject: str
    side: Side
    passes_count: int = 0
    """How many exchanges about the subject go through before."""
    reached: threading.Event = field(default_factory=threading.Event)
    """Set once the message is at the gate."""
    _done: threading.Event = field(default_factory=threading.Event)

    def wait_until_reached(self) -> None:
        """
        Wait until the message is at the gate.

        Raises:
            TimeoutError: If it does not come.
        """
        if not self.reached.wait(_TIMEOUT_S):
            raise TimeoutError(f"no {self.side.value} about {self.subject} came to the gate")

    def cut(self) -> None:
        """End the connection without the message, as the end of a process on either side does."""
        self._done.set()

    def keep(self) -> None:
        """Keep the message here until it is cut; called by the gate."""
        self.reached.set()
        self._done.wait()


class Gate:
    """A port of loopback in front of another one."""

    def __init__(self, port: int, subject: Subject) -> None:
        """
        Args:
            port: Of loopback; who listens there may come and go.
            subject: What a request is about.
        """
        self._port = port
        self._subject = subject
        self._waiting: list[Hold] = []
        self._held: list[Hold] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))

    @property
    def base_url(self) -> str:
        """Where the gate is found."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def open(self) -> Iterator[None]:
        """Pass messages on for the length of the block; what is held is cut at its end."""
        thread = threading.Thread(target=self._server.serve_forever, name="gate", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self.cut_all()
            self._server.server_close()
            thread.join()

    def hold(self, subject: str, side: Side, *, passes_count: int = 0) -> Hold:
        """Hold back the next exchange about *subject*, or a later one."""
        hold = Hold(subject, side, passes_count)
        with self._lock:
            self._waiting.append(hold)
        return hold

    def cut_all(self) -> None:
        """Cut everything that is held, and hold nothing from now on."""
        with self._lock:
            for hold in self._held:
                hold.cut()
            self._held.clear()
            self._waiting.clear()

    def exchange(self, request: BaseHTTPRequestHandler) -> _Answer | None:
        """Pass one request on and return the answer; None if the connection is to be cut instead."""
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        hold = self._hold_of(self._subject(request.path, body))
        if hold is not None and hold.side is Side.REQUEST:
            hold.keep()
            return None
        try:
            answer = self._forward(request, body)
        except (OSError, http.client.HTTPException):
            return None
        if hold is not None:
            hold.keep()
            return None
        return answer

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> _Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_S)
        try:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
            connection.request(request.command, request.path, body, headers)
            response = connection.getresponse()
            return _Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def _hold_of(self, subject: str) -> Hold | None:
        with self._lock:
            hold = next((hold for hold in self._waiting if subject and hold.subject == subject), None)
            if hold is None:
                return None
            if hold.passes_count:
                hold.passes_count -= 1
                return None
            self._waiting.remove(hold)
            self._held.append(hold)
            return hold


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def _handler(gate: Gate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One connection through the gate, closed after its exchange."""

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _pass_on(self) -> None:
            answer = gate.exchange(self)
            self.close_connection = True
            if answer is None:
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body)

    Handler.protocol_version = "HTTP/1.1"
    return Handler
