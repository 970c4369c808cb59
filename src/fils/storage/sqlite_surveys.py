"""Reads of an SQLite file that look through many rows, for which the event loop may not stand still."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fils.storage.sqlite_file import connect_to_file

IDLE_MAX: Final = 2
"""So many connections are kept when nobody reads: opening one takes longer than most surveys."""


class SqliteSurveys:
    """
    Reads in threads, each on a connection that nobody else uses meanwhile.

    Args:
        path: The database file.
        wait_s: How long a read waits for a lock that another program holds.
    """

    def __init__(self, path: Path, *, wait_s: float) -> None:
        self._path = path
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._idle_max = IDLE_MAX

    async def documents(self, query: str, parameters: Sequence[str | int]) -> Sequence[str]:
        """
        The one column of *query*'s rows. Whoever stops waiting does not stop the read.

        Raises:
            sqlite3.Error: If the file cannot be read.
        """
        return await asyncio.to_thread(self._documents, query, parameters)

    def close(self) -> None:
        """Close what nobody uses, and what is in use once its read has ended."""
        with self._lock:
            self._idle_max = 0
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _documents(self, query: str, parameters: Sequence[str | int]) -> Sequence[str]:
        with self._lock:
            idle = self._idle.pop() if self._idle else None
        connection = idle or connect_to_file(self._path, wait_s=self._wait_s)
        try:
            documents = [document for (document,) in connection.execute(query, parameters)]
        except BaseException:
            connection.close()
            raise
        with self._lock:
            is_kept = len(self._idle) < self._idle_max
            if is_kept:
                self._idle.append(connection)
        if not is_kept:
            connection.close()
        return documents
