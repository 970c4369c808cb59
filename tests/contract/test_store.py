"""What every store promises, whatever it keeps its rows in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.ports import Batch, Guarded, Record, Standing, Store, Wake
from fils.domain.errors import ConcurrentUpdate, ConfigurationError, StorageError
from fils.domain.identifiers import AccountId, PaymentId, PaymentSetupId, SessionId
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.settling import Case
from fils.storage import open_store
from tests.support import records
from tests.support.records import ACCOUNT, NOW, TERMINAL

LEASE = timedelta(minutes=1)


async def insert(store: Store, *inserts: Record) -> None:
    await store.commit(Batch(inserts=inserts))


async def outcomes(*commits: Awaitable[None]) -> tuple[int, int]:
    """How many commits were written, and how many were refused."""
    results = await asyncio.gather(*commits, return_exceptions=True)
    refused = [result for result in results if isinstance(result, ConcurrentUpdate)]
    assert len(refused) == sum(result is not None for result in results), results
    return len(results) - len(refused), len(refused)


# Round trips


async def test_an_account_comes_back_as_it_was_stored(store: Store) -> None:
    stored = records.account()
    await insert(store, stored)
    assert await store.account(stored.id) == stored


async def test_a_processing_channel_comes_back_as_it_was_stored(store: Store) -> None:
    stored = records.channel()
    await insert(store, stored)
    assert await store.processing_channel(stored.id) == stored


async def test_a_secret_key_comes_back_by_its_hash(store: Store) -> None:
    stored = records.secret_key()
    await insert(store, stored)
    assert await store.secret_key(stored.key_hash) == stored


async def test_a_payment_setup_comes_back_with_what_it_carries(store: Store) -> None:
    stored = records.setup()
    await insert(store, stored)
    assert await store.payment_setup(stored.id) == stored


async def test_a_payment_comes_back_by_id_and_by_session(store: Store) -> None:
    stored = records.payment()
    await insert(store, stored)
    assert await store.payment(stored.id) == stored
    assert await store.payment_by_session(stored.session_id) == stored


async def test_an_attempt_comes_back_by_each_of_its_names(store: Store) -> None:
    stored = records.attempt(counts=True)
    await insert(store, stored)
    assert await store.attempt(stored.id) == stored
    assert await store.attempt_by_track_id(TERMINAL, stored.track_id) == stored
    assert await store.attempt_by_return_secret(stored.return_secret_hash) == stored
    assert await store.attempts(stored.payment_id) == (stored,)


async def test_times_keep_their_microseconds_and_their_zone(store: Store) -> None:
    stored = records.setup()
    await insert(store, stored)
    read = await store.payment_setup(stored.id)
    assert read is not None
    assert read.created_at.isoformat() == "2026-02-28T23:59:59.999999+00:00"


async def test_events_come_back_in_their_sequence(store: Store) -> None:
    payment = records.payment()
    second, first = records.event(payment, 2), records.event(payment, 1)
    await insert(store, second, first)
    assert await store.events(payment.id) == (first, second)


async def test_evidence_comes_back_in_the_order_of_arrival(store: Store) -> None:
    attempt, other = records.attempt(), records.attempt()
    other = replace(other, payment_id=attempt.payment_id)
    pieces = tuple(records.evidence(of) for of in (attempt, other, attempt, other))
    for piece in pieces:
        await store.commit(Batch(evidence=[piece]))
    assert await store.evidence(attempt.payment_id) == pieces


async def test_audit_entries_come_back_in_the_order_of_the_acts(store: Store) -> None:
    payment = records.payment()
    entries = tuple(records.audit_entry(payment) for _ in range(3))
    for entry in (entries[0], records.audit_entry(records.payment()), *entries[1:]):
        await insert(store, entry)
    assert await store.audit_entries(payment.id) == entries


async def test_an_act_of_the_whole_installation_has_no_account(store: Store) -> None:
    entry = replace(records.audit_entry(records.payment()), account_id=None, subject_id="dek_1")
    await insert(store, entry)
    assert await store.audit_entries("dek_1") == (entry,)


async def test_attempts_come_back_oldest_first(store: Store) -> None:
    payment_id = PaymentId(records.name("pay"))
    attempts = tuple(records.attempt(payment_id=payment_id) for _ in range(3))
    for attempt in attempts:
        await insert(store, attempt)
    assert await store.attempts(payment_id) == attempts


async def test_a_case_is_all_of_one_payment_in_the_order_it_came(store: Store) -> None:
    setup = records.setup()
    payment = replace(records.payment(), setup_id=setup.id)
    # Long enough that an order by the digits of the places would be another one.
    attempts = tuple(records.attempt(payment_id=payment.id) for _ in range(11))
    pieces = tuple(records.evidence(attempt) for attempt in reversed(attempts))
    stranger = records.attempt()
    await insert(store, setup, payment, stranger)
    for attempt in attempts:
        await insert(store, attempt)
    for piece in (*pieces, records.evidence(stranger)):
        await store.commit(Batch(evidence=[piece]))
    assert await store.case(payment.id) == Case(
        setup=setup, payment=payment, attempts=attempts, evidence=pieces
    )
    await insert(store, bare := records.payment(), replace(records.setup(), id=bare.setup_id))
    assert (case := await store.case(bare.id)) is not None
    assert (case.payment, case.attempts, case.evidence) == (bare, (), ())
    assert await store.case(PaymentId(records.name("pay"))) is None


async def test_attempts_that_need_a_person_come_oldest_first_and_page_by_page(store: Store) -> None:
    attempts = [records.attempt() for _ in range(4)]
    calm = replace(records.attempt(), attention=None)
    await insert(store, attempts[0], calm, *attempts[1:])
    first = await store.attempts_needing_a_person(after=None, limit=3)
    assert first == tuple(attempts[:3])
    assert await store.attempts_needing_a_person(after=first[-1].id, limit=3) == (attempts[3],)
    assert await store.attempts_needing_a_person(after=attempts[3].id, limit=3) == ()


async def test_an_attempt_needs_a_person_while_its_document_says_so(store: Store) -> None:
    attempt = records.attempt()
    await insert(store, attempt)
    await store.commit(Batch(updates=[replace(attempt, attention=None)]))
    assert await store.attempts_needing_a_person(after=None, limit=9) == ()
    await store.commit(Batch(updates=[replace(attempt, attention="again", version=1)]))
    assert [found.attention for found in await store.attempts_needing_a_person(after=None, limit=9)] == [
        "again"
    ]


async def test_what_was_never_stored_is_none(store: Store) -> None:
    assert await store.account(ACCOUNT) is None
    assert await store.secret_key("none") is None
    assert await store.processing_channel(records.CHANNEL) is None
    assert await store.payment_setup(PaymentSetupId("set_none")) is None
    assert await store.payment(PaymentId("pay_none")) is None
    assert await store.payment_by_session(SessionId("sid_none")) is None
    assert await store.attempt(records.attempt().id) is None
    assert await store.attempt_by_track_id(TERMINAL, "T0") is None
    assert await store.attempt_by_return_secret("none") is None
    assert await store.attempts(PaymentId("pay_none")) == ()
    assert await store.evidence(PaymentId("pay_none")) == ()
    assert await store.audit_entries(PaymentId("pay_none")) == ()
    assert await store.events(PaymentId("pay_none")) == ()


async def test_the_latest_payments_of_an_account_are_its_own_and_newest_first(store: Store) -> None:
    other = AccountId(records.name("cli"))
    mine = [records.payment() for _ in range(3)]
    for payment in [mine[0], records.payment(account_id=other), *mine[1:]]:
        await insert(store, payment)
    assert await store.latest_payments(ACCOUNT, limit=2) == (mine[2], mine[1])


async def test_an_account_is_found_by_its_prefix_and_no_other_has_it(store: Store) -> None:
    stored = records.account()
    await insert(store, stored)
    assert await store.account_by_prefix(stored.prefix) == stored
    assert await store.account_by_prefix("nobody00") is None
    twin = replace(records.account(), id=AccountId(stored.id[:-1] + "b"))
    with pytest.raises(ConcurrentUpdate):
        await insert(store, twin)


async def test_what_an_operator_keeps_is_listed_by_id(store: Store) -> None:
    accounts = tuple(records.account() for _ in range(2))
    channels = tuple(records.channel() for _ in range(2))
    keys = tuple(records.secret_key() for _ in range(2))
    terminals = tuple(records.terminal() for _ in range(2))
    data_keys = tuple(records.data_key() for _ in range(2))
    await insert(store, *accounts, *channels, *keys, *terminals, *data_keys)
    assert await store.accounts() == accounts
    assert await store.processing_channels(ACCOUNT) == channels
    assert await store.secret_keys(ACCOUNT) == keys
    assert await store.terminals() == terminals
    assert await store.terminal(terminals[1].id) == terminals[1]
    assert await store.data_keys() == data_keys


async def test_what_an_operator_changes_is_guarded_by_its_version(store: Store) -> None:
    before: tuple[Guarded, ...] = (
        records.account(),
        records.channel(),
        records.secret_key(),
        records.terminal(),
        records.customer(email="a@shop.test"),
        records.data_key(),
    )
    await insert(store, *before)
    await store.commit(Batch(updates=before))
    for record in before:
        with pytest.raises(ConcurrentUpdate):
            await store.commit(Batch(updates=(record,)))


async def test_a_customer_is_found_by_the_address_of_e_mail_and_no_other_of_the_account_has_it(
    store: Store,
) -> None:
    stored, nameless = records.customer(email="a@shop.test"), records.customer()
    await insert(store, stored, nameless, records.customer())
    assert await store.customer(stored.id) == stored
    assert await store.customer(nameless.id) == nameless
    assert await store.customer_by_email(ACCOUNT, "a@shop.test") == stored
    assert await store.customer_by_email(AccountId("cli_other"), "a@shop.test") is None
    with pytest.raises(ConcurrentUpdate):
        await insert(store, records.customer(email="a@shop.test"))


async def test_an_answer_is_kept_once_and_forgotten_after_its_time(store: Store) -> None:
    old = records.kept_answer()
    new = replace(records.kept_answer(), kept_at=NOW + timedelta(hours=1))
    await insert(store, old, new)
    place = {"method": old.method, "path": old.path}
    assert await store.kept_answer(ACCOUNT, key=old.key, **place) == old
    assert await store.kept_answer(AccountId("cli_other"), key=old.key, **place) is None
    with pytest.raises(ConcurrentUpdate):
        await insert(store, replace(old, status=202), records.account())
    assert await store.forget_answers(before=NOW + timedelta(minutes=1), limit=10) == 1
    assert await store.forget_answers(before=NOW + timedelta(minutes=1), limit=10) == 0
    assert await store.kept_answer(ACCOUNT, key=old.key, **place) is None
    assert await store.kept_answer(ACCOUNT, key=new.key, **place) == new


async def test_payments_are_listed_by_their_reference_newest_first(store: Store) -> None:
    mine = [replace(records.payment(), reference="ORD-7") for _ in range(3)]
    others = records.payment(), replace(records.payment(account_id=AccountId("cli_other")), reference="ORD-7")
    await insert(store, *mine, *others)
    assert await store.payments_by_reference(ACCOUNT, "ORD-7", skip=1, limit=5) == (mine[1], mine[0])
    assert await store.payments_by_reference(ACCOUNT, "ORD-7", skip=0, limit=1) == (mine[2],)
    assert await store.count_payments_by_reference(ACCOUNT, "ORD-7") == 3
    assert await store.count_payments_by_reference(ACCOUNT, "ORD-8") == 0


async def test_a_store_that_can_be_read_says_so(store: Store) -> None:
    await store.check()


# Guards


async def test_an_update_is_stored_with_the_next_version(store: Store) -> None:
    setup, payment, attempt = records.setup(), records.payment(), records.attempt()
    await insert(store, setup, payment, attempt)
    changed_setup = setup.confirmed(payment.id)
    changed_payment = replace(payment, reference="ORD-2")
    changed_attempt = replace(attempt, counts=True)
    await store.commit(Batch(updates=[changed_setup, changed_payment, changed_attempt]))
    assert await store.payment_setup(setup.id) == replace(changed_setup, version=1)
    assert await store.payment(payment.id) == replace(changed_payment, version=1)
    assert await store.attempt(attempt.id) == replace(changed_attempt, version=1)


@pytest.mark.parametrize("make", [records.setup, records.payment, records.attempt])
async def test_an_update_of_an_older_version_is_refused(
    store: Store, make: Callable[[], PaymentSetup | Payment | PaymentAttempt]
) -> None:
    record = make()
    await insert(store, record)
    await store.commit(Batch(updates=[record]))
    with pytest.raises(ConcurrentUpdate):
        await store.commit(Batch(updates=[record]))


async def test_an_update_of_what_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(ConcurrentUpdate):
        await store.commit(Batch(updates=[records.setup()]))


async def test_nothing_of_a_batch_is_written_when_its_guard_fails(store: Store) -> None:
    setup, payment, attempt = records.setup(), records.payment(), records.attempt()
    await insert(store, setup, attempt)
    stale = replace(setup, version=7)
    batch = Batch(
        inserts=[payment, records.event(payment, 1)],
        updates=[replace(attempt, attention="changed"), stale],
        evidence=[records.evidence(attempt)],
        wakes=[Wake(ACCOUNT, payment.id, NOW)],
    )
    with pytest.raises(ConcurrentUpdate):
        await store.commit(batch)
    assert await store.payment(payment.id) is None
    assert await store.events(payment.id) == ()
    assert await store.attempt(attempt.id) == attempt
    assert await store.evidence(attempt.payment_id) == ()
    assert await store.claim_due_payments(now=NOW, limit=9, lease=LEASE) == ()


async def test_nothing_of_a_batch_is_written_when_its_last_insert_is_refused(store: Store) -> None:
    setup, payment = records.setup(), records.payment()
    await insert(store, setup, payment)
    other = records.payment()
    batch = Batch(updates=[setup], inserts=[other, replace(records.payment(), id=payment.id)])
    with pytest.raises(ConcurrentUpdate):
        await store.commit(batch)
    assert await store.payment_setup(setup.id) == setup
    assert await store.payment(other.id) is None


async def test_of_50_concurrent_updates_of_one_version_exactly_one_is_written(store: Store) -> None:
    setup = records.setup()
    await insert(store, setup)
    payments = [records.payment() for _ in range(50)]
    commits = (store.commit(Batch(updates=[setup.confirmed(p.id)], inserts=[p])) for p in payments)
    assert await outcomes(*commits) == (1, 49)
    read = await store.payment_setup(setup.id)
    assert read is not None
    assert read.version == 1
    assert [p.id for p in payments if await store.payment(p.id)] == [read.latest_payment_id]


async def test_updates_that_each_read_the_one_before_are_all_written(store: Store) -> None:
    setup = records.setup()
    await insert(store, setup)
    for _ in range(20):
        read = await store.payment_setup(setup.id)
        assert read is not None
        await store.commit(Batch(updates=[read]))
    read = await store.payment_setup(setup.id)
    assert read is not None
    assert read.version == 20


async def test_concurrent_batches_for_different_records_do_not_disturb_each_other(store: Store) -> None:
    good = [records.setup() for _ in range(60)]
    taken = records.setup()
    await insert(store, taken)
    batches = [Batch(inserts=[setup, records.payment()]) for setup in good]
    batches[10:10] = [Batch(inserts=[records.payment(), taken]), Batch(updates=[replace(taken, version=9)])]
    assert await outcomes(*(store.commit(batch) for batch in batches)) == (60, 2)
    assert all([await store.payment_setup(setup.id) for setup in good])


# Rows that cannot be


def second_with_the_same_id() -> tuple[Record, Record]:
    setup = records.setup()
    return setup, setup


def second_payment_of_a_session() -> tuple[Record, Record]:
    payment = records.payment()
    return payment, replace(records.payment(), session_id=payment.session_id)


def second_use_of_a_track_id() -> tuple[Record, Record]:
    return records.attempt(track_id="TWICE"), records.attempt(track_id="TWICE")


def second_use_of_a_return_secret() -> tuple[Record, Record]:
    return records.attempt(return_secret_hash="twice"), records.attempt(return_secret_hash="twice")


def second_counted_capture_of_a_setup() -> tuple[Record, Record]:
    setup_id = records.setup().id
    return records.attempt(setup_id=setup_id, counts=True), records.attempt(setup_id=setup_id, counts=True)


def second_event_of_a_sequence() -> tuple[Record, Record]:
    payment = records.payment()
    return records.event(payment, 1), records.event(payment, 1)


def second_key_of_a_hash() -> tuple[Record, Record]:
    return records.secret_key(key_hash="same"), records.secret_key(key_hash="same")


def second_account_of_a_name() -> tuple[Record, Record]:
    first, second = records.account(), records.account()
    return replace(first, name="Straße"), replace(second, name="STRASSE")


def second_terminal_of_a_name() -> tuple[Record, Record]:
    return replace(records.terminal(), name="Main"), replace(records.terminal(), name="MAIN")


def second_channel_of_a_name_in_an_account() -> tuple[Record, Record]:
    return replace(records.channel(), name="Web"), replace(records.channel(), name="WEB")


def second_terminal_that_is_one_at_the_bank() -> tuple[Record, Record]:
    first = records.terminal()
    return first, replace(records.terminal(), credentials=first.credentials)


FORBIDDEN = [
    second_with_the_same_id,
    second_payment_of_a_session,
    second_use_of_a_track_id,
    second_use_of_a_return_secret,
    second_counted_capture_of_a_setup,
    second_event_of_a_sequence,
    second_key_of_a_hash,
    second_account_of_a_name,
    second_terminal_of_a_name,
    second_channel_of_a_name_in_an_account,
    second_terminal_that_is_one_at_the_bank,
]


@pytest.mark.parametrize("make", FORBIDDEN)
async def test_a_forbidden_second_row_is_refused(
    store: Store, make: Callable[[], tuple[Record, Record]]
) -> None:
    first, second = make()
    await insert(store, first)
    with pytest.raises(ConcurrentUpdate):
        await insert(store, second)


@pytest.mark.parametrize("make", FORBIDDEN)
async def test_of_two_concurrent_forbidden_rows_one_is_stored(
    store: Store, make: Callable[[], tuple[Record, Record]]
) -> None:
    first, second = make()
    assert await outcomes(insert(store, first), insert(store, second)) == (1, 1)


async def test_an_attempt_cannot_become_the_second_that_counts(store: Store) -> None:
    setup_id = records.setup().id
    surplus = records.attempt(setup_id=setup_id)
    await insert(store, records.attempt(setup_id=setup_id, counts=True), surplus)
    with pytest.raises(ConcurrentUpdate):
        await store.commit(Batch(updates=[replace(surplus, counts=True)]))


async def test_nothing_can_be_renamed_to_a_name_that_is_taken(store: Store) -> None:
    pairs = (
        (records.account(), records.account()),
        (records.channel(), records.channel()),
        (records.terminal(), records.terminal()),
    )
    for taken, other in pairs:
        await insert(store, taken, other)
        with pytest.raises(ConcurrentUpdate):
            await store.commit(Batch(updates=[replace(other, name=taken.name.upper())]))
        await store.commit(Batch(updates=[replace(other, name="Free")]))
        await store.commit(Batch(updates=[replace(taken, name=other.name)]))


async def test_channels_of_two_accounts_may_have_one_name(store: Store) -> None:
    first, second = records.channel(), replace(records.channel(), account_id=AccountId("cli_other"))
    await insert(store, first, replace(second, name=first.name))


async def test_a_terminal_that_is_switched_off_leaves_its_place_at_the_bank_to_another(store: Store) -> None:
    first = records.terminal()
    second = replace(records.terminal(), credentials=first.credentials)
    await insert(store, first)
    await store.commit(Batch(updates=[replace(first, disabled_at=NOW)]))
    await insert(store, second)
    with pytest.raises(ConcurrentUpdate):
        await store.commit(Batch(updates=[replace(first, version=1)]))


async def test_a_setup_may_have_many_attempts_that_do_not_count(store: Store) -> None:
    setup_id = records.setup().id
    await insert(store, *(records.attempt(setup_id=setup_id) for _ in range(3)))


# Evidence


async def test_the_same_evidence_is_stored_once_and_is_no_error(store: Store) -> None:
    attempt = records.attempt()
    first, again = records.evidence(attempt, digest="same"), records.evidence(attempt, digest="same")
    await store.commit(Batch(evidence=[first]))
    await store.commit(Batch(evidence=[again, again]))
    assert await store.evidence(attempt.payment_id) == (first,)


async def test_the_rest_of_a_batch_is_written_when_its_evidence_is_there_already(store: Store) -> None:
    attempt, payment = records.attempt(), records.payment()
    piece = records.evidence(attempt)
    await store.commit(Batch(evidence=[piece]))
    await store.commit(Batch(evidence=[piece], inserts=[payment]))
    assert await store.payment(payment.id) == payment


# Wakes and claims


async def wake(store: Store, payment: Payment, minutes: float | None, *, forward: bool = False) -> None:
    at = None if minutes is None else NOW + timedelta(minutes=minutes)
    await store.commit(Batch(wakes=[Wake(ACCOUNT, payment.id, at, replace=not forward)]))


async def due(store: Store, minutes: float, *, limit: int = 10) -> tuple[PaymentId, ...]:
    now = NOW + timedelta(minutes=minutes)
    return await store.claim_due_payments(now=now, limit=limit, lease=LEASE)


async def test_a_payment_is_due_from_its_time_on_to_the_microsecond(store: Store) -> None:
    payment = records.payment()
    await wake(store, payment, 1)
    just_before = NOW + timedelta(minutes=1) - timedelta(microseconds=1)
    assert await store.claim_due_payments(now=just_before, limit=1, lease=LEASE) == ()
    assert await due(store, 1) == (payment.id,)


async def test_due_payments_come_in_the_order_of_their_times_and_at_most_as_many_as_asked(
    store: Store,
) -> None:
    last, first, middle = (records.payment() for _ in range(3))
    await wake(store, last, 3)
    await wake(store, first, 1)
    await wake(store, middle, 2)
    assert await due(store, 5, limit=2) == (first.id, middle.id)
    assert await due(store, 5, limit=2) == (last.id,)


async def test_a_new_wake_replaces_the_time(store: Store) -> None:
    payment = records.payment()
    await wake(store, payment, 1)
    await wake(store, payment, 5)
    assert await due(store, 4) == ()
    assert await due(store, 5) == (payment.id,)


async def test_a_wake_that_may_only_hurry_brings_the_time_forward(store: Store) -> None:
    payment = records.payment()
    await wake(store, payment, 5)
    await wake(store, payment, 2, forward=True)
    await wake(store, payment, 9, forward=True)
    assert await due(store, 1) == ()
    assert await due(store, 2) == (payment.id,)


async def test_a_wake_that_may_only_hurry_puts_a_payment_on_the_list(store: Store) -> None:
    payment = records.payment()
    await wake(store, payment, 1, forward=True)
    assert await due(store, 1) == (payment.id,)


async def test_a_wake_without_a_time_takes_the_payment_off_the_list(store: Store) -> None:
    payment = records.payment()
    await wake(store, payment, 1)
    await wake(store, payment, None)
    assert await due(store, 9) == ()


async def test_a_wake_that_may_only_hurry_never_takes_a_payment_off_the_list(store: Store) -> None:
    payment = records.payment()
    await wake(store, payment, 1)
    await wake(store, payment, None, forward=True)
    assert await due(store, 1) == (payment.id,)


async def test_a_claimed_payment_is_nobody_elses_until_it_is_woken_anew(store: Store) -> None:
    payment = records.payment()
    await wake(store, payment, 1)
    assert await due(store, 1) == (payment.id,)
    await wake(store, payment, 1, forward=True)
    assert await due(store, 9) == ()
    await wake(store, payment, 2)
    assert await due(store, 2) == (payment.id,)


async def test_concurrent_claimers_never_share_a_payment(store: Store) -> None:
    payments = [records.payment() for _ in range(40)]
    await store.commit(Batch(wakes=[Wake(ACCOUNT, payment.id, NOW) for payment in payments]))
    claims = await asyncio.gather(*(due(store, 0, limit=7) for _ in range(12)))
    claimed = [payment_id for claim in claims for payment_id in claim]
    assert sorted(claimed) == sorted(payment.id for payment in payments)


async def test_a_lease_ends_by_the_databases_own_clock(store: Store) -> None:
    payment = records.payment()
    await wake(store, payment, 1)
    now = NOW + timedelta(minutes=1)
    short = timedelta(milliseconds=150)
    assert await store.claim_due_payments(now=now, limit=1, lease=short) == (payment.id,)
    assert await due(store, 1_000_000) == ()
    await asyncio.sleep(0.2)
    assert await due(store, 1) == (payment.id,)


# How the work stands, for whoever watches


async def test_an_empty_store_stands_still(store: Store) -> None:
    assert await store.standing(now=NOW, limit=10) == Standing(
        attention_count=0,
        attention_since=None,
        undecided_since=None,
        due_count=0,
        leased_count=0,
        due_since=None,
    )


async def test_it_is_told_what_waits_and_since_when(store: Store) -> None:
    minute = timedelta(minutes=1)
    pending = [
        replace(records.payment(), status=PaymentStatus.PENDING, requested_at=NOW - number * minute)
        for number in (9, 3, 5)
    ]
    done = replace(
        records.payment(),
        status=PaymentStatus.CANCELED,
        requested_at=NOW - 60 * minute,
        metadata={"status": "Pending"},
    )
    waiting = [
        replace(records.attempt(), attention="the customer paid twice", attention_since=NOW - number * minute)
        for number in (1, 4, 2)
    ]
    wakes = [
        Wake(ACCOUNT, done.id, NOW - 2 * minute),
        Wake(ACCOUNT, pending[0].id, NOW - minute),
        Wake(ACCOUNT, pending[1].id, NOW + minute),
    ]
    await store.commit(
        Batch(inserts=[*pending, done, *waiting, replace(records.attempt(), attention=None)], wakes=wakes)
    )
    assert await store.claim_due_payments(now=NOW, limit=1, lease=LEASE) == (done.id,)
    expected = Standing(
        attention_count=3,
        attention_since=NOW - 4 * minute,
        undecided_since=NOW - 9 * minute,
        due_count=2,
        leased_count=1,
        due_since=NOW - 2 * minute,
    )
    assert await store.standing(now=NOW, limit=10) == expected
    counted = await store.standing(now=NOW, limit=1)
    assert (counted.attention_count, counted.due_count) == (1, 1)


# Durability, and what opens


async def test_what_was_committed_is_there_after_the_store_was_closed_and_opened(durable_url: str) -> None:
    setup, payment = records.setup(), records.payment()
    first = await open_store(durable_url, mode="sandbox")
    await first.commit(Batch(inserts=[setup, payment], wakes=[Wake(ACCOUNT, payment.id, NOW)]))
    await first.close()
    second = await open_store(durable_url, mode="sandbox")
    assert await second.payment_setup(setup.id) == setup
    assert await due(second, 0) == (payment.id,)
    await second.close()


async def test_closing_finishes_what_waits(durable_url: str) -> None:
    store = await open_store(durable_url, mode="sandbox")
    setups = [records.setup() for _ in range(20)]
    commits = [asyncio.ensure_future(insert(store, setup)) for setup in setups]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*commits)
    store = await open_store(durable_url, mode="sandbox")
    assert all([await store.payment_setup(setup.id) for setup in setups])
    await store.close()


async def test_a_closed_store_says_that_it_is_unavailable(durable_url: str) -> None:
    store = await open_store(durable_url, mode="sandbox")
    await store.close()
    await store.close()
    with pytest.raises(StorageError):
        await insert(store, records.setup())
    with pytest.raises(StorageError):
        await store.payment(PaymentId("pay_none"))


async def test_a_caller_who_gives_up_leaves_the_store_working(durable_url: str) -> None:
    store = await open_store(durable_url, mode="sandbox")
    abandoned = asyncio.ensure_future(insert(store, records.setup()))
    await asyncio.sleep(0)
    abandoned.cancel()
    setup = records.setup()
    async with asyncio.timeout(20):
        await insert(store, setup)
    assert await store.payment_setup(setup.id) == setup
    await store.close()


async def test_a_database_refuses_another_mode(durable_url: str) -> None:
    store = await open_store(durable_url, mode="sandbox")
    await store.close()
    with pytest.raises(ConfigurationError, match="mode=sandbox"):
        await open_store(durable_url, mode="production")
