"""
Version 3 to 4: what an operator names is unique, acts may be of the whole installation, customers are stored.

Names were only looked at before they were stored, so that two commands at once could give one twice. Whoever has such
twins renames one with the Fils of before: which one, a migration cannot know.

Payments of version 2 named customers that nobody stored. They get the customer they name, of whom nothing is known.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from alembic.operations import Operations
from sqlalchemy import Column, Connection, Text, UniqueConstraint, bindparam, text

from fils.domain.errors import ConfigurationError
from fils.storage.migrations.documents import (
    Document,
    create,
    guarded_columns,
    insert,
    pages,
    stored_documents,
    text_column,
    written,
)

SUMMARY: Final = (
    "names of accounts, channels and terminals are unique; the replacing of the master key is recorded; "
    "every payment's customer is stored"
)

_AUDIT_ENTRIES_ON_SQLITE: Final = (
    "ALTER TABLE audit_entries RENAME TO audit_entries_before",
    """
    CREATE TABLE audit_entries (
        position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account_id TEXT, subject_id TEXT NOT NULL,
        document TEXT NOT NULL
    )
    """,
    """
    INSERT INTO audit_entries (position, id, account_id, subject_id, document)
    SELECT position, id, account_id, subject_id, document FROM audit_entries_before ORDER BY position
    """,
    "DROP TABLE audit_entries_before",
    "CREATE INDEX audit_entries_of_subject ON audit_entries (subject_id, position)",
)


def upgrade(op: Operations, connection: Connection, _now: datetime, _new_id: Callable[[str], str]) -> None:
    """
    Migrate.

    Args:
        op: Alembic's operations on *connection*.
        connection: Inside a transaction that is open.

    Raises:
        ConfigurationError: If there are twins; its text says which, and what to do about them.
    """
    accounts, channels, terminals = (
        stored_documents(connection, table) for table in ("accounts", "processing_channels", "terminals")
    )
    _refuse_twins(accounts, channels, terminals)
    _rebuild_accounts(op, connection, accounts)
    _rebuild_channels(op, connection, channels)
    _rebuild_terminals(op, connection, terminals)
    _allow_acts_of_the_installation(op, connection)
    _store_customers(connection)


def _refuse_twins(
    accounts: Sequence[Document], channels: Sequence[Document], terminals: Sequence[Document]
) -> None:
    rename = "give one of them another name with `fils {} set ID --name NAME`"
    twins = [
        *_twins(accounts, "accounts", lambda item: (_folded(item),), rename.format("accounts")),
        *_twins(
            channels,
            "channels of one account",
            lambda item: (item["account_id"], _folded(item)),
            rename.format("channels"),
        ),
        *_twins(terminals, "terminals", lambda item: (_folded(item),), rename.format("terminals")),
        *_twins(
            [item for item in terminals if _bank_terminal(item)],
            "terminals that are one at the bank",
            lambda item: (_bank_terminal(item),),
            "switch one of them off with `fils terminals disable ID`",
        ),
    ]
    if twins:
        raise ConfigurationError(
            f"the database was not migrated and is as it was: {'; '.join(twins)}. Do it with the Fils that this "
            "database fits now, then migrate again"
        )


def _twins(
    found: Sequence[Document], what: str, key: Callable[[Document], object], advice: str
) -> Iterator[str]:
    groups: defaultdict[object, list[Document]] = defaultdict(list)
    for item in found:
        groups[key(item)].append(item)
    for group in groups.values():
        if len(group) > 1:
            names = " and ".join(f"{item['name']} ({item['id']})" for item in group)
            yield f"{what} are called {names}: {advice}"


def _rebuild_accounts(op: Operations, connection: Connection, accounts: Sequence[Document]) -> None:
    op.drop_table("accounts")
    create(
        op,
        "accounts",
        text_column("prefix"),
        text_column("folded_name"),
        *guarded_columns(),
        UniqueConstraint("prefix"),
        UniqueConstraint("folded_name"),
    )
    for item in accounts:
        prefix = str(item["id"]).partition("_")[2][:8]
        insert(connection, "accounts", item, prefix=prefix, folded_name=_folded(item))


def _rebuild_channels(op: Operations, connection: Connection, channels: Sequence[Document]) -> None:
    op.drop_table("processing_channels")
    create(
        op,
        "processing_channels",
        text_column("account_id"),
        text_column("folded_name"),
        *guarded_columns(),
        UniqueConstraint("account_id", "folded_name"),
    )
    op.create_index("processing_channels_of_account", "processing_channels", ["account_id", "id"])
    for item in channels:
        columns = {"account_id": item["account_id"], "folded_name": _folded(item)}
        insert(connection, "processing_channels", item, **columns)


def _rebuild_terminals(op: Operations, connection: Connection, terminals: Sequence[Document]) -> None:
    op.drop_table("terminals")
    create(
        op,
        "terminals",
        text_column("account_id"),
        text_column("folded_name"),
        Column("bank_terminal", Text),
        *guarded_columns(),
        UniqueConstraint("folded_name"),
        UniqueConstraint("bank_terminal"),
    )
    for item in terminals:
        insert(
            connection,
            "terminals",
            item,
            account_id=item["account_id"],
            folded_name=_folded(item),
            bank_terminal=_bank_terminal(item),
        )


def _allow_acts_of_the_installation(op: Operations, connection: Connection) -> None:
    """They have no account. SQLite cannot change a column, so the table is made anew."""
    if connection.dialect.name == "sqlite":
        for statement in _AUDIT_ENTRIES_ON_SQLITE:
            connection.execute(text(statement))
    else:
        op.alter_column("audit_entries", "account_id", nullable=True)


def _store_customers(connection: Connection) -> None:
    known = text("SELECT id FROM customers WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
    statement = text(
        "INSERT INTO customers (id, account_id, email, version, document) "
        "VALUES (:id, :account_id, NULL, 0, :document)"
    )
    for rows in pages(connection, "payments"):
        named = {payment["customer_id"]: payment for _, payment in rows}
        for (customer_id,) in connection.execute(known, {"ids": list(named)}):
            del named[customer_id]
        missing = [
            {
                "id": customer_id,
                "account_id": payment["account_id"],
                "document": written(_customer(customer_id, payment)),
            }
            for customer_id, payment in named.items()
        ]
        if missing:
            connection.execute(statement, missing)


def _customer(customer_id: object, payment: Document) -> Document:
    return {
        "id": customer_id,
        "account_id": payment["account_id"],
        "created_at": payment["requested_at"],
        "email": None,
        "name": None,
        "phone": None,
        "metadata": {},
        "deleted_at": None,
        "version": 0,
    }


def _folded(item: Document) -> str:
    return unicodedata.normalize("NFC", str(item["name"]).casefold())


def _bank_terminal(item: Document) -> str | None:
    """The bank's address and the newest Tranportal id, unless the terminal is switched off."""
    credentials = item["credentials"]
    if item.get("disabled_at") is not None or not isinstance(credentials, list):
        return None
    return f"{item['server_url']} {credentials[-1]['tranportal_id']}"
