"""
The file of the master key: 64 hexadecimal digits, for whoever runs Fils alone.

A key comes from a file only, never from the command line or a variable: those end up in lists of processes, in
descriptions of containers and in reports of crashes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from fils.domain.errors import ConfigurationError
from fils.vault.master_key import MASTER_KEY_OCTETS, MasterKey

_NOT_FOR_OTHERS: Final = stat.S_IRWXO | stat.S_IWGRP
"""A group may read: that is how container platforms and systemd hand a secret to the user of a service."""


def read_master_key(path: Path) -> MasterKey:
    """
    Read the master key from its file.

    Raises:
        ConfigurationError: If the file is not there, cannot be read, is open to others or holds no master key. Its
            text repeats nothing of the content.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            # One octet more than a key with its end of line: a longer file is none.
            text = file.read(2 * MASTER_KEY_OCTETS + 3)
    except OSError as error:
        raise ConfigurationError(
            f"the master key {path} cannot be read: {error.strerror or error}"
        ) from error
    if mode & _NOT_FOR_OTHERS:
        raise ConfigurationError(
            f"the master key {path} is open to other users (mode {mode:04o}); "
            f"close it with `chmod 600 {path}`"
        )
    try:
        return MasterKey(bytes.fromhex(text.strip().decode("ascii")))
    except ValueError:
        raise ConfigurationError(
            f"the master key {path} cannot be used: it is not {MASTER_KEY_OCTETS * 2} hexadecimal digits"
        ) from None


def find_or_make_master_key(path: Path, *, new_key: Callable[[], bytes]) -> MasterKey:
    """
    Read the master key, which is made if there is none; of several who make it at once one is heeded by all.

    Args:
        path: The file; its folder must exist.
        new_key: Makes the 32 random bytes of a new key.

    Raises:
        ConfigurationError: As ``read_master_key``, or if the file cannot be written.
    """
    if is_missing(path):
        _write_new(path, new_key)
    return read_master_key(path)


def is_missing(path: Path) -> bool:
    """Whether there is no file *path*. Of one that cannot be looked at, whoever opens it then tells why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def create_master_key(path: Path, *, new_key: Callable[[], bytes]) -> MasterKey:
    """
    Make a new master key in a new file.

    Raises:
        ConfigurationError: If there is something of that name, or the file cannot be written.
    """
    if not _write_new(path, new_key):
        raise ConfigurationError(f"there is something at {path} already; a master key is never written over")
    return read_master_key(path)


def _write_new(path: Path, new_key: Callable[[], bytes]) -> bool:
    """Make the file whole or not at all; False if something has the name already, which is left as it is."""
    draft: str | None = None
    try:
        # A new file under a name that nobody can foresee, so that no link of another user waits in its place.
        descriptor, draft = mkstemp(prefix=f"{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key().hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigurationError(
            f"the master key {path} cannot be made: {error.strerror or error}"
        ) from error
    finally:
        if draft is not None:
            Path(draft).unlink()
    _keep_name(path.parent)
    return True


def _keep_name(folder: Path) -> None:
    """The name is on disk too, before anything is sealed under the key."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
