"""Whatever is told and changed, an update obeys the laws of merging and the setup says what was told."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fils.api.schemas.setup import CARRIED, FIELDS
from fils.api.schemas.setup_terms import read_setup_change, read_setup_terms, told_document
from fils.domain.merging import merged
from fils.domain.payment_setup import SetupTerms
from tests.property.test_api_bodies import FIELDS as ANY_FIELDS
from tests.property.test_api_bodies import JSON, text_of
from tests.support.api_client import ApiAnswer, ApiClient, documented_request
from tests.support.application_ports import CHANNEL, WatchedStore, make_ports, seed
from tests.support.full_setup import FULL_SETUP

Object = dict[str, Any]

OBJECTS: st.SearchStrategy[Object] = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.none() | st.integers(0, 3) | st.lists(st.none() | st.integers(0, 3), max_size=2),
        lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "processing_channel_id": st.just(CHANNEL.id),
    "amount": st.integers(1, 999_999_999),
    "currency": st.sampled_from(["KWD", "USD"]),
    "payment_type": st.sampled_from(["Regular", "recurring", "pay_later"]),
    "reference": st.sampled_from(["ORD-1", "طلب"]),
    "description": st.just("Two shirts"),
    "payment_methods": st.fixed_dictionaries(
        {},
        optional={
            "knet": st.fixed_dictionaries({}, optional={"language": st.sampled_from([None, "en", "ar"])})
        },
    ),
    "settings": st.fixed_dictionaries(
        {},
        optional={
            "success_url": st.sampled_from([None, "https://a.example/y"]),
            "failure_url": st.sampled_from([None, "https://a.example/n"]),
            "capture": st.sampled_from([None, True, False]),
            "excluded_payment_methods": st.sampled_from([None, [], ["klarna"], ["knet"]]),
        },
    ),
    **{name: st.sampled_from([{}, FULL_SETUP[name]]) | OBJECTS for name in CARRIED if name != "metadata"},
    "metadata": st.dictionaries(
        st.sampled_from("abc"), st.none() | st.integers(-9, 9) | st.booleans(), max_size=3
    ),
}
"""Right values of each field, with nulls inside the objects."""
REQUIRED = ("processing_channel_id", "amount", "currency")
# Allocations that do not add up to the amount are a fault, so no order here has any.
RIGHT = VALUES | {"order": OBJECTS}
CHANGES = st.fixed_dictionaries({}, optional={name: st.none() | value for name, value in RIGHT.items()})
STARTS = st.fixed_dictionaries(
    {name: RIGHT[name] for name in REQUIRED},
    optional={name: value for name, value in RIGHT.items() if name not in REQUIRED},
)


def read(body: Object) -> SetupTerms:
    """The terms that a creation with *body* tells; every body here is right."""
    terms, faults = read_setup_terms(text_of(body))
    assert faults == ()
    return terms


def changed(terms: SetupTerms, change: Object) -> SetupTerms:
    new, faults = read_setup_change(text_of(change))(terms)
    assert faults == ()
    return new


def composed(first: Object, second: Object) -> Object:
    """One change that does what *first* and then *second* do: a null of the second is still a null of both."""
    both = dict(first)
    for name, value in second.items():
        before = both.get(name)
        merges = isinstance(value, dict) and isinstance(before, dict)
        both[name] = composed(both[name], value) if merges else value
    return both


def test_every_field_is_tried() -> None:
    assert set(RIGHT) == set(FIELDS)


@given(OBJECTS, OBJECTS)
def test_a_change_made_twice_is_made_once(document: Object, change: Object) -> None:
    once = merged(document, change)
    assert merged(once, change) == once


@given(OBJECTS)
def test_nothing_changes_nothing_and_everything_is_what_it_says(document: Object) -> None:
    told = merged({}, document)
    assert merged(told, {}) == told
    assert merged(told, told) == told
    assert merged(told, dict.fromkeys(told)) == {}


@given(STARTS, CHANGES)
def test_creating_and_updating_is_creating_what_both_say(start: Object, change: Object) -> None:
    terms = changed(read(start), change)
    assert terms == read(merged(merged({}, start), change))
    assert changed(terms, change) == terms
    assert changed(terms, {}) == terms


@given(STARTS, CHANGES, CHANGES)
def test_two_updates_are_one_that_says_both(start: Object, first: Object, second: Object) -> None:
    one_by_one = changed(changed(read(start), first), second)
    assert one_by_one == read(merged(merged(merged({}, start), first), second))
    if not _begins_anew(first, second):
        assert one_by_one == changed(read(start), composed(first, second))


def _begins_anew(first: Object, second: Object) -> bool:
    """Whether the second change makes an object of what the first takes away or replaces: no one change says that."""
    for name, value in second.items():
        if isinstance(value, dict) and name in first:
            before = first[name]
            if not isinstance(before, dict) or _begins_anew(before, value):
                return True
    return False


@given(STARTS)
def test_a_setup_told_anew_by_what_it_says_is_the_same(start: Object) -> None:
    terms = read(start)
    assert read(told_document(terms)) == terms
    assert changed(SetupTerms(), start) == terms


def answers_to(*requests: tuple[str, bytes]) -> tuple[list[ApiAnswer], list[ApiAnswer], int]:
    """The answers to a create and to updates of it, what a read says after each, and the number of commits."""

    async def ask() -> tuple[list[ApiAnswer], list[ApiAnswer], int]:
        store = WatchedStore()
        ports = make_ports(store=store)
        await seed(ports)
        store.committed.clear()
        api = ApiClient(ports)
        created = await api.create(requests[0][1])
        answers, reads = [created], []
        path = f"/payments/setups/{created.document['id']}"
        reads.append(await api.call("GET", path))
        for method, body in requests[1:]:
            answers.append(await api.call(method, path, body))
            reads.append(await api.call("GET", path))
        return answers, reads, len(store.committed)

    return asyncio.run(ask())


@given(STARTS, CHANGES)
@settings(max_examples=50)
def test_what_is_answered_is_what_is_read_and_what_was_told(start: Object, change: Object) -> None:
    change = {name: value for name, value in change.items() if value is not None or name not in REQUIRED}
    answers, reads, _ = answers_to(("POST", text_of(start)), ("PUT", text_of(change)))
    assert [answer.status for answer in answers] == [200, 200]
    assert [answer.body for answer in answers] == [read.body for read in reads]
    told = merged(merged({}, start), change)
    for name in CARRIED:
        assert answers[1].document.get(name) == told.get(name)


@given(ANY_FIELDS)
@settings(max_examples=60)
@example({"amount": 10**400})
@example({"customer": {"big": 2**64}})
@example({"payment_methods": {"auto_confirm": "knet"}})
def test_any_update_is_taken_or_refused_with_codes(fields: Object) -> None:
    start = ("POST", msgspec.json.encode(documented_request()))
    (_, answer), (before, after), commits = answers_to(start, ("PUT", text_of(fields)))
    assert answer.status in (200, 422)
    assert commits == (2 if answer.status == 200 else 1)
    if answer.status == 422:
        assert answer.error_codes
        assert len(answer.error_codes) == len(set(answer.error_codes))
        assert after.body == before.body


@given(st.binary(max_size=100) | JSON.map(text_of))
@settings(max_examples=40)
def test_any_bytes_are_answered_as_documented(body: bytes) -> None:
    start = ("POST", msgspec.json.encode(documented_request()))
    (_, answer), _, _ = answers_to(start, ("PUT", body))
    assert answer.status in (200, 400, 422)
