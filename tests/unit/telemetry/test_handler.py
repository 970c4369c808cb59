"""The way of a line to a stream that is slow, closed, or fails."""

from __future__ import annotations

import io
import logging
import threading

from fils.telemetry.handler import LineHandler


class Gated(io.StringIO):
    """A pipe that nobody reads until the gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.is_stuck = threading.Event()

    def write(self, text: str) -> int:
        self.is_stuck.set()
        self.gate.wait(10)
        return super().write(text)


def said(handler: LineHandler, text: str) -> None:
    handler.emit(logging.LogRecord("fils", logging.INFO, "", 1, text, None, None))


def test_lines_come_in_their_order() -> None:
    stream = io.StringIO()
    handler = LineHandler(stream)
    for number in range(2000):
        said(handler, str(number))
    handler.close()
    assert stream.getvalue().split() == [str(number) for number in range(2000)]
    assert handler.dropped_count == 0


def test_a_full_pipe_stops_nobody_and_what_was_dropped_is_told() -> None:
    stream = Gated()
    handler = LineHandler(stream, waiting_max=3)
    said(handler, "first")
    assert stream.is_stuck.wait(10)
    for number in range(5):
        said(handler, str(number))
    assert handler.dropped_count == 2
    stream.gate.set()
    handler.close()
    assert stream.getvalue().splitlines() == [
        *("first", "0", "1", "2"),
        "2 lines of the log were dropped, because they could not be written fast enough",
    ]


def test_a_closed_stream_breaks_nothing() -> None:
    stream = io.StringIO()
    stream.close()
    handler = LineHandler(stream)
    said(handler, "into the void")
    handler.close()
    assert handler.dropped_count == 1


def test_a_record_that_cannot_be_written_is_counted() -> None:
    stream = io.StringIO()
    handler = LineHandler(stream)
    handler.emit(logging.LogRecord("fils", logging.INFO, "", 1, "%d", ("no number",), None))
    handler.close()
    assert (handler.dropped_count, stream.getvalue()) == (1, "")
