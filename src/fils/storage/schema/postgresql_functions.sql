-- The functions of Fils in PostgreSQL: how a batch is written. They hold nothing, so `fils migrate` replaces them whole
-- by those of the version it migrates to.

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
    customer customers;
    wake     RECORD;
    other    RECORD;
    written  BIGINT;
BEGIN
    IF updates ? 'payment_setups' THEN
        FOR setup IN SELECT * FROM jsonb_populate_recordset(NULL::payment_setups, updates -> 'payment_setups') LOOP
            UPDATE payment_setups SET version = setup.version, document = setup.document
             WHERE id = setup.id AND version = setup.version - 1;
            IF NOT FOUND THEN
                RAISE 'another version was stored meanwhile' USING ERRCODE = 'FILS1';
            END IF;
        END LOOP;
    END IF;
    IF updates ? 'payments' THEN
        FOR payment IN SELECT * FROM jsonb_populate_recordset(NULL::payments, updates -> 'payments') LOOP
            UPDATE payments SET version = payment.version, document = payment.document
             WHERE id = payment.id AND version = payment.version - 1;
            IF NOT FOUND THEN
                RAISE 'another version was stored meanwhile' USING ERRCODE = 'FILS1';
            END IF;
        END LOOP;
    END IF;
    IF updates ? 'payment_attempts' THEN
        FOR attempt IN
            SELECT * FROM jsonb_populate_recordset(NULL::payment_attempts, updates -> 'payment_attempts')
        LOOP
            UPDATE payment_attempts
               SET counts = attempt.counts, needs_person = attempt.needs_person,
                   version = attempt.version, document = attempt.document
             WHERE id = attempt.id AND version = attempt.version - 1;
            IF NOT FOUND THEN
                RAISE 'another version was stored meanwhile' USING ERRCODE = 'FILS1';
            END IF;
        END LOOP;
    END IF;
    IF updates ? 'customers' THEN
        FOR customer IN SELECT * FROM jsonb_populate_recordset(NULL::customers, updates -> 'customers') LOOP
            UPDATE customers SET email = customer.email, version = customer.version, document = customer.document
             WHERE id = customer.id AND version = customer.version - 1;
            IF NOT FOUND THEN
                RAISE 'another version was stored meanwhile' USING ERRCODE = 'FILS1';
            END IF;
        END LOOP;
    END IF;
    -- What an operator changes, now and then; the columns that may change, besides version and document.
    IF updates ?| ARRAY['accounts', 'processing_channels', 'terminals', 'secret_keys', 'data_keys'] THEN
        FOR other IN
            SELECT kind, columns, row
              FROM (VALUES ('accounts', ', folded_name = $4'),
                           ('processing_channels', ', folded_name = $4'),
                           ('terminals', ', folded_name = $4, bank_terminal = $5'),
                           ('secret_keys', ''),
                           ('data_keys', '')) AS kinds (kind, columns),
                   jsonb_array_elements(updates -> kind) AS row
        LOOP
            EXECUTE format(
                'UPDATE %I SET version = $1, document = $2 %s WHERE id = $3 AND version = $1 - 1',
                other.kind, other.columns
            ) USING (other.row ->> 'version')::BIGINT, other.row ->> 'document', other.row ->> 'id',
                    other.row ->> 'folded_name', other.row ->> 'bank_terminal';
            GET DIAGNOSTICS written = ROW_COUNT;
            IF written <> 1 THEN
                RAISE 'another version was stored meanwhile' USING ERRCODE = 'FILS1';
            END IF;
        END LOOP;
    END IF;

    IF inserts ? 'accounts' THEN
        INSERT INTO accounts (id, prefix, folded_name, version, document)
        SELECT id, prefix, folded_name, version, document
          FROM jsonb_populate_recordset(NULL::accounts, inserts -> 'accounts');
    END IF;
    IF inserts ? 'processing_channels' THEN
        INSERT INTO processing_channels (id, account_id, folded_name, version, document)
        SELECT id, account_id, folded_name, version, document
          FROM jsonb_populate_recordset(NULL::processing_channels, inserts -> 'processing_channels');
    END IF;
    IF inserts ? 'secret_keys' THEN
        INSERT INTO secret_keys (id, account_id, key_hash, version, document)
        SELECT id, account_id, key_hash, version, document
          FROM jsonb_populate_recordset(NULL::secret_keys, inserts -> 'secret_keys');
    END IF;
    IF inserts ? 'terminals' THEN
        INSERT INTO terminals (id, account_id, folded_name, bank_terminal, version, document)
        SELECT id, account_id, folded_name, bank_terminal, version, document
          FROM jsonb_populate_recordset(NULL::terminals, inserts -> 'terminals');
    END IF;
    IF inserts ? 'customers' THEN
        INSERT INTO customers (id, account_id, email, version, document)
        SELECT id, account_id, email, version, document
          FROM jsonb_populate_recordset(NULL::customers, inserts -> 'customers');
    END IF;
    IF inserts ? 'data_keys' THEN
        INSERT INTO data_keys (id, version, document)
        SELECT id, version, document
          FROM jsonb_populate_recordset(NULL::data_keys, inserts -> 'data_keys');
    END IF;
    IF inserts ? 'kept_answers' THEN
        INSERT INTO kept_answers (account_id, method, path, key, kept_at_us, document)
        SELECT account_id, method, path, key, kept_at_us, document
          FROM jsonb_populate_recordset(NULL::kept_answers, inserts -> 'kept_answers');
    END IF;
    IF inserts ? 'payment_setups' THEN
        INSERT INTO payment_setups (id, account_id, version, document)
        SELECT id, account_id, version, document
          FROM jsonb_populate_recordset(NULL::payment_setups, inserts -> 'payment_setups');
    END IF;
    IF inserts ? 'payments' THEN
        INSERT INTO payments (id, account_id, session_id, reference, version, document)
        SELECT id, account_id, session_id, reference, version, document
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
        INSERT INTO audit_entries (id, account_id, subject_id, document)
        SELECT id, account_id, subject_id, document
          FROM jsonb_populate_recordset(NULL::audit_entries, inserts -> 'audit_entries');
    END IF;
    IF inserts ? 'evidence' THEN
        INSERT INTO evidence (id, account_id, payment_id, attempt_id, digest, document)
        SELECT id, account_id, payment_id, attempt_id, digest, document
          FROM jsonb_populate_recordset(NULL::evidence, inserts -> 'evidence')
            ON CONFLICT (attempt_id, digest) DO NOTHING;
    END IF;

    IF batch ? 'wakes' THEN
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
    END IF;
END
$$;

-- Write batches in one transaction, each whole or not at all, and say for each how it ended, as an SQLSTATE:
-- 00000 is written. The block with the exception clause is the savepoint of its batch.
-- The caller says which version of the tables it knows. FILS2: the tables are of another one. A node that still runs
-- after a migration writes nothing, because `fils migrate` holds the stamp until it has committed.
CREATE FUNCTION fils_commit(known_version BIGINT, batches JSONB) RETURNS TEXT[] LANGUAGE plpgsql AS $$
DECLARE
    batch JSONB;
    ends  TEXT[] := '{}';
BEGIN
    IF known_version <> (SELECT schema_version FROM stamp) THEN
        RAISE 'its tables are of another version; start the Fils that fits them' USING ERRCODE = 'FILS2';
    END IF;
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
