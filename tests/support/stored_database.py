"""A database with a payment in every state and something of all else that is stored, for backups and verifying."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from fils.application.evidence import read_raw_evidence
from fils.application.idempotency import ANSWER_PURPOSE
from fils.application.ports import Batch, Store
from fils.application.terminals import key_purpose, password_purpose
from fils.application.verifying import Findings, verify
from fils.domain.audit import AuditedAct
from fils.domain.identifiers import TerminalId
from fils.domain.terminal import SealedCredentials
from fils.storage import open_store
from fils.storage.snapshot import open_snapshot
from fils.storage.stored_records import SnapshotRecords
from fils.vault import DataKeyVault
from fils.vault.opening import FIRST_DATA_KEY
from tests.support import records
from tests.support.application_ports import ACCOUNT, CHANNEL
from tests.support.payment_states import DECIDED, UNDECIDED, Counter

VAULT: Final = DataKeyVault(bytes(range(32)))
"""That of ``make_ports``."""


async def make_database(url: str) -> None:
    """Fill the empty database *url*."""
    store = await open_store(url, mode="sandbox")
    try:
        await _fill(store)
    finally:
        await store.close()


async def _fill(store: Store) -> None:
    counter = await Counter.open(store=store)
    payment = await counter.confirm()
    for way in (*DECIDED.values(), *UNDECIDED.values()):
        await way(counter, payment)
        await read_raw_evidence(counter.ports, payment.id, by="Noura", why="to have an entry")
        payment = await counter.confirm()
    body = json.dumps({"id": payment.id})
    answer = replace(
        records.kept_answer(), account_id=ACCOUNT.id, sealed_body=VAULT.seal(ANSWER_PURPOSE, body)
    )
    key = replace(records.secret_key(), account_id=ACCOUNT.id, processing_channel_id=CHANNEL.id)
    terminal = replace(records.terminal(), id=TerminalId(CHANNEL.terminal_id), account_id=ACCOUNT.id)
    credentials = SealedCredentials(
        version=1,
        tranportal_id="100001",
        sealed_password=VAULT.seal(password_purpose(terminal.id, 1), "password"),
        sealed_key=VAULT.seal(key_purpose(terminal.id, 1), "SIMKEY0123456789"),
        usable_from=terminal.created_at,
    )
    customer = replace(records.customer(email="noura@example.com"), account_id=ACCOUNT.id)
    terminal = replace(terminal, credentials=(credentials,))
    entry = replace(
        records.audit_entry(payment),
        account_id=None,
        subject_id=FIRST_DATA_KEY,
        act=AuditedAct.MASTER_KEY_REPLACED,
    )
    await store.commit(Batch(inserts=(answer, key, terminal, customer, entry)))


async def verified(database: str | Path) -> Findings:
    """What ``verify`` finds in *database*."""
    async with open_snapshot(str(database)) as snapshot:
        return await verify(SnapshotRecords(snapshot), VAULT)
