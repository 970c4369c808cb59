"""
The way of a line to standard error, which may be closed, slow, or a pipe that nobody reads.

Lines wait for a thread of their own, so the event loop never waits for a terminal. When too many wait, new ones are
dropped and counted; the log says so once there is room again.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final, TextIO

from fils.telemetry.discretion import OURS

WAITING_MAX: Final = 10_000
"""So many lines may wait: some megabytes."""
TOGETHER_MAX: Final = 500
"""So many lines are written at once."""
CLOSE_TIMEOUT_S: Final = 2.0
"""How long the end of the process waits for lines that cannot be written."""


class LineHandler(logging.Handler):
    """
    Writes lines to *stream* in a thread, in their order.

    Args:
        stream: Where to; never closed here.
        waiting_max: How many lines may wait.
    """

    def __init__(self, stream: TextIO, *, waiting_max: int = WAITING_MAX) -> None:
        super().__init__()
        self._stream = stream
        self._waiting_max = waiting_max
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._told_count = 0
        self.dropped_count = 0
        """Lines that were not written, since the start."""

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one line. A record that cannot be written as a line is counted like one that was dropped."""
        try:
            self._queue(self.format(record))
        except Exception:
            # The outermost edge of telling: a line that fails must not fail what it tells of, and logging's own
            # report of that would print the record's arguments.
            self.dropped_count += 1

    def close(self) -> None:
        """Write what waits, within a bounded time."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(CLOSE_TIMEOUT_S)
        super().close()

    def _queue(self, line: str) -> None:
        if self._waiting.qsize() >= self._waiting_max:
            self.dropped_count += 1
            return
        self._waiting.put(line)
        if self._thread is None:
            # A daemon: a pipe that nobody reads must not keep the process from ending.
            self._thread = threading.Thread(target=self._run, name="fils-log", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        is_open = True
        while is_open:
            lines, is_open = self._next_lines()
            self._write(lines)

    def _next_lines(self) -> tuple[list[str], bool]:
        """Wait for a line and take those that wait with it; the flag says whether more may come."""
        line = self._waiting.get()
        lines: list[str] = []
        with suppress(Empty):
            while line is not None:
                lines.append(line)
                if len(lines) == TOGETHER_MAX:
                    break
                line = self._waiting.get_nowait()
        return lines, line is not None

    def _write(self, lines: list[str]) -> None:
        if self.dropped_count > self._told_count:
            dropped, self._told_count = self.dropped_count - self._told_count, self.dropped_count
            text = f"{dropped} lines of the log were dropped, because they could not be written fast enough"
            lines.append(self.format(logging.LogRecord(OURS, logging.WARNING, "", 0, text, None, None)))
        if not lines:
            return
        try:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
        except (OSError, ValueError):
            # Closed, or gone with the terminal: there is nowhere left to say so, but the count can be asked for.
            self.dropped_count += len(lines)
            self._told_count = self.dropped_count
