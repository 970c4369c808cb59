"""The table from errors to answers, and what an answer to an error may tell."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from fils.api.errors import ERROR_ANSWERS, UNEXPECTED, error_answer
from fils.domain.errors import ConcurrentUpdate, FilsError, InvariantViolated, NotSent, StorageUnavailable
from tests.support.api_client import ApiClient, documented_request
from tests.support.application_ports import WatchedStore


def subclasses(kind: type[FilsError]) -> Iterator[type[FilsError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def test_every_error_that_a_request_can_meet_has_a_row() -> None:
    # Errors of other edges, such as the operator's door, are raised and told there and never reach the API.
    met = [
        kind for kind in subclasses(FilsError) if kind.__module__.startswith(("fils.domain.", "fils.api."))
    ]
    assert [kind.__name__ for kind in met if kind not in ERROR_ANSWERS] == []
    assert len(met) > 10


def test_what_is_not_in_the_table_is_our_bug() -> None:
    assert error_answer(KeyError("amount")) is UNEXPECTED


def test_only_refusals_the_caller_can_mend_have_a_body() -> None:
    with_body = {answer.status for answer in ERROR_ANSWERS.values() if answer.error_type is not None}
    assert with_body == {400, 422, 429}


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (StorageUnavailable("the disk is full"), 503),
        (ConcurrentUpdate(), 503),
        (NotSent("the bank is not there"), 502),
        (InvariantViolated("a payment has vanished"), 500),
        (KeyError("amount"), 500),
    ],
)
async def test_trouble_of_ours_has_an_empty_body_and_is_reported(
    api: ApiClient, store: WatchedStore, caplog: pytest.LogCaptureFixture, trouble: Exception, status: int
) -> None:
    store.trouble = trouble
    answer = await api.create()
    assert (answer.status, answer.is_empty) == (status, True)
    [record] = caplog.records
    assert (record.name, record.levelno) == ("fils", logging.ERROR)
    assert answer.headers["cko-request-id"] in record.getMessage()
    assert "/payments/setups" in record.getMessage()
    assert type(trouble).__name__ in record.getMessage()


async def test_a_report_repeats_nothing_that_was_sent(
    api: ApiClient, store: WatchedStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.trouble = ValueError("could not store ORD-5023-4E89 of sk_sbox_filssandboxkeyforlocaltests")
    await api.create(documented_request(customer={"name": "Nour"}))
    for secret in ("ORD-5023", "sk_sbox", "Nour", "example.com"):
        assert secret not in caplog.text


async def test_a_refusal_is_the_callers_affair_and_not_reported(
    api: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await api.create({})).status == 422
    assert caplog.records == []
