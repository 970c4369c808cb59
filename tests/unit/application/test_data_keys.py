"""The master key is replaced together with the record of who did it, or not at all."""

from __future__ import annotations

import pytest

from fils.application.accounts import AccountTerms, account_log, create_account
from fils.application.data_keys import Reseal, replace_seals
from fils.application.ports import Batch, Ports
from fils.domain.audit import AuditedAct
from fils.domain.data_key import DataKey
from fils.domain.errors import CommandRefused, ConcurrentUpdate
from tests.support import records
from tests.support.application_ports import make_ports


@pytest.fixture
def ports() -> Ports:
    return make_ports()


@pytest.fixture
async def key(ports: Ports) -> DataKey:
    """The data key that is stored."""
    stored = records.data_key()
    await ports.store.commit(Batch(inserts=(stored,)))
    return stored


def resealed(key: DataKey, *, version: int = 0) -> Reseal:
    return Reseal(key.id, version, "v1.YW5vdGhlcg", "b1b2b3b4b5b6")


async def test_who_replaced_the_master_key_stands_in_the_log_of_every_account(
    ports: Ports, key: DataKey
) -> None:
    accounts = [
        await create_account(ports, AccountTerms(name=name), by="ali") for name in ("Bakery", "Florist")
    ]
    await replace_seals(ports, [resealed(key)], by=" noura ")
    for account in accounts:
        [_, entry] = sorted(await account_log(ports, account), key=lambda entry: entry.act)
        assert (entry.act, entry.account_id, entry.subject_id) == (
            AuditedAct.MASTER_KEY_REPLACED,
            None,
            key.id,
        )
        assert (entry.by, entry.what) == ("noura", f"{key.sealed_under} by b1b2b3b4b5b6")


async def test_what_was_not_replaced_is_not_recorded(ports: Ports, key: DataKey) -> None:
    with pytest.raises(CommandRefused, match="say who you are"):
        await replace_seals(ports, [resealed(key)], by=" ")
    with pytest.raises(ConcurrentUpdate):
        await replace_seals(ports, [resealed(key, version=3)], by="noura")
    assert await ports.store.audit_entries(key.id) == ()
    assert await ports.store.data_keys() == (key,)
