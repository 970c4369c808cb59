"""How lines are written: as text for a person at a terminal, or as JSON for a collector; and the start of it all."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from fils.telemetry.discretion import OURS, told_error, words_of
from fils.telemetry.handler import LineHandler
from fils.telemetry.lines import LineRecord

_LOG: Final = logging.getLogger(OURS)
_TIME: Final = "%Y-%m-%dT%H:%M:%S%z"
_UNPLAIN: Final = re.compile(r'[ "=]')
"""What would pass for the end of a value, or for another field."""


class TextFormatter(logging.Formatter):
    """``2026-04-30T10:00:00+0300 WARNING words field=value``; the lines of an error's places follow, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text. What another handler made of its error before is not used."""
        head = f"{self.formatTime(record, _TIME)} {record.levelname}"
        if isinstance(record, LineRecord):
            told = "".join(f" {name}={_quoted(value)}" for name, value in record.values.items())
            return f"{head} {record.msg}{told}"
        error = _error_of(record)
        return f"{head} {words_of(record)}" + (f"\n{told_error(error)}" if error else "")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``event``, ``text``, the event's fields, and ``error`` if any."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        document: dict[str, str | int | float] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if isinstance(record, LineRecord):
            document |= {"event": record.event, "text": record.msg, **record.values}
        else:
            document |= {"event": "message", "text": words_of(record), "logger": record.name}
        error = _error_of(record)
        if error is not None:
            document["error"] = told_error(error)
        return msgspec.json.encode(document).decode()


def start_logging(level: str = "warning", *, as_json: bool = False) -> None:
    """
    Send lines to standard error, and to nowhere else.

    Args:
        level: Of our own lines. Libraries are heard from ``warning`` on, whatever is chosen here.
        as_json: Whether a line is a JSON object, for a collector, or text for a person.
    """
    handler = LineHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    _LOG.setLevel(level.upper())


def dropped_line_count() -> int:
    """How many lines were not written since logging was started."""
    return sum(item.dropped_count for item in logging.getLogger().handlers if isinstance(item, LineHandler))


def report_loop_trouble(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """
    Tell what an event loop has to say, without the tasks and transports in it: their text quotes what they hold.

    Give this to ``set_exception_handler``.
    """
    error = context.get("exception")
    _LOG.error("%s", context.get("message", "trouble in the event loop"), exc_info=error)


def _error_of(record: logging.LogRecord) -> BaseException | None:
    told: BaseException | None = getattr(record, "error", None)
    return record.exc_info[1] if record.exc_info else told


def _quoted(value: str | float) -> str:
    text = str(value)
    return msgspec.json.encode(text).decode() if _UNPLAIN.search(text) else text
