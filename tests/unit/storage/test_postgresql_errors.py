"""What people are told of PostgreSQL's errors."""

from __future__ import annotations

from asyncpg.exceptions import PostgresError, UniqueViolationError

from fils.storage.postgresql_connection import told


def test_the_details_of_an_error_quote_a_row_and_are_not_told() -> None:
    error = PostgresError.new(
        {
            "C": UniqueViolationError.sqlstate,
            "M": 'duplicate key value violates unique constraint "customers_by_email"',
            "D": "Key (account_id, email)=(cli_1, noura@example.com) already exists.",
        }
    )
    assert "noura" in str(error)
    assert told(error) == 'duplicate key value violates unique constraint "customers_by_email"'


def test_a_silence_is_told_as_one() -> None:
    assert told(TimeoutError()) == "no answer in time"
    assert told(OSError("refused")) == "refused"
