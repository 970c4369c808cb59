"""The laws hold whatever shops, customers and the bank do, in any order; and the machine that says so finds bugs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from fils.application.ports import Batch
from fils.domain.events import Event
from fils.domain.knowing import Timing
from tests.support.payment_machine import PaymentMachine
from tests.support.payment_world import MachineStore

_SEARCH = settings(
    max_examples=300,
    stateful_step_count=30,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
    derandomize=True,
    database=None,
    print_blob=False,
)
"""The same search each time, and no work spent on making what it finds smaller."""


TestPayments = PaymentMachine.TestCase
TestPayments.settings = settings(max_examples=40, stateful_step_count=30)


class StoreWithoutEvents(MachineStore):
    """Loses every event but a payment's first."""

    async def commit(self, batch: Batch) -> None:
        kept = [item for item in batch.inserts if not isinstance(item, Event) or item.sequence == 1]
        await super().commit(replace(batch, inserts=kept))


class StoreWithoutWakes(MachineStore):
    """Takes a payment off the list of those to look at as soon as it was looked at once."""

    async def commit(self, batch: Batch) -> None:
        wakes = [replace(wake, at=None) if wake.replace else wake for wake in batch.wakes]
        await super().commit(replace(batch, wakes=wakes))


@pytest.mark.parametrize(
    ("law", "timing", "store_type"),
    [
        pytest.param("I1", Timing(reversal_window=timedelta(0)), MachineStore, id="no reversal window"),
        pytest.param(
            "I6",
            Timing(page_limit=timedelta(0), host_margin=timedelta(0)),
            MachineStore,
            id="closed too early",
        ),
        pytest.param("I6", Timing(payment_lifetime=timedelta(0)), MachineStore, id="expired too early"),
        pytest.param("I4", Timing(), StoreWithoutEvents, id="no events"),
        pytest.param("KNET told all about", Timing(), StoreWithoutWakes, id="no wakes"),
    ],
)
def test_the_machine_finds_a_bug_that_was_planted(
    law: str, timing: Timing, store_type: type[MachineStore]
) -> None:
    planted = type("Planted", (PaymentMachine,), {"timing": timing, "store_type": store_type})
    with pytest.raises(AssertionError, match=law):
        run_state_machine_as_test(planted, settings=_SEARCH)
