"""Each law that stored data can show: a healthy database passes, and each fault planted in one is found and named."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from fils.application.ports import Batch
from fils.domain.errors import ConfigurationError
from fils.storage import open_store
from fils.storage.backup_file import write_backup
from fils.storage.rows import SCHEMA_VERSION
from fils.storage.snapshot import Snapshot, open_snapshot
from fils.vault import DataKeyVault
from tests.support import records, stored_database
from tests.support.stored_database import make_database, verified

ROWS = {
    "<PAID>": "(SELECT id FROM payments WHERE json_extract(document, '$.status') = 'Captured')",
    "<CANCELED>": "(SELECT id FROM payments WHERE json_extract(document, '$.status') = 'Canceled' LIMIT 1)",
    "<PENDING>": "(SELECT id FROM payments WHERE json_extract(document, '$.status') = 'Pending' LIMIT 1)",
    "<COUNTED>": "(SELECT id FROM payment_attempts WHERE counts = 1)",
    "<ENDED>": "(SELECT id FROM payment_attempts WHERE json_extract(document, '$.state') = 'negative' LIMIT 1)",
    "<PAID_SETUP>": "(SELECT id FROM payment_setups "
    "WHERE json_extract(document, '$.counted_attempt_id') IS NOT NULL)",
    "<OTHER_ACCOUNT>": "'cli_uuooqrzsdyxe3bi2zv5xbqtwwe'",
    "<KEY>": "'sk_sbox_filssandboxkeyforlocaltests'",
    "<CARD>": "'4111111111111111'",
}
"""What stands for a row or a value in the statements below."""


def change(table: str, row: str, path: str, value: str) -> str:
    """Change one place of a document. The parts are this module's own."""
    return f"UPDATE {table} SET document = json_set(document, '$.{path}', {value}) WHERE id = {row}"  # noqa: S608


def filled_in(statement: str) -> str:
    """*statement* with what its marks stand for."""
    for mark, words in ROWS.items():
        statement = statement.replace(mark, words)
    return statement


FAULTS = {
    "a capture without evidence": (
        "DELETE FROM evidence WHERE attempt_id = <COUNTED> AND json_extract(document, '$.kind') = 'inquiry'",
        "I1",
        "neither an inquiry nor a named person",
    ),
    "a capture confirmed over another amount": (
        "UPDATE evidence SET document = json_set(document, '$.statement.amount.amount', 999) "
        "WHERE attempt_id = <COUNTED>",
        "I1",
        "neither an inquiry nor a named person",
    ),
    "a capture confirmed with another track id": (
        "UPDATE evidence SET document = json_set(document, '$.statement.track_id', 'T1') "
        "WHERE attempt_id = <COUNTED>",
        "I1",
        "neither an inquiry nor a named person",
    ),
    "a capture confirmed with another payment id of KNET": (
        "UPDATE evidence SET document = json_set(document, '$.statement.knet_payment_id', '1') "
        "WHERE attempt_id = <COUNTED>",
        "I1",
        "neither an inquiry nor a named person",
    ),
    "a capture that could still be taken back": (
        change("payment_attempts", "<COUNTED>", "returned_at", "null"),
        "I1",
        "while KNET could still take it back",
    ),
    "a return that nobody made": (
        "DELETE FROM evidence WHERE attempt_id = <COUNTED> AND json_extract(document, '$.kind') = 'return'",
        "I1",
        "no browser did",
    ),
    "a captured payment that nothing counts for": (
        "UPDATE payment_attempts SET counts = 0, document = json_set(document, '$.counts', json('false')) "
        "WHERE id = <COUNTED>",
        "I1",
        "0 of its attempts count",
    ),
    "a captured payment that another attempt decided": (
        change("payments", "<PAID>", "decided_by", "'att_other'"),
        "I1",
        "which does not count",
    ),
    "a missing event": (
        "DELETE FROM events WHERE payment_id = <PAID> AND sequence = 1",
        "I4",
        "stored are those of",
    ),
    "an event too many": (
        "INSERT INTO events SELECT payment_id, 9, 'evt_more', account_id, "
        "json_set(document, '$.sequence', 9, '$.id', 'evt_more') FROM events "
        "WHERE payment_id = <PAID> AND sequence = 1",
        "I4",
        "stored are those of",
    ),
    "more events than any payment has": (
        change("payments", "<PAID>", "event_count", "1000000000000"),
        "I4",
        "has 1000000000000 events",
    ),
    "two events of one capture": (
        "UPDATE events SET document = json_set(document, '$.type', 'payment_captured') "
        "WHERE payment_id = <PAID>",
        "I4",
        "with 2 events of a capture",
    ),
    "an event over another amount": (
        "UPDATE events SET document = json_set(document, '$.amount.amount', 7) WHERE payment_id = <PAID>",
        "I4",
        "its payment over",
    ),
    "a status against the events": (
        change("payments", "<CANCELED>", "status", "'Expired'"),
        "I6",
        "and its events say Canceled",
    ),
    "an event that the table does not know there": (
        "UPDATE events SET document = json_set(document, '$.type', 'payment_voided') "
        "WHERE payment_id = <CANCELED> AND sequence = 2",
        "I6",
        "has payment_voided after Pending",
    ),
    "an end that no attempt explains": (
        change("payments", "<CANCELED>", "decided_by", "'att_other'"),
        "I6",
        "no attempt of it says why",
    ),
    "an end that nobody told": (
        "DELETE FROM evidence WHERE attempt_id = <ENDED>",
        "I6",
        "nobody is on record",
    ),
    "an open attempt with an outcome": (
        change("payment_attempts", "<ENDED>", "state", "'open'"),
        "I6",
        "is open with outcome",
    ),
    "a captured attempt with another outcome": (
        change("payment_attempts", "<COUNTED>", "outcome", "'canceled'"),
        "I6",
        "is captured with outcome canceled",
    ),
    "an ended attempt that counts": (
        "UPDATE payment_attempts SET counts = 1, document = json_set(document, '$.counts', json('true')) "
        "WHERE id = <ENDED>",
        "I5",
        "counts and is negative",
    ),
    "another capture than was asked for that counts": (
        "UPDATE payment_attempts SET document = json_set(document, '$.other_capture', "
        "json_object('amount', json_object('amount', 5, 'currency', 'KWD'), 'since', '2026-01-01T00:00:00Z')) "
        "WHERE id = <COUNTED>",
        "I5",
        "counts over 0.005 KWD",
    ),
    "a surplus capture that nobody is told of": (
        "UPDATE payment_attempts SET document = "
        "json_set(document, '$.state', 'captured', '$.outcome', 'captured', '$.attention', null) "
        "WHERE id = <ENDED>",
        "I5",
        "nobody is told",
    ),
    "a setup that counts nothing though paid": (
        change("payment_setups", "<PAID_SETUP>", "counted_attempt_id", "null"),
        "I5",
        "its setup says none",
    ),
    "a setup that counts what does not": (
        change("payment_setups", "<PAID_SETUP>", "counted_attempt_id", "<ENDED>"),
        "I5",
        "which does not count for it",
    ),
    "a setup that lost its payment": (
        change("payment_setups", "<PAID_SETUP>", "latest_payment_id", "'pay_other'"),
        "records",
        "which it does not have",
    ),
    "two payments of a setup under way": (
        "UPDATE payment_setups SET document = json_set(document, '$.latest_payment_id', 'pay_other') "
        "WHERE id = (SELECT json_extract(document, '$.setup_id') FROM payments WHERE id = <PENDING>)",
        "I5",
        "is Pending beside pay_other",
    ),
    "a setup open for a confirm while its payment is Pending": (
        "UPDATE payment_setups SET document = json_set(document, '$.latest_payment_blocks', json('false')) "
        "WHERE id = (SELECT json_extract(document, '$.setup_id') FROM payments WHERE id = <PENDING>)",
        "I5",
        "is open for a further confirm",
    ),
    "a card number in clear": (
        change("payment_attempts", "<ENDED>", "said.result", "<CARD>"),
        "I8",
        "a card number in result in clear",
    ),
    "a secret key in clear": (
        "UPDATE customers SET document = json_set(document, '$.name', <KEY>)",
        "I8",
        "a secret key in name in clear",
    ),
    "trandata in clear": (
        change("payment_attempts", "<ENDED>", "said.error_text", "'" + "AB01" * 24 + "'"),
        "I8",
        "trandata in error_text in clear",
    ),
    "a link token in clear": (
        change("payment_attempts", "<ENDED>", "said.error_text", "'tok_" + "a" * 26 + "'"),
        "I8",
        "a link token in error_text in clear",
    ),
    "a fraction of money": (
        change("payments", "<PAID>", "amount.amount", "1.5"),
        "I9",
        "because of $.amount.amount",
    ),
    "an unknown currency": (
        change("payments", "<PAID>", "amount.currency", "'XXX'"),
        "I9",
        "because of $.amount.currency",
    ),
    "a payment over nothing": (change("payments", "<PAID>", "amount.amount", "0"), "I9", "is over 0.000 KWD"),
    "an attempt over another amount": (
        change("payment_attempts", "<ENDED>", "amount.amount", "5"),
        "I9",
        "is over 0.005 KWD",
    ),
    "an undecided payment that nothing looks at": (
        "DELETE FROM due_payments WHERE payment_id = <PENDING>",
        "due",
        "is Pending, and nothing will look at it again",
    ),
    "a document that is no record": (
        "UPDATE events SET document = '{\"secret\": 1}' WHERE sequence = 2",
        "records",
        "in events cannot be read",
    ),
    "a column unlike its document": (
        "UPDATE payments SET reference = 'ORD-other' WHERE id = <PAID>",
        "records",
        "has another reference in its document",
    ),
    "a version unlike its document": (
        "UPDATE payment_attempts SET version = 99 WHERE id = <COUNTED>",
        "records",
        "has another version in its document",
    ),
    "a raw message that does not open": (
        "UPDATE evidence SET document = json_set(document, '$.sealed', 'AAAA') "
        "WHERE json_extract(document, '$.sealed') IS NOT NULL",
        "records",
        "has a raw message that does not open",
    ),
    "a return secret that does not open": (
        change("payment_attempts", "<COUNTED>", "return_secret_sealed", "'AAAA'"),
        "records",
        "has a return secret that does not open",
    ),
    "a return secret of another attempt": (
        "UPDATE payment_attempts SET document = json_set(document, '$.return_secret_sealed', (SELECT "
        "json_extract(document, '$.return_secret_sealed') FROM payment_attempts WHERE id = <ENDED>)) "
        "WHERE id = <COUNTED>",
        "records",
        "does not open or is another",
    ),
    "credentials that do not open": (
        "UPDATE terminals SET document = json_set(document, '$.credentials[0].sealed_key', 'AAAA')",
        "records",
        "credentials of version 1 that do not open",
    ),
    "a kept answer that does not open": (
        "UPDATE kept_answers SET document = json_set(document, '$.sealed_body', 'AAAA')",
        "records",
        "does not open, or is no answer",
    ),
    "a kept answer about nothing": (
        "DELETE FROM payments WHERE position = (SELECT max(position) FROM payments)",
        "records",
        "which is no record of its account",
    ),
    "attempts of no payment": (
        "DELETE FROM payments WHERE id = <PAID>",
        "records",
        "and payment_attempts has rows of it",
    ),
    "evidence of no attempt": (
        "DELETE FROM payment_attempts WHERE id = <ENDED>",
        "records",
        "and evidence has rows of it",
    ),
    "something due that does not exist": (
        "INSERT INTO due_payments VALUES ('pay_other', 'cli_other', 0, 0)",
        "records",
        "and due_payments has rows of it",
    ),
    "a payment of no setup": (
        change("payments", "<PAID>", "setup_id", "'set_other'"),
        "records",
        "is of set_other, which does not exist",
    ),
    "a payment of no channel": (
        change("payments", "<PAID>", "processing_channel_id", "'pc_other'"),
        "records",
        "which is no channel of its account",
    ),
    "a key bound to no channel": (
        "UPDATE secret_keys SET document = json_set(document, '$.processing_channel_id', 'pc_other') "
        "WHERE json_extract(document, '$.processing_channel_id') IS NOT NULL",
        "records",
        "is bound to pc_other",
    ),
    "a customer of no account": (
        "UPDATE customers SET account_id = 'cli_other', document = json_set(document, '$.account_id', 'cli_other')",
        "records",
        "is of the account cli_other, which does not exist",
    ),
    "an act of no account": (
        "UPDATE audit_entries SET account_id = NULL, document = json_set(document, '$.account_id', NULL) "
        "WHERE position = (SELECT max(position) FROM audit_entries WHERE account_id IS NOT NULL)",
        "records",
        "is of the account None, which does not exist",
    ),
    "an attempt of another account": (
        "UPDATE payment_attempts SET account_id = 'cli_other', "
        "document = json_set(document, '$.account_id', 'cli_other') WHERE id = <COUNTED>",
        "records",
        "is of another account than",
    ),
    "an attempt at another terminal": (
        "UPDATE payment_attempts SET terminal_id = 'trm_other', "
        "document = json_set(document, '$.terminal_id', 'trm_other') WHERE id = <COUNTED>",
        "records",
        "another setup or terminal",
    ),
    "a payment of no customer": (
        change("payments", "<PAID>", "customer_id", "'cus_other'"),
        "records",
        "names cus_other, which is no customer of its account",
    ),
    "a payment of another account's customer": (
        "UPDATE customers SET account_id = 'cli_other', document = json_set(document, '$.account_id', 'cli_other') "
        "WHERE id = (SELECT json_extract(document, '$.customer_id') FROM payments WHERE id = <PAID>)",
        "records",
        "which is no customer of its account",
    ),
    "a payment without a status": (
        change("payments", "<PENDING>", "status", "null"),
        "I6",
        "is None, and its events say Pending",
    ),
    "a payment that never began": (
        "DELETE FROM events WHERE payment_id = <PENDING>; UPDATE payments SET document = "
        "json_set(document, '$.status', null, '$.event_count', 0) WHERE id = <PENDING>",
        "I6",
        "has no status",
    ),
    "a capture that only a nameless person cites": (
        "UPDATE evidence SET document = json_set(document, '$.statement', null, '$.resolution', "
        'json(\'{"is_captured":true,"by":" ","why":"a line","at":"2026-01-01T00:00:00Z"}\')) '
        "WHERE attempt_id = <COUNTED> AND json_extract(document, '$.kind') = 'inquiry'",
        "I1",
        "neither an inquiry nor a named person",
    ),
    "a person's word that nobody gave": (
        "UPDATE payment_attempts SET document = json_set(document, '$.resolution', "
        'json(\'{"is_captured":true,"by":"x","why":"y","at":"2026-01-01T00:00:00Z"}\')) '
        "WHERE id = <ENDED>",
        "I1",
        "cites a person's word that is no evidence of it",
    ),
    "a first answer that KNET did not give": (
        change("payment_attempts", "<ENDED>", "provisional_at", "'2026-01-01T00:00:00Z'"),
        "I1",
        "KNET never said so",
    ),
    "a payment that nobody voided": (
        "UPDATE payments SET document = json_set(document, '$.status', 'Voided') WHERE id = <PAID>",
        "I6",
        "is Voided, and no named person said so",
    ),
    "a capture without its action": (
        change("payments", "<PAID>", "capture_action_id", "null"),
        "I4",
        "has another action than its event",
    ),
    "an event about a strange attempt": (
        "UPDATE events SET document = json_set(document, '$.attempt_id', 'att_other') "
        "WHERE payment_id = <PAID> AND sequence = 2",
        "records",
        "is about att_other",
    ),
    "an event with another reference": (
        "UPDATE events SET document = json_set(document, '$.reference', 'ORD-other') WHERE payment_id = <PAID>",
        "I4",
        "its payment of",
    ),
    "an open attempt of a decided payment that nothing looks at": (
        "UPDATE payment_attempts SET document = "
        "json_set(document, '$.state', 'open', '$.outcome', null, '$.decided_at', null, '$.attention', null) "
        "WHERE payment_id = <CANCELED>; DELETE FROM due_payments WHERE payment_id = <CANCELED>",
        "due",
        "is open, and nothing will look at it again",
    ),
    "a setup that forgot its payment": (
        change("payment_setups", "<PAID_SETUP>", "latest_payment_id", "null"),
        "I5",
        "has payments and names none",
    ),
    "a setup that is shut for nothing": (
        "UPDATE payment_setups SET document = "
        "json_set(document, '$.latest_payment_id', null, '$.latest_payment_blocks', json('true')) "
        "WHERE id = <PAID_SETUP>",
        "I5",
        "is shut for a confirm",
    ),
    "a setup over less than nothing": (
        change("payment_setups", "<PAID_SETUP>", "terms.amount_minor", "-1"),
        "I9",
        "is over -1",
    ),
    "a setup without a currency": (
        change("payment_setups", "<PAID_SETUP>", "terms.currency", "null"),
        "records",
        "lacks what every setup has",
    ),
    "an answer kept for another account": (
        "UPDATE kept_answers SET account_id = <OTHER_ACCOUNT>, "
        "document = json_set(document, '$.account_id', <OTHER_ACCOUNT>)",
        "records",
        "which is no record of its account",
    ),
    "an answer kept for no account": (
        "UPDATE kept_answers SET account_id = 'cli_other', "
        "document = json_set(document, '$.account_id', 'cli_other')",
        "records",
        "is of an account that does not exist",
    ),
    "a refusal that was kept": (
        "UPDATE kept_answers SET document = json_set(document, '$.status', 422)",
        "I10",
        "is the status 422",
    ),
    "a terminal without credentials": (
        "UPDATE terminals SET document = json_set(document, '$.credentials', json('[]'))",
        "records",
        "has credentials of the versions []",
    ),
    "credentials out of their order": (
        "UPDATE terminals SET document = json_set(document, '$.credentials[0].version', 2)",
        "records",
        "has credentials of the versions [2]",
    ),
    "a time without a zone": (
        change("payments", "<PAID>", "requested_at", "'2026-01-01T00:00:00'"),
        "records",
        "in payments has a time without a zone",
    ),
    "a time without a zone where it is a column": (
        "UPDATE kept_answers SET document = json_set(document, '$.kept_at', '2026-01-01T00:00:00')",
        "records",
        "in kept_answers has a time without a zone",
    ),
    "a text that is none": (
        "UPDATE payments SET document = CAST(CAST(substr(document, 1, 30) AS BLOB) || x'ff' || "
        "CAST(substr(document, 31) AS BLOB) AS TEXT) WHERE id = <PAID>",
        "records",
        "in payments cannot be read",
    ),
    "a document without end": (
        "UPDATE payments SET document = json_set(document, '$.metadata', json('{}')) || "
        "replace(hex(zeroblob(100000)), '00', '[') WHERE id = <PAID>",
        "records",
        "in payments cannot be read",
    ),
    "metadata that nest too deep": (
        "UPDATE payments SET document = replace(json_set(document, '$.metadata', json('{}')), "
        "'\"metadata\":{}', '\"metadata\":{\"a\":' || replace(hex(zeroblob(100000)), '00', '[') || '}') "
        "WHERE id = <PAID>",
        "records",
        "in payments cannot be read",
    ),
    "a channel of no terminal": (
        "UPDATE stamp SET mode = 'production'",
        "records",
        "which is no terminal of its account",
    ),
}


IN_PRODUCTION = {
    "a payment of no terminal": (
        change("payments", "<PAID>", "terminal_id", "'trm_other'"),
        "names trm_other, which is no terminal of its account",
    ),
    "an attempt with credentials that nobody has": (
        change("payment_attempts", "<COUNTED>", "credentials_version", "7"),
        "was started with credentials of version 7, which its terminal does not have",
    ),
}
"""What a sandbox, whose terminals are not stored, does not show."""


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("healthy") / "fils.db"
    asyncio.run(make_database(str(path)))
    return path


async def test_a_healthy_database_breaks_no_law(healthy: Path) -> None:
    findings = await verified(healthy)
    assert findings.violations == ()
    assert findings.is_sound
    counts = findings.counts
    assert (counts["payments"], counts["payment attempts"]) == (11, 7)
    assert min(counts.values()) > 0


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_found(healthy: Path, tmp_path: Path, fault: str) -> None:
    statement, law, words = FAULTS[fault]
    path = tmp_path / "fils.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as database:
        for part in filled_in(statement).split("; "):
            assert database.execute(part).rowcount > 0
        database.commit()
    findings = await verified(path)
    assert not findings.is_sound
    named = [item.what for item in findings.violations if item.law == law]
    assert any(words in what for what in named), findings.violations


@pytest.mark.parametrize("fault", IN_PRODUCTION)
async def test_a_fault_planted_in_a_production_is_found(healthy: Path, tmp_path: Path, fault: str) -> None:
    statement, words = IN_PRODUCTION[fault]
    path = tmp_path / "fils.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE stamp SET mode = 'production'")
        # The other account's channel goes through the first one's terminal, as only a sandbox's do.
        database.execute(filled_in("DELETE FROM processing_channels WHERE account_id = <OTHER_ACCOUNT>"))
        database.commit()
        assert (await verified(path)).violations == ()
        assert database.execute(filled_in(statement)).rowcount > 0
        database.commit()
    assert any(words in item.what for item in (await verified(path)).violations)


async def test_no_violation_repeats_a_secret(healthy: Path, tmp_path: Path) -> None:
    path = tmp_path / "fils.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(filled_in("UPDATE customers SET document = json_set(document, '$.name', <KEY>)"))
        database.execute(filled_in("UPDATE payments SET document = json_set(document, '$.language', <CARD>)"))
        database.commit()
    told = str((await verified(path)).violations)
    assert "sk_sbox" not in told
    assert "4111" not in told


async def test_what_shops_and_knet_wrote_may_look_like_a_card_number(healthy: Path, tmp_path: Path) -> None:
    path = tmp_path / "fils.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            filled_in(
                "UPDATE payments SET reference = <CARD>, document = json_set(document, '$.reference', <CARD>)"
            )
        )
        database.execute(filled_in("UPDATE events SET document = json_set(document, '$.reference', <CARD>)"))
        database.commit()
    assert (await verified(path)).is_sound


async def test_another_data_key_opens_nothing(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_database, "VAULT", DataKeyVault(bytes(32)))
    whats = {item.what for item in (await verified(healthy)).violations}
    assert len(whats) == 4


async def test_a_damaged_file_is_told(healthy: Path, tmp_path: Path) -> None:
    path = tmp_path / "fils.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as database:
        [(page,)] = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'payments_by_reference'"
        )
        [(size,)] = database.execute("PRAGMA page_size")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((page - 1) * size + 8)
        file.write(b"\xff" * 64)
    findings = await verified(path)
    assert any(item.subject == "database" for item in findings.violations)


async def test_only_so_many_violations_are_named_and_all_are_counted(
    healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fils.application.verifying.LISTED_MAX", 3)
    path = tmp_path / "fils.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM events")
        database.commit()
    findings = await verified(path)
    assert len(findings.violations) == 3
    assert findings.violation_count > 10


async def test_a_text_that_is_none_is_in_no_backup(healthy: Path, tmp_path: Path) -> None:
    path = tmp_path / "fils.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(FAULTS["a text that is none"][0].replace("<PAID>", ROWS["<PAID>"]))
        database.commit()
    async with open_snapshot(str(path)) as snapshot:
        with pytest.raises(ConfigurationError, match="a text in payments is damaged; `fils verify` names"):
            await write_backup(snapshot, tmp_path / "backup", taken_at=records.NOW, fils_version="1")
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("name", ["missing.db", "letter.txt", "songs.db", "empty.db"])
async def test_what_is_no_database_of_fils_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "letter.txt").write_text("Dear customer, " * 100)
    (tmp_path / "empty.db").touch()
    with closing(sqlite3.connect(tmp_path / "songs.db")) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(ConfigurationError, match=name.replace(".", r"\.")):
        await verified(tmp_path / name)


async def test_tables_of_another_version_are_not_read(healthy: Path, tmp_path: Path) -> None:
    path = tmp_path / "fils.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE stamp SET schema_version = 2")
        database.commit()
    with pytest.raises(
        ConfigurationError, match=f"tables of version 2 and this Fils reads version {SCHEMA_VERSION}"
    ):
        await verified(path)


async def test_on_postgresql_the_same_is_found(postgresql_url: str) -> None:
    await make_database(postgresql_url)
    findings = await verified(postgresql_url)
    assert findings.violations == ()
    assert findings.counts["payments"] == 11
    connection = await asyncpg.connect(postgresql_url)
    try:
        await connection.execute("DELETE FROM due_payments")
        await connection.execute("DELETE FROM payment_attempts WHERE counts = 1")
        # What PostgreSQL refuses to be asked for: nothing can have that id.
        await connection.execute(
            r"""UPDATE payment_setups SET document =
                regexp_replace(document, '"latest_payment_id":"[^"]*"', '"latest_payment_id":"pay_\\u0000"')"""
        )
    finally:
        await connection.close()
    laws = {item.law for item in (await verified(postgresql_url)).violations}
    assert laws == {"I1", "I5", "due", "records"}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "fils.db")
    return str(request.getfixturevalue("postgresql_url"))


async def test_a_database_that_is_written_meanwhile_is_read_at_one_moment(url: str) -> None:
    await make_database(url)
    store = await open_store(url, mode="sandbox")
    try:
        async with open_snapshot(url) as snapshot:
            await store.commit(Batch(inserts=(records.payment(),)))
            assert await payment_count(snapshot) == 11
        async with open_snapshot(url) as snapshot:
            assert await payment_count(snapshot) == 12
    finally:
        await store.close()


async def payment_count(snapshot: Snapshot) -> int:
    return sum([len(chunk) async for chunk in snapshot.rows("payments")])
