"""
What Fils tells whoever runs it: lines on standard error.

Words of errors that are not ours may quote what was being read, an address with a token or a card number, so the log
says of those errors only what they are and where they happened.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final

from fils.domain.errors import FilsError

_LOG: Final = logging.getLogger("fils")
_LINE: Final = "%(asctime)s %(levelname)s %(message)s"
_TIME: Final = "%Y-%m-%dT%H:%M:%S%z"

_ErrorTriple = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class DiscreetFormatter(logging.Formatter):
    """Writes a record with its time, and of an error the kind, the place, and the words only if they are ours."""

    def __init__(self) -> None:
        super().__init__(_LINE, _TIME)

    def format(self, record: logging.LogRecord) -> str:
        """The record as text. What another handler made of its error before is not used."""
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: _ErrorTriple) -> str:  # noqa: N802 - the base class names it
        """The error and those that led to it, the first one first."""
        _, error, _ = ei
        return "" if error is None else "\n".join(reversed(list(_tell_chain(error))))


def start_logging() -> None:
    """Send warnings and errors of Fils and of its libraries to standard error, and nothing less, to nowhere else."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def report_loop_trouble(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """
    Tell what an event loop has to say, without the tasks and transports in it: their text quotes what they hold.

    Give this to ``set_exception_handler``.
    """
    error = context.get("exception")
    _LOG.error("%s", context.get("message", "trouble in the event loop"), exc_info=error)


def _tell_chain(error: BaseException) -> Iterator[str]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        kind = type(following).__name__
        words = f"{kind}: {following}" if isinstance(following, FilsError) else kind
        yield "".join(traceback.format_tb(following.__traceback__)) + words
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
