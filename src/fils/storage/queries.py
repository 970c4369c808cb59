"""
The reads of both databases and the writes of SQLite, each as SQL with a name and a sentence.

Parameters are numbered (``?1``) in reads, which ``postgresql.py`` shares, and named after the columns of
``rows.py`` in writes. PostgreSQL's writes are one function of its schema. No statement is put together from values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fils.storage.rows import Table

STAMP: Final = "SELECT schema_version, mode FROM stamp"
"""What made this database."""

MODE: Final = "SELECT mode FROM stamp"
"""The mode a database was made for; also the smallest question that shows that it can be read."""

INSERT_STAMP: Final = "INSERT INTO stamp (one, schema_version, mode) VALUES (1, ?1, ?2)"
"""Say what made this database."""

ACCOUNT: Final = "SELECT document FROM accounts WHERE id = ?1"
"""An account by its id."""

ACCOUNT_BY_PREFIX: Final = "SELECT document FROM accounts WHERE prefix = ?1"
"""An account by the prefix of its base url."""

ACCOUNTS: Final = "SELECT document FROM accounts ORDER BY id"
"""Every account."""

SECRET_KEY: Final = "SELECT document FROM secret_keys WHERE key_hash = ?1"
"""A secret key by the keyed hash of the key."""

SECRET_KEYS_OF_ACCOUNT: Final = "SELECT document FROM secret_keys WHERE account_id = ?1 ORDER BY id"
"""An account's secret keys."""

PROCESSING_CHANNEL: Final = "SELECT document FROM processing_channels WHERE id = ?1"
"""A processing channel by its id."""

CHANNELS_OF_ACCOUNT: Final = "SELECT document FROM processing_channels WHERE account_id = ?1 ORDER BY id"
"""An account's processing channels."""

TERMINAL: Final = "SELECT document FROM terminals WHERE id = ?1"
"""A terminal by its id."""

TERMINALS: Final = "SELECT document FROM terminals ORDER BY id"
"""Every terminal."""

CUSTOMER: Final = "SELECT document FROM customers WHERE id = ?1"
"""A customer by its id."""

CUSTOMER_BY_EMAIL: Final = "SELECT document FROM customers WHERE account_id = ?1 AND email = ?2"
"""An account's customer by the address of e-mail."""

KEPT_ANSWER: Final = """
SELECT document FROM kept_answers WHERE account_id = ?1 AND method = ?2 AND path = ?3 AND key = ?4
"""
"""The answer that was kept under an idempotency key."""

FORGET_ANSWERS: Final = """
DELETE FROM kept_answers WHERE (account_id, method, path, key) IN (
    SELECT account_id, method, path, key FROM kept_answers WHERE kept_at_us < ?1 ORDER BY kept_at_us LIMIT ?2
) RETURNING key
"""
"""Forget the oldest answers that were kept before ?1, at most ?2."""

DATA_KEYS: Final = "SELECT document FROM data_keys ORDER BY id"
"""Every data key; the store's user sorts them by their time."""

PAYMENT_SETUP: Final = "SELECT document FROM payment_setups WHERE id = ?1"
"""A payment setup by its id."""

PAYMENT: Final = "SELECT document FROM payments WHERE id = ?1"
"""A payment by its id."""

PAYMENT_BY_SESSION: Final = "SELECT document FROM payments WHERE session_id = ?1"
"""A payment by its session id."""

LATEST_PAYMENTS: Final = """
SELECT document FROM payments WHERE account_id = ?1 ORDER BY position DESC LIMIT ?2
"""
"""An account's newest payments, newest first."""

PAYMENTS_BY_REFERENCE: Final = """
SELECT document FROM payments WHERE account_id = ?1 AND reference = ?2
ORDER BY position DESC LIMIT ?3 OFFSET ?4
"""
"""An account's payments of one reference, newest first."""

COUNT_PAYMENTS_BY_REFERENCE: Final = """
SELECT CAST(count(*) AS TEXT) FROM payments WHERE account_id = ?1 AND reference = ?2
"""
"""How many of them there are."""

ATTEMPT: Final = "SELECT document FROM payment_attempts WHERE id = ?1"
"""A payment attempt by its id."""

ATTEMPT_BY_TRACK_ID: Final = """
SELECT document FROM payment_attempts WHERE terminal_id = ?1 AND track_id = ?2
"""
"""The attempt a terminal knows by a track id."""

ATTEMPT_BY_RETURN_SECRET: Final = "SELECT document FROM payment_attempts WHERE return_secret_hash = ?1"
"""The attempt whose return secret has this keyed hash."""

ATTEMPTS_OF_PAYMENT: Final = "SELECT document FROM payment_attempts WHERE payment_id = ?1 ORDER BY position"
"""A payment's attempts, oldest first."""

ATTEMPTS_NEEDING_A_PERSON: Final = """
SELECT document FROM payment_attempts
WHERE needs_person = 1 AND position > COALESCE((SELECT position FROM payment_attempts WHERE id = ?1), 0)
ORDER BY position LIMIT ?2
"""
"""The attempts that a person has to look at, oldest first, beginning after the one with an id."""

EVIDENCE_OF_PAYMENT: Final = "SELECT document FROM evidence WHERE payment_id = ?1 ORDER BY position"
"""A payment's evidence in the order of arrival."""

AUDIT_OF_SUBJECT: Final = "SELECT document FROM audit_entries WHERE subject_id = ?1 ORDER BY position"
"""What people did with a payment, a key or a terminal, in the order it was done."""

CASE_OF_PAYMENT: Final = """
SELECT 'setup 0 ' || document FROM payment_setups WHERE id = ?1
UNION ALL
SELECT 'attempt ' || position || ' ' || document FROM payment_attempts WHERE payment_id = ?2
UNION ALL
SELECT 'evidence ' || position || ' ' || document FROM evidence WHERE payment_id = ?2
"""
"""All that belongs to a payment, whose setup is ?1: what each part is, its place among its like, and its document."""

EVENTS_OF_PAYMENT: Final = "SELECT document FROM events WHERE payment_id = ?1 ORDER BY sequence"
"""A payment's events in their sequence."""

INSERTS: Final[Mapping[Table, str]] = {
    "accounts": """
INSERT INTO accounts (id, prefix, folded_name, version, document)
VALUES (:id, :prefix, :folded_name, :version, :document)
""",
    "processing_channels": """
INSERT INTO processing_channels (id, account_id, folded_name, version, document)
VALUES (:id, :account_id, :folded_name, :version, :document)
""",
    "secret_keys": """
INSERT INTO secret_keys (id, account_id, key_hash, version, document)
VALUES (:id, :account_id, :key_hash, :version, :document)
""",
    "terminals": """
INSERT INTO terminals (id, account_id, folded_name, bank_terminal, version, document)
VALUES (:id, :account_id, :folded_name, :bank_terminal, :version, :document)
""",
    "customers": """
INSERT INTO customers (id, account_id, email, version, document)
VALUES (:id, :account_id, :email, :version, :document)
""",
    "data_keys": "INSERT INTO data_keys (id, version, document) VALUES (:id, :version, :document)",
    "kept_answers": """
INSERT INTO kept_answers (account_id, method, path, key, kept_at_us, document)
VALUES (:account_id, :method, :path, :key, :kept_at_us, :document)
""",
    "payment_setups": """
INSERT INTO payment_setups (id, account_id, version, document) VALUES (:id, :account_id, :version, :document)
""",
    "payments": """
INSERT INTO payments (id, account_id, session_id, reference, version, document)
VALUES (:id, :account_id, :session_id, :reference, :version, :document)
""",
    "payment_attempts": """
INSERT INTO payment_attempts (
    id, account_id, setup_id, payment_id, terminal_id, track_id, return_secret_hash, counts, needs_person, version,
    document
) VALUES (
    :id, :account_id, :setup_id, :payment_id, :terminal_id, :track_id, :return_secret_hash, :counts, :needs_person,
    :version, :document
)
""",
    "events": """
INSERT INTO events (payment_id, sequence, id, account_id, document)
VALUES (:payment_id, :sequence, :id, :account_id, :document)
""",
    "evidence": """
INSERT INTO evidence (id, account_id, payment_id, attempt_id, digest, document)
VALUES (:id, :account_id, :payment_id, :attempt_id, :digest, :document)
ON CONFLICT (attempt_id, digest) DO NOTHING
""",
    "audit_entries": """
INSERT INTO audit_entries (id, account_id, subject_id, document) VALUES (:id, :account_id, :subject_id, :document)
""",
}
"""Store a new record. Evidence that is there already stays as it is."""

UPDATES: Final[Mapping[Table, str]] = {
    "payment_setups": """
UPDATE payment_setups SET version = :version, document = :document WHERE id = :id AND version = :version - 1
""",
    "payments": """
UPDATE payments SET version = :version, document = :document WHERE id = :id AND version = :version - 1
""",
    "payment_attempts": """
UPDATE payment_attempts
SET counts = :counts, needs_person = :needs_person, version = :version, document = :document
WHERE id = :id AND version = :version - 1
""",
    "accounts": """
UPDATE accounts SET folded_name = :folded_name, version = :version, document = :document
WHERE id = :id AND version = :version - 1
""",
    "processing_channels": """
UPDATE processing_channels SET folded_name = :folded_name, version = :version, document = :document
WHERE id = :id AND version = :version - 1
""",
    "secret_keys": """
UPDATE secret_keys SET version = :version, document = :document WHERE id = :id AND version = :version - 1
""",
    "terminals": """
UPDATE terminals
SET folded_name = :folded_name, bank_terminal = :bank_terminal, version = :version, document = :document
WHERE id = :id AND version = :version - 1
""",
    "customers": """
UPDATE customers SET email = :email, version = :version, document = :document
WHERE id = :id AND version = :version - 1
""",
    "data_keys": """
UPDATE data_keys SET version = :version, document = :document WHERE id = :id AND version = :version - 1
""",
}
"""Store the next version of a record; changes no row if another version had been stored meanwhile."""

WAKE_AT: Final = """
INSERT INTO due_payments (payment_id, account_id, due_at_us, leased_until_us)
VALUES (:payment_id, :account_id, :due_at_us, 0)
ON CONFLICT (payment_id) DO UPDATE SET due_at_us = excluded.due_at_us, leased_until_us = 0
"""
"""Say when a payment is due, and end a lease: whoever had it is done with it."""

WAKE_NO_LATER: Final = """
INSERT INTO due_payments (payment_id, account_id, due_at_us, leased_until_us)
VALUES (:payment_id, :account_id, :due_at_us, 0)
ON CONFLICT (payment_id) DO UPDATE SET due_at_us = min(due_at_us, excluded.due_at_us)
"""
"""Bring a payment's time forward; a lease stays with its holder."""

WAKE_NEVER: Final = "DELETE FROM due_payments WHERE payment_id = :payment_id"
"""Take a payment off the list."""

CLAIM_DUE_PAYMENTS: Final = """
WITH clock (now_us) AS (
    -- SQLite tells the time in days; its milliseconds are exact enough for a lease.
    SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS BIGINT) * 1000
)
UPDATE due_payments SET leased_until_us = (SELECT now_us FROM clock) + ?3
WHERE payment_id IN (
    SELECT payment_id FROM due_payments
    WHERE due_at_us <= ?1 AND leased_until_us <= (SELECT now_us FROM clock)
    ORDER BY due_at_us LIMIT ?2
)
RETURNING payment_id, due_at_us
"""
"""Hand payments that are due at ?1, at most ?2, to one claimant for ?3 microseconds by the database's clock."""

DUE_NOW: Final = """
WITH clock (now_us) AS (
    SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS BIGINT) * 1000
), due AS (
    SELECT due_at_us, leased_until_us FROM due_payments WHERE due_at_us <= ?1 ORDER BY due_at_us LIMIT ?2
)
SELECT count(*) || ' ' || count(CASE WHEN leased_until_us > now_us THEN 1 END) || ' ' || COALESCE(min(due_at_us), 0)
FROM due, clock
"""
"""Of the payments due at ?1, the first ?2: how many, how many of them leased, since when the first is due."""

OLDEST_UNDECIDED: Final = """
SELECT document FROM (SELECT payment_id FROM due_payments LIMIT ?1) AS due JOIN payments ON id = payment_id
WHERE json_extract(document, '$.status') = 'Pending' ORDER BY position LIMIT 1
"""
"""The oldest payment that is Pending, of ?1 that are to be looked at."""

END_LEASES: Final = "UPDATE due_payments SET leased_until_us = 0 WHERE leased_until_us > 0"
"""End every lease: whoever had one is gone."""
