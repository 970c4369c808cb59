"""Where the door of a Fils is, and how a path that is too long for the system's sockets is reached all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ADDRESS_OCTETS_MAX: Final = 100
"""A little less than the 104 to 108 octets, by system, that the address of a socket holds."""


def door_path(database: Path) -> Path:
    """
    The socket of the Fils that has the SQLite file *database*.

    It stands beside the file, as the file's lock does, because the lock says who may make it and take away an old one.
    """
    real_path = database.resolve()
    return real_path.with_name(real_path.name + ".door")


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """
    An address for *path* that a socket can be bound or connected to inside the block.

    Raises:
        OSError: If the folder is not there, or the path is too long and the system knows no other way to it.
    """
    if len(os.fsencode(path)) <= _ADDRESS_OCTETS_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
