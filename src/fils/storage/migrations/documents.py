"""What migrations do to tables of documents. As frozen as they are: whoever needs it otherwise writes another one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Connection, PrimaryKeyConstraint, Text, text
from sqlalchemy.schema import SchemaItem

PAGE_ROWS: Final = 1_000
"""So many rows are held in memory at once."""

Document = dict[str, object]


def create(op: Operations, table: str, *columns: SchemaItem) -> None:
    """Make a table whose rows are named by an id."""
    op.create_table(table, Column("id", Text, nullable=False), *columns, PrimaryKeyConstraint("id"))


def guarded_columns() -> Sequence[SchemaItem]:
    """The columns of what is guarded by a version."""
    return (Column("version", BigInteger, nullable=False), text_column("document"))


def text_column(name: str) -> Column[str]:
    """A text that is never missing."""
    return Column(name, Text, nullable=False)


def insert(connection: Connection, table: str, document: Document, **columns: object) -> None:
    """Store a document that says its id and version, with the further columns of its table."""
    row = {"id": document["id"], "version": document["version"], "document": written(document), **columns}
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)  # noqa: S608  # names of ours


def stored_documents(connection: Connection, table: str) -> Sequence[Document]:
    """Every document of a table that holds what an operator made: few."""
    rows = connection.execute(text(f"SELECT document FROM {table}"))  # noqa: S608  # the name is ours
    return [_read(document) for (document,) in rows]


def pages(connection: Connection, table: str) -> Iterator[Sequence[tuple[int, Document]]]:
    """The rows of a table that grows, in pages: their positions and documents."""
    statement = text(
        f"SELECT position, document FROM {table} WHERE position > :after ORDER BY position LIMIT :limit"  # noqa: S608
    )
    after: Mapping[str, int] = {"after": 0, "limit": PAGE_ROWS}
    while rows := connection.execute(statement, after).all():
        yield [(position, _read(document)) for position, document in rows]
        after = {"after": rows[-1][0], "limit": PAGE_ROWS}


def written(document: Document) -> str:
    """*document* as it is stored."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _read(document: str) -> Document:
    value: Document = json.loads(document)
    return value
