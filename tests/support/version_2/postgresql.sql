-- The tables of Fils in PostgreSQL. `sqlite.sql` says the same in SQLite's words; a test compares the two.
--
-- One row is the columns that queries and constraints need, and the whole record as one JSON document.
-- Times are BIGINT since 1970 in UTC and say their unit. Every row belongs to an account.
-- There are no foreign keys: a record is written in one commit with, or after, what it refers to, nothing of
-- money's history is ever deleted, and tables can be partitioned by account.

-- One row: what made this database, so that another mode or version refuses it.
CREATE TABLE stamp (
    one            SMALLINT NOT NULL PRIMARY KEY CHECK (one = 1),
    schema_version BIGINT   NOT NULL,
    mode           TEXT     NOT NULL
);

CREATE TABLE accounts (
    account_id TEXT NOT NULL PRIMARY KEY,
    document   TEXT NOT NULL
);

CREATE TABLE processing_channels (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    document   TEXT NOT NULL
);

-- The key itself is stored nowhere; an account has one key of a name.
CREATE TABLE secret_keys (
    key_hash   TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name       TEXT NOT NULL,
    document   TEXT NOT NULL,
    UNIQUE (account_id, name)
);

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
    version    BIGINT NOT NULL,
    document   TEXT   NOT NULL
);
CREATE INDEX payments_of_account ON payments (account_id, position);

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

-- What people did that leaves no other trace, such as reading what is sealed.
CREATE TABLE audit_entries (
    position   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    document   TEXT NOT NULL
);
CREATE INDEX audit_entries_of_payment ON audit_entries (payment_id, position);

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

-- Write one batch, or raise: FILS1 when a version has moved on, unique_violation when an index objects.
-- The batch is {"updates": {table: [row]}, "inserts": {table: [row]}, "wakes": [row]}, every key optional.
-- A row of an update carries its next version and replaces the one before it.
CREATE FUNCTION fils_write_batch(batch JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    updates JSONB := batch -> 'updates';
    inserts JSONB := batch -> 'inserts';
    setup   payment_setups;
    payment payments;
    attempt payment_attempts;
    wake    RECORD;
BEGIN
    IF updates IS NOT NULL THEN
        FOR setup IN SELECT * FROM jsonb_populate_recordset(NULL::payment_setups, updates -> 'payment_setups') LOOP
            UPDATE payment_setups SET version = setup.version, document = setup.document
             WHERE id = setup.id AND version = setup.version - 1;
            IF NOT FOUND THEN
                RAISE 'another version was stored meanwhile' USING ERRCODE = 'FILS1';
            END IF;
        END LOOP;
        FOR payment IN SELECT * FROM jsonb_populate_recordset(NULL::payments, updates -> 'payments') LOOP
            UPDATE payments SET version = payment.version, document = payment.document
             WHERE id = payment.id AND version = payment.version - 1;
            IF NOT FOUND THEN
                RAISE 'another version was stored meanwhile' USING ERRCODE = 'FILS1';
            END IF;
        END LOOP;
        FOR attempt IN SELECT * FROM jsonb_populate_recordset(NULL::payment_attempts, updates -> 'payment_attempts') LOOP
            UPDATE payment_attempts
               SET counts = attempt.counts, needs_person = attempt.needs_person,
                   version = attempt.version, document = attempt.document
             WHERE id = attempt.id AND version = attempt.version - 1;
            IF NOT FOUND THEN
                RAISE 'another version was stored meanwhile' USING ERRCODE = 'FILS1';
            END IF;
        END LOOP;
    END IF;

    IF inserts ? 'accounts' THEN
        INSERT INTO accounts (account_id, document)
        SELECT account_id, document FROM jsonb_populate_recordset(NULL::accounts, inserts -> 'accounts');
    END IF;
    IF inserts ? 'processing_channels' THEN
        INSERT INTO processing_channels (id, account_id, document)
        SELECT id, account_id, document
          FROM jsonb_populate_recordset(NULL::processing_channels, inserts -> 'processing_channels');
    END IF;
    IF inserts ? 'secret_keys' THEN
        INSERT INTO secret_keys (key_hash, account_id, name, document)
        SELECT key_hash, account_id, name, document
          FROM jsonb_populate_recordset(NULL::secret_keys, inserts -> 'secret_keys');
    END IF;
    IF inserts ? 'payment_setups' THEN
        INSERT INTO payment_setups (id, account_id, version, document)
        SELECT id, account_id, version, document
          FROM jsonb_populate_recordset(NULL::payment_setups, inserts -> 'payment_setups');
    END IF;
    IF inserts ? 'payments' THEN
        INSERT INTO payments (id, account_id, session_id, version, document)
        SELECT id, account_id, session_id, version, document
          FROM jsonb_populate_recordset(NULL::payments, inserts -> 'payments');
    END IF;
    IF inserts ? 'payment_attempts' THEN
        INSERT INTO payment_attempts (
            id, account_id, setup_id, payment_id, terminal_id, track_id, return_secret_hash, counts, needs_person,
            version, document
        )
        SELECT id, account_id, setup_id, payment_id, terminal_id, track_id, return_secret_hash, counts, needs_person,
               version, document
          FROM jsonb_populate_recordset(NULL::payment_attempts, inserts -> 'payment_attempts');
    END IF;
    IF inserts ? 'events' THEN
        INSERT INTO events (payment_id, sequence, id, account_id, document)
        SELECT payment_id, sequence, id, account_id, document
          FROM jsonb_populate_recordset(NULL::events, inserts -> 'events');
    END IF;
    IF inserts ? 'audit_entries' THEN
        INSERT INTO audit_entries (id, account_id, payment_id, document)
        SELECT id, account_id, payment_id, document
          FROM jsonb_populate_recordset(NULL::audit_entries, inserts -> 'audit_entries');
    END IF;
    IF inserts ? 'evidence' THEN
        INSERT INTO evidence (id, account_id, payment_id, attempt_id, digest, document)
        SELECT id, account_id, payment_id, attempt_id, digest, document
          FROM jsonb_populate_recordset(NULL::evidence, inserts -> 'evidence')
            ON CONFLICT (attempt_id, digest) DO NOTHING;
    END IF;

    FOR wake IN
        SELECT * FROM jsonb_to_recordset(batch -> 'wakes')
            AS row (kind TEXT, payment_id TEXT, account_id TEXT, due_at_us BIGINT)
    LOOP
        IF wake.kind = 'never' THEN
            DELETE FROM due_payments WHERE payment_id = wake.payment_id;
        ELSIF wake.kind = 'at' THEN
            INSERT INTO due_payments (payment_id, account_id, due_at_us, leased_until_us)
            VALUES (wake.payment_id, wake.account_id, wake.due_at_us, 0)
                ON CONFLICT (payment_id) DO UPDATE SET due_at_us = excluded.due_at_us, leased_until_us = 0;
        ELSE
            INSERT INTO due_payments (payment_id, account_id, due_at_us, leased_until_us)
            VALUES (wake.payment_id, wake.account_id, wake.due_at_us, 0)
                ON CONFLICT (payment_id) DO UPDATE
               SET due_at_us = least(due_payments.due_at_us, excluded.due_at_us);
        END IF;
    END LOOP;
END
$$;

-- Write batches in one transaction, each whole or not at all, and say for each how it ended, as an SQLSTATE:
-- 00000 is written. The block with the exception clause is the savepoint of its batch.
CREATE FUNCTION fils_commit(batches JSONB) RETURNS TEXT[] LANGUAGE plpgsql AS $$
DECLARE
    batch JSONB;
    ends  TEXT[] := '{}';
BEGIN
    FOR batch IN SELECT value FROM jsonb_array_elements(batches) LOOP
        BEGIN
            PERFORM fils_write_batch(batch);
            ends := ends || '00000'::TEXT;
        EXCEPTION WHEN OTHERS THEN
            ends := ends || SQLSTATE;
        END;
    END LOOP;
    RETURN ends;
END
$$;
