-- The tables of Fils in PostgreSQL. `sqlite.sql` says the same in SQLite's words; a test compares the two.
--
-- One row is the columns that queries and constraints need, and the whole record as one JSON document.
-- Times are BIGINT since 1970 in UTC and say their unit. Every row belongs to an account, except for what
-- belongs to the whole installation: `data_keys`, and what was done to them.
-- There are no foreign keys: a record is written in one commit with, or after, what it refers to, nothing of
-- money's history is ever deleted, and tables can be partitioned by account.

-- One row: what made this database, so that another mode or version refuses it.
CREATE TABLE stamp (
    one            SMALLINT NOT NULL PRIMARY KEY CHECK (one = 1),
    schema_version BIGINT   NOT NULL,
    mode           TEXT     NOT NULL
);

-- The prefix is the account's part of its base url. Folded names are what people call things, in one case.
CREATE TABLE accounts (
    id          TEXT   NOT NULL PRIMARY KEY,
    prefix      TEXT   NOT NULL UNIQUE,
    folded_name TEXT   NOT NULL UNIQUE,
    version     BIGINT NOT NULL,
    document    TEXT   NOT NULL
);

CREATE TABLE processing_channels (
    id          TEXT   NOT NULL PRIMARY KEY,
    account_id  TEXT   NOT NULL,
    folded_name TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    document    TEXT   NOT NULL,
    UNIQUE (account_id, folded_name)
);
CREATE INDEX processing_channels_of_account ON processing_channels (account_id, id);

-- The key itself is stored nowhere.
CREATE TABLE secret_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    key_hash   TEXT   NOT NULL UNIQUE,
    version    BIGINT NOT NULL,
    document   TEXT   NOT NULL
);
CREATE INDEX secret_keys_of_account ON secret_keys (account_id, id);

-- Passwords and keys inside are sealed. `bank_terminal` is what the bank knows one that is not switched off by.
CREATE TABLE terminals (
    id            TEXT   NOT NULL PRIMARY KEY,
    account_id    TEXT   NOT NULL,
    folded_name   TEXT   NOT NULL UNIQUE,
    bank_terminal TEXT   UNIQUE,
    version       BIGINT NOT NULL,
    document      TEXT   NOT NULL
);

CREATE TABLE customers (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    email      TEXT,
    version    BIGINT NOT NULL,
    document   TEXT   NOT NULL
);
CREATE UNIQUE INDEX customers_by_email ON customers (account_id, email) WHERE email IS NOT NULL;

-- What seals everything else, sealed under the master key. They belong to the installation, not to an account.
CREATE TABLE data_keys (
    id       TEXT   NOT NULL PRIMARY KEY,
    version  BIGINT NOT NULL,
    document TEXT   NOT NULL
);

-- Answers to requests with an idempotency key, for a day.
CREATE TABLE kept_answers (
    account_id TEXT   NOT NULL,
    method     TEXT   NOT NULL,
    path       TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    kept_at_us BIGINT NOT NULL,
    document   TEXT   NOT NULL,
    PRIMARY KEY (account_id, method, path, key)
);
CREATE INDEX kept_answers_by_time ON kept_answers (kept_at_us);

CREATE TABLE payment_setups (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    document   TEXT   NOT NULL
);

-- `position` is the order in which rows were stored.
CREATE TABLE payments (
    position   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT   NOT NULL UNIQUE,
    account_id TEXT   NOT NULL,
    session_id TEXT   NOT NULL UNIQUE,
    reference  TEXT,
    version    BIGINT NOT NULL,
    document   TEXT   NOT NULL
);
CREATE INDEX payments_of_account ON payments (account_id, position);
CREATE INDEX payments_by_reference ON payments (account_id, reference, position) WHERE reference IS NOT NULL;

CREATE TABLE payment_attempts (
    position           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id                 TEXT     NOT NULL UNIQUE,
    account_id         TEXT     NOT NULL,
    setup_id           TEXT     NOT NULL,
    payment_id         TEXT     NOT NULL,
    terminal_id        TEXT     NOT NULL,
    track_id           TEXT     NOT NULL,
    return_secret_hash TEXT     NOT NULL UNIQUE,
    counts             SMALLINT NOT NULL CHECK (counts IN (0, 1)),
    needs_person       SMALLINT NOT NULL CHECK (needs_person IN (0, 1)),
    version            BIGINT   NOT NULL,
    document           TEXT     NOT NULL,
    UNIQUE (terminal_id, track_id)
);
CREATE INDEX payment_attempts_of_payment ON payment_attempts (payment_id, position);
-- At most one capture of a setup counts.
CREATE UNIQUE INDEX payment_attempts_counted ON payment_attempts (setup_id) WHERE counts = 1;
-- What an operator is shown; few rows, however many attempts there are.
CREATE INDEX payment_attempts_needing_a_person ON payment_attempts (position) WHERE needs_person = 1;

-- Appended without a guard. The same content for the same attempt is stored once.
CREATE TABLE evidence (
    position   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    digest     TEXT NOT NULL,
    document   TEXT NOT NULL,
    UNIQUE (attempt_id, digest)
);
CREATE INDEX evidence_of_payment ON evidence (payment_id, position);

-- What people did that leaves no other trace, such as reading what is sealed. What was done to the whole
-- installation has no account.
CREATE TABLE audit_entries (
    position   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account_id TEXT,
    subject_id TEXT NOT NULL,
    document   TEXT NOT NULL
);
CREATE INDEX audit_entries_of_subject ON audit_entries (subject_id, position);

-- `sequence` counts the events of one payment from 1.
CREATE TABLE events (
    payment_id TEXT   NOT NULL,
    sequence   BIGINT NOT NULL,
    id         TEXT   NOT NULL UNIQUE,
    account_id TEXT   NOT NULL,
    document   TEXT   NOT NULL,
    PRIMARY KEY (payment_id, sequence)
);

-- Payments that somebody has to look at, and until when one claimant alone does.
-- `due_at_us` is by the clock of Fils, `leased_until_us` by the database's own.
CREATE TABLE due_payments (
    payment_id      TEXT   NOT NULL PRIMARY KEY,
    account_id      TEXT   NOT NULL,
    due_at_us       BIGINT NOT NULL,
    leased_until_us BIGINT NOT NULL
);
CREATE INDEX due_payments_by_time ON due_payments (due_at_us);
