"""The rows of what happens later: one for each order and act. Who does it is not known here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

from fils.knet.simulator.books_file import BooksFile
from fils.knet.simulator.orders import Act, Due


class DueRows:
    """What is to be done later, in the books' file. Rows are added and taken inside the caller's transaction."""

    def __init__(self, file: BooksFile) -> None:
        self._file = file

    def add(self, rows: Iterable[Due]) -> None:
        """Write what is to be done; a second time for one order and act takes the place of the first."""
        for row in rows:
            self._file.write(
                "INSERT OR REPLACE INTO due (payment_id, act, due_at) VALUES (?, ?, ?)",
                (row.payment_id, row.act.value, _text(row.at)),
            )

    def take(self, payment_id: str, act: Act) -> bool:
        """Remove a row; False if it was not there, so that of two who take it only one does it."""
        statement = "DELETE FROM due WHERE payment_id = ? AND act = ?"
        return self._file.write(statement, (payment_id, act.value)) == 1

    def first_due(self, at: datetime, acts: Iterable[Act]) -> Due | None:
        """Return what is due first of *acts*, if its time has come *at* an aware time."""
        first = self._first(acts)
        return first if first is not None and first.at <= at else None

    def next_at(self) -> datetime | None:
        """Return the aware time of the first of all rows, or None without any."""
        first = self._first(Act)
        return None if first is None else first.at

    def of(self, payment_id: str) -> list[Due]:
        """Return the rows of one order, the first due first."""
        statement = "SELECT * FROM due WHERE payment_id = ? ORDER BY due_at, act"
        return [_due(row) for row in self._file.rows(statement, (payment_id,))]

    def _first(self, acts: Iterable[Act]) -> Due | None:
        # SQLite's own words for a list of values; each value is still passed apart.
        wanted = tuple(act.value for act in acts)
        places = ", ".join("?" * len(wanted))
        statement = f"SELECT * FROM due WHERE act IN ({places}) ORDER BY due_at, payment_id LIMIT 1"  # noqa: S608
        return next((_due(row) for row in self._file.rows(statement, wanted)), None)


def _text(at: datetime) -> str:
    """Write a time so that the order of the texts is that of the times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _due(row: sqlite3.Row) -> Due:
    return Due(row["payment_id"], Act(row["act"]), datetime.fromisoformat(row["due_at"]))
