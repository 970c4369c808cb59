"""What the use cases tell: once, when it is stored, as a line and as a measurement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.attention import Word, resolve_attempt
from fils.application.telemetry import Repeat
from fils.domain.errors import FilsError, OutcomeUnknown, RefusalReason
from fils.domain.evidence import Outcome
from fils.domain.resolving import Effect
from fils.telemetry.inquiries import WatchedConnector
from fils.telemetry.watch import Watch
from tests.support.payment_states import Counter
from tests.support.watching import CountedMeters, KeptLines


@pytest.fixture
def meters() -> CountedMeters:
    return CountedMeters()


@pytest.fixture
async def watched(meters: CountedMeters) -> Counter:
    counter, watch = await Counter.open(), Watch(meters)
    connector = WatchedConnector(counter.bank, watch)
    counter.ports = replace(counter.ports, telemetry=watch, connector=connector)
    return counter


async def test_a_paid_payment_is_told_step_by_step(
    watched: Counter, meters: CountedMeters, kept: KeptLines
) -> None:
    payment = await watched.confirm()
    await watched.end(payment, Outcome.CAPTURED)
    told = [(line.event, line.values.get("result") or line.values.get("kind")) for line in kept.lines]
    assert told == [
        ("payment", "payment_pending"),
        ("attempt_started", None),
        ("evidence_taken", "notification"),
        ("inquiry", "captured"),
        ("payment", "payment_captured"),
        ("evidence_taken", "return"),
    ]
    assert {line.values.get("payment_id", payment.id) for line in kept.lines} == {payment.id}
    assert meters.counts == {
        ("fils_payment_events_total", "payment_pending"): 1,
        ("fils_payment_events_total", "payment_captured"): 1,
        ("fils_payment_attempts_started_total",): 1,
        ("fils_evidence_taken_total", "notification"): 1,
        ("fils_evidence_taken_total", "return"): 1,
        ("fils_evidence_taken_total", "inquiry"): 1,
        ("fils_inquiries_total", "captured"): 1,
    }


async def test_a_second_capture_is_told_as_surplus_and_until_a_person_has_looked(
    watched: Counter, meters: CountedMeters, kept: KeptLines
) -> None:
    payment = await watched.confirm()
    await watched.start(payment)
    watched.bank.answers.append(watched.statement(Outcome.NOT_FOUND))
    watched.clock.move(timedelta(minutes=1))
    await watched.start(payment)
    word = Word(is_captured=True, by="Noura", why="the bank's report")
    for attempt, effect in zip(
        await watched.ports.store.attempts(payment.id), (Effect.COUNTS, Effect.SURPLUS), strict=True
    ):
        await resolve_attempt(watched.ports, attempt.id, word, expected=effect)
    told = [line for line in kept.lines if line.event in ("capture_surplus", "attention_needed")]
    assert [line.event for line in told] == ["capture_surplus", "attention_needed"]
    assert told[1].values["why"] == "the customer paid twice: this capture is surplus"
    attempt_id = str(told[1].values["attempt_id"])
    await resolve_attempt(watched.ports, attempt_id, word, expected=Effect.DEALT_WITH)
    [ended] = [line for line in kept.lines if line.event == "attention_ended"]
    assert ended.values["attempt_id"] == attempt_id
    assert meters.counts[("fils_surplus_captures_total",)] == 1
    assert meters.counts[("fils_attention_raised_total",)] == 1


@pytest.mark.parametrize(
    ("trouble", "result"), [(None, "not_sent"), (OutcomeUnknown("no answer"), "no_answer")]
)
async def test_an_inquiry_without_an_answer_is_told(
    watched: Counter, meters: CountedMeters, kept: KeptLines, trouble: FilsError | None, result: str
) -> None:
    payment = await watched.confirm()
    await watched.start(payment)
    if trouble is not None:
        watched.bank.answers.append(trouble)
    watched.clock.move(timedelta(minutes=5))
    await watched.settle(payment)
    assert meters.counts[("fils_inquiries_total", result)] == 1
    assert [line.values["result"] for line in kept.lines if line.event == "inquiry"] == [result]


async def test_refusals_are_counted_each_and_told_once_a_minute(
    meters: CountedMeters, kept: KeptLines
) -> None:
    watch = Watch(meters)
    for _ in range(50):
        watch.message_refused(RefusalReason.NOT_OURS, is_delayed=False)
    watch.message_refused(RefusalReason.DISAGREES, is_delayed=True)
    assert meters.counts == {
        ("fils_messages_refused_total", "not_ours"): 50,
        ("fils_messages_refused_total", "disagrees"): 1,
        ("fils_refusals_delayed_total",): 1,
    }
    assert [(line.values["reason"], line.values["count"]) for line in kept.lines] == [
        ("not_ours", 1),
        ("disagrees", 1),
    ]


async def test_a_database_that_fails_is_told_once_in_a_while(meters: CountedMeters, kept: KeptLines) -> None:
    watch = Watch(meters)
    watch.group_written(change_count=3, duration_us=2_500, is_written=True)
    for _ in range(4):
        watch.group_written(change_count=2, duration_us=2_000_000, is_written=False)
    assert meters.counts == {("fils_commits_failed_total",): 4}
    assert meters.values["fils_commit_duration_seconds"] == [0.0025, 2.0, 2.0, 2.0, 2.0]
    assert [(line.event, line.values["count"]) for line in kept.lines] == [("store_unavailable", 2)]


async def test_a_round_that_outlives_its_lease_is_told(meters: CountedMeters, kept: KeptLines) -> None:
    watch = Watch(meters)
    watch.round_ended(settled_count=2, duration_us=59_000_000, is_whole=True)
    watch.round_ended(settled_count=2, duration_us=61_000_000, is_whole=False)
    assert [(line.event, line.values["count"]) for line in kept.lines] == [("lease_outlived", 2)]
    assert meters.counts[("fils_settled_payments_total",)] == 4
    assert meters.counts[("fils_settling_rounds_total", "failed")] == 1


def test_keys_that_are_shown_again_are_counted(meters: CountedMeters) -> None:
    watch = Watch(meters)
    for repeat in Repeat:
        watch.key_repeated(repeat)
    assert set(meters.counts.values()) == {1}
