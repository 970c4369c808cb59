"""Standard input, output and error, which whoever starts a program may have closed."""

from __future__ import annotations

import os
import sys
from typing import Final

_ERROR: Final = 2
"""The highest number of a standard stream."""


def open_closed_streams() -> None:
    """
    Put the null device in the place of each standard stream that is closed, before anything else gets its number.

    Into a socket or a database with such a number would go whatever a library prints, and libuv ends the process when
    it is to close one.
    """
    # The system gives the lowest number that is free.
    number = os.open(os.devnull, os.O_RDWR)
    while number <= _ERROR:
        number = os.dup(number)
    os.close(number)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(_ERROR, "w", closefd=False)
