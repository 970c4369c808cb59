"""What an installation lacks before its first payment: told of the account that is set up farthest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fils.application.installation import Installation, Lack, survey_installation
from fils.application.ports import Batch, Ports, Record
from fils.storage import MemoryStore
from tests.support import records
from tests.support.application_ports import ACCOUNT, CHANNEL, OTHER_ACCOUNT, OTHER_CHANNEL
from tests.support.payment_states import Counter

TERMINAL = replace(records.terminal(), account_id=ACCOUNT.id)
KEY = replace(records.secret_key(), account_id=ACCOUNT.id)


@pytest.fixture
def ports(counter: Counter) -> Ports:
    """Ports on a store in which nothing is set up."""
    return replace(counter.ports, store=MemoryStore())


async def lacks(ports: Ports, *inserts: Record) -> tuple[Lack, ...]:
    await ports.store.commit(Batch(inserts=inserts))
    return (await survey_installation(ports)).lacks


async def test_a_new_installation_lacks_everything(ports: Ports) -> None:
    survey = await survey_installation(ports)
    assert survey == Installation(account_count=0, terminal_count=0, lacks=tuple(Lack))


async def test_each_step_is_told_until_it_is_done(ports: Ports) -> None:
    assert await lacks(ports, ACCOUNT) == (Lack.TERMINAL, Lack.CHANNEL, Lack.KEY)
    assert await lacks(ports, TERMINAL) == (Lack.CHANNEL, Lack.KEY)
    assert await lacks(ports, CHANNEL) == (Lack.KEY,)
    assert await lacks(ports, KEY) == ()


async def test_what_is_over_or_switched_off_does_not_count(ports: Ports) -> None:
    over = replace(KEY, ends_at=ports.clock.now())
    off = replace(TERMINAL, disabled_at=ports.clock.now())
    assert await lacks(ports, ACCOUNT, CHANNEL, over, off) == (Lack.TERMINAL, Lack.KEY)


async def test_what_belongs_to_another_account_does_not_count(ports: Ports) -> None:
    assert await lacks(ports, ACCOUNT, KEY) == (Lack.TERMINAL, Lack.CHANNEL)
    of_another = replace(TERMINAL, account_id=OTHER_ACCOUNT.id)
    assert await lacks(ports, OTHER_ACCOUNT, of_another, OTHER_CHANNEL) == (Lack.KEY,)


async def test_one_account_that_is_ready_is_enough(ports: Ports) -> None:
    assert await lacks(ports, OTHER_ACCOUNT, ACCOUNT, TERMINAL, CHANNEL, KEY) == ()
    survey = await survey_installation(ports)
    assert (survey.account_count, survey.terminal_count) == (2, 1)
