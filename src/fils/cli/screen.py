"""
What commands share about a person's screen: plain text, one live line, a QR code, and the last words of a failure.
"""

from __future__ import annotations

import shutil
import sys
import unicodedata
from typing import IO, Any, Final

import click

USAGE: Final = 2
"""The exit code when nothing was done because of how or where the command was called."""

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that a text from elsewhere does not bring to the screen: controls, bidi marks, line breaks."""

_QR_QUIET_MODULES: Final = 2
_QR_HALVES: Final = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""An upper and a lower module in one character. A light one is ink, so the code is right on a dark screen even
without colours; with them it is right on any."""


class CommandFailed(click.ClickException):
    """The command ends here, with one line that says why and what to do."""

    exit_code = USAGE

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to standard error."""
        click.echo(f"fils: {plain(self.format_message())}", file=file, err=True)


class Interrupted(CommandFailed):
    """A person stopped the command while it was at work."""

    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("stopped. What was asked may be done all the same: look before you repeat it")


def plain(text: str) -> str:
    """*text* without control and bidirectional characters: what another party wrote may not move our cursor."""
    return "".join(character for character in text if unicodedata.category(character) not in _UNSEEN)


def duration_text(seconds: int) -> str:
    """Minutes and seconds, as in ``1:05``."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def is_terminal() -> bool:
    """Whether a person watches standard output."""
    return sys.stdout.isatty()


class LiveLine:
    """How something stands while it lasts: one line rewritten on a terminal, elsewhere a new one now and then."""

    def __init__(self, *, rewrites: bool) -> None:
        self._rewrites = rewrites
        self._text = ""
        self._minute = -1
        self._width = 0

    def show(self, text: str, *, elapsed_s: int) -> None:
        """Tell *text*, and for how long this has been going on."""
        if self._rewrites:
            line = f"{text}  {duration_text(elapsed_s)}"
            # Spaces cover what the line before left over.
            click.echo(f"\r{line:<{self._width}}", nl=False)
            self._width = len(line)
        elif text != self._text or elapsed_s // 60 != self._minute:
            click.echo(f"{text}  {duration_text(elapsed_s)}")
        self._text, self._minute = text, elapsed_s // 60

    def end(self) -> None:
        """Leave the line as it is; what follows starts below it."""
        if self._rewrites and self._width:
            click.echo()
            self._width = 0


def qr_code(text: str, *, columns: int) -> str | None:
    """
    Draw *text* as a QR code of half blocks.

    Args:
        text: What a phone reads.
        columns: How wide the terminal is, in characters.

    Returns:
        Coloured lines, or None if the code is wider than *columns*.
    """
    import segno

    rows = list(segno.make_qr(text, error="l").matrix_iter(border=_QR_QUIET_MODULES))
    if len(rows) > columns:
        return None
    if len(rows) % 2:
        rows.append(bytes(len(rows)))
    lines = (
        "".join(_QR_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )
    return "\n".join(click.style(line, fg="bright_white", bg="black") for line in lines)


def show_qr_code(text: str) -> None:
    """Draw *text* on the terminal, if there is one that can show it."""
    if not is_terminal():
        return
    drawing = qr_code(text, columns=shutil.get_terminal_size().columns)
    try:
        "█▀▄".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return
    if drawing is not None:
        click.echo(f"\n{drawing}")
