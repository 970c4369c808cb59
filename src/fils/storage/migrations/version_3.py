"""
Version 2 to 3: accounts, channels and keys get versions and times, keys get ids, payments get their reference.

New and empty are the tables of terminals, customers, data keys and kept answers. When an account, a channel or a key
was made was not recorded in version 2, so theirs is the time of the migration.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Connection, PrimaryKeyConstraint, Text, UniqueConstraint, text

from fils.storage.migrations.documents import (
    create,
    guarded_columns,
    insert,
    pages,
    stored_documents,
    text_column,
    written,
)

SUMMARY: Final = (
    "terminals, customers, idempotency keys; ids for secret keys; payments are found by their reference"
)
_NewId = Callable[[str], str]


def upgrade(op: Operations, connection: Connection, now: datetime, new_id: _NewId) -> None:
    """
    Migrate.

    Args:
        op: Alembic's operations on *connection*.
        connection: Inside a transaction that is open.
        now: Aware UTC; when what has no time yet is said to have been made.
        new_id: Makes an identifier with a prefix.
    """
    made_at = now.isoformat().replace("+00:00", "Z")
    _rebuild_accounts(op, connection, made_at)
    _rebuild_channels(op, connection, made_at)
    _rebuild_secret_keys(op, connection, made_at, new_id)
    _add_new_tables(op)
    _add_reference(op, connection)
    _rename_subject(op, connection)


def _rebuild_accounts(op: Operations, connection: Connection, made_at: str) -> None:
    found = [
        document | {"created_at": made_at, "version": 0}
        for document in stored_documents(connection, "accounts")
    ]
    op.drop_table("accounts")
    create(op, "accounts", text_column("prefix"), *guarded_columns(), UniqueConstraint("prefix"))
    for document in found:
        # The first eight characters of the id after ``cli_``.
        prefix = str(document["id"]).partition("_")[2][:8]
        insert(connection, "accounts", document, prefix=prefix)


def _rebuild_channels(op: Operations, connection: Connection, made_at: str) -> None:
    found = [
        document | {"created_at": made_at, "version": 0}
        for document in stored_documents(connection, "processing_channels")
    ]
    op.drop_table("processing_channels")
    create(op, "processing_channels", text_column("account_id"), *guarded_columns())
    op.create_index("processing_channels_of_account", "processing_channels", ["account_id", "id"])
    for document in found:
        insert(connection, "processing_channels", document, account_id=document["account_id"])


def _rebuild_secret_keys(op: Operations, connection: Connection, made_at: str, new_id: _NewId) -> None:
    # In version 2 nothing but the start of a sandbox made a key, and the next start ended it.
    found = [
        document | {"id": new_id("key"), "created_at": made_at, "of_sandbox": True, "version": 0}
        for document in stored_documents(connection, "secret_keys")
    ]
    op.drop_table("secret_keys")
    create(
        op,
        "secret_keys",
        text_column("account_id"),
        text_column("key_hash"),
        *guarded_columns(),
        UniqueConstraint("key_hash"),
    )
    op.create_index("secret_keys_of_account", "secret_keys", ["account_id", "id"])
    for document in found:
        columns = {name: document[name] for name in ("account_id", "key_hash")}
        insert(connection, "secret_keys", document, **columns)


def _add_new_tables(op: Operations) -> None:
    create(op, "terminals", text_column("account_id"), *guarded_columns())
    create(op, "customers", text_column("account_id"), Column("email", Text), *guarded_columns())
    has_email = text("email IS NOT NULL")
    op.create_index(
        "customers_by_email",
        "customers",
        ["account_id", "email"],
        unique=True,
        postgresql_where=has_email,
        sqlite_where=has_email,
    )
    create(op, "data_keys", *guarded_columns())
    op.create_table(
        "kept_answers",
        *(text_column(name) for name in ("account_id", "method", "path", "key")),
        Column("kept_at_us", BigInteger, nullable=False),
        text_column("document"),
        PrimaryKeyConstraint("account_id", "method", "path", "key"),
    )
    op.create_index("kept_answers_by_time", "kept_answers", ["kept_at_us"])


def _add_reference(op: Operations, connection: Connection) -> None:
    op.add_column("payments", Column("reference", Text))
    for rows in pages(connection, "payments"):
        told = [
            {"position": position, "reference": document["reference"]}
            for position, document in rows
            if document["reference"] is not None
        ]
        if told:
            statement = "UPDATE payments SET reference = :reference WHERE position = :position"
            connection.execute(text(statement), told)
    has_reference = text("reference IS NOT NULL")
    op.create_index(
        "payments_by_reference",
        "payments",
        ["account_id", "reference", "position"],
        postgresql_where=has_reference,
        sqlite_where=has_reference,
    )


def _rename_subject(op: Operations, connection: Connection) -> None:
    """What was done can be about a key or a terminal from now on, not only about a payment."""
    op.drop_index("audit_entries_of_payment", "audit_entries")
    op.alter_column("audit_entries", "payment_id", new_column_name="subject_id")
    op.create_index("audit_entries_of_subject", "audit_entries", ["subject_id", "position"])
    for rows in pages(connection, "audit_entries"):
        renamed = [
            {
                "position": position,
                "document": written(
                    {
                        "subject_id" if name == "payment_id" else name: value
                        for name, value in document.items()
                    }
                ),
            }
            for position, document in rows
        ]
        connection.execute(
            text("UPDATE audit_entries SET document = :document WHERE position = :position"), renamed
        )
