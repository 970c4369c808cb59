"""Payments of a stopped Fils brought to where a person has to look, without waiting for a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from fils.application.deciding import read_case
from fils.application.ports import Batch, Wake
from fils.domain.identifiers import PaymentId
from fils.storage import open_store

WHY: Final = "KNET gave no answer that decides"


async def call_for_a_person(database: str, payment_id: object) -> str:
    """
    Make the latest attempt of a payment one that started two hours ago and needs a person; nothing else is due.

    Args:
        database: As ``FILS_DATABASE_URL`` has it; no Fils has it open if it is a file.
        payment_id: A payment whose customer has been on KNET's page.

    Returns:
        The id of the attempt.
    """
    store = await open_store(database, mode="sandbox")
    try:
        case = await read_case(store, PaymentId(str(payment_id)))
        attempt = case.attempts[-1]
        started_at = attempt.started_at - timedelta(hours=2)
        calling = replace(attempt, started_at=started_at, attention=WHY, attention_since=attempt.started_at)
        wake = Wake(attempt.account_id, attempt.payment_id, None)
        await store.commit(Batch(updates=(calling,), wakes=(wake,)))
    finally:
        await store.close()
    return attempt.id
