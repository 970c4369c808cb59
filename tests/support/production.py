"""``fils serve`` in production as a real process: a rehearsal on loopback, with a master key of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from tests.support.command_line import run_fils
from tests.support.process import FilsProcess


def write_master_key(folder: Path) -> Path:
    """A new master key in *folder*, as only its owner can read it."""
    path = folder / "master.key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    return path


class ProductionProcess(FilsProcess):
    """
    A production in a folder of its own.

    Args:
        folder: The working directory, with the master key; the database is an SQLite file in it if none is named.
        database: A PostgreSQL url, or the path of an SQLite file.
        environment: Further variables.
    """

    def __init__(
        self, folder: Path, *, database: str | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(folder, environment=environment)
        self.settings = {
            "FILS_MODE": "production",
            "FILS_BASE_URL": self.base_url,
            "FILS_DATABASE_URL": database or str(folder / "fils.sqlite3"),
            "FILS_MASTER_KEY_FILE": str(write_master_key(folder)),
        }
        """What a command of the same installation needs in its environment."""
        self._environment |= self.settings

    def begin(self) -> ProductionProcess:
        """Make the database with the first account, without which a production does not start."""
        ended = run_fils("accounts", "create", "Bakery", folder=self.folder, environment=self.settings)
        assert ended.returncode == 0, ended.stderr
        return self
