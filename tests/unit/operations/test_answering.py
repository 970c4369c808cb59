"""Requests of operators' commands, answered from the use cases; every refusal is an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fils.domain.errors import StorageUnavailable
from fils.domain.evidence import Outcome
from fils.domain.payment import Payment
from fils.operations.answering import answer
from fils.operations.messages import (
    Answer,
    MessageUnreadable,
    Refused,
    Request,
    read_answer,
    read_request,
    write_message,
)
from fils.operations.messages.payments import (
    AttentionList,
    EvidenceList,
    ListAttention,
    ListEvidence,
    PreviewResolution,
    ReadRawEvidence,
    ResolutionEffect,
    ResolveAttempt,
)
from fils.vault import DataKeyVault
from tests.support.application_ports import ACCOUNT, CHANNEL, WatchedStore, make_ports, seed
from tests.support.payment_states import Counter


@pytest.fixture
async def counter() -> Counter:
    return await Counter.open()


async def suspect(counter: Counter) -> Payment:
    payment = await counter.confirm()
    await counter.start(payment)
    counter.clock.move(timedelta(minutes=51))
    counter.bank.answers.append(counter.statement(Outcome.SUSPECT))
    await counter.settle(payment)
    return payment


async def asked(counter: Counter, request: Request) -> Answer:
    """The answer, after both have travelled."""
    return read_answer(write_message(await answer(counter.ports, read_request(write_message(request)))))


async def test_an_empty_list(counter: Counter) -> None:
    assert await asked(counter, ListAttention(limit=10)) == AttentionList((), None)


async def test_an_entry_has_everything_that_an_operator_needs(counter: Counter) -> None:
    payment = await suspect(counter)
    page = await asked(counter, ListAttention(limit=10))
    assert isinstance(page, AttentionList)
    [entry] = page.attempts
    [start] = counter.bank.starts
    assert (entry.payment_id, entry.status, entry.reference) == (payment.id, "Pending", "ORD-5023-4E89")
    assert (entry.account_id, entry.account_name) == (ACCOUNT.id, ACCOUNT.name)
    assert (entry.amount_minor, entry.currency) == (1000, "KWD")
    assert (entry.terminal_id, entry.track_id) == (CHANNEL.terminal_id, start.track_id)
    assert (entry.state, entry.counts, entry.next_step) == ("open", False, "look_up")
    assert entry.attention == "KNET calls the transaction suspect"
    assert entry.attention_since == counter.clock.now()
    assert entry.knet is not None
    assert (entry.knet.result, entry.knet.carried_by) == ("SUSPECT", "inquiry")
    assert entry.person is None


async def test_a_page_begins_after_the_one_before(counter: Counter) -> None:
    payments = [await suspect(counter) for _ in range(2)]
    first = await asked(counter, ListAttention(limit=1))
    assert isinstance(first, AttentionList)
    last = await asked(counter, ListAttention(limit=1, after=first.next_after))
    assert isinstance(last, AttentionList)
    assert [first.attempts[0].payment_id, last.attempts[0].payment_id] == [item.id for item in payments]
    assert last.next_after is None


async def test_a_word_is_previewed_and_taken(counter: Counter) -> None:
    payment = await suspect(counter)
    preview = await asked(counter, PreviewResolution(payment.id, True, "Noura", "report 14"))
    assert isinstance(preview, ResolutionEffect)
    assert (preview.effect, preview.attempt.status) == ("counts", "Pending")
    done = await asked(counter, ResolveAttempt(payment.id, True, "Noura", "report 14", preview.effect))
    assert isinstance(done, ResolutionEffect)
    assert (done.effect, done.attempt.status, done.attempt.attention) == ("counts", "Captured", None)
    assert done.attempt.person is not None
    assert (done.attempt.person.by, done.attempt.person.why) == ("Noura", "report 14")
    assert done.attempt.person.is_captured


async def test_what_is_not_taken_is_an_answer_with_a_code(counter: Counter) -> None:
    payment = await suspect(counter)
    refusals: dict[str, Request] = {
        "not_found": PreviewResolution("pay_none", True, "Noura", "report 14"),
        "reason_required": PreviewResolution(payment.id, True, "Noura", " "),
        "changed_meanwhile": ResolveAttempt(payment.id, True, "Noura", "report 14", "ends"),
        "effect_unknown": ResolveAttempt(payment.id, True, "Noura", "report 14", "undoes"),
    }
    for code, request in refusals.items():
        refused = await asked(counter, request)
        assert isinstance(refused, Refused)
        assert refused.code == code
    assert not (await counter.stored(payment.id)).is_decided


async def test_a_database_that_fails_is_an_answer_without_its_words() -> None:
    store = WatchedStore()
    first = await Counter.open()
    counter = Counter(make_ports(store=store, clock=first.clock, bank=first.bank), first.bank, first.clock)
    await seed(counter.ports)
    payment = await suspect(counter)
    store.trouble = StorageUnavailable("password of the database")
    refused = await asked(counter, ResolveAttempt(payment.id, True, "Noura", "report 14", "counts"))
    assert isinstance(refused, Refused)
    assert refused.code == "storage_unavailable"
    assert "password" not in refused.text


async def test_evidence_is_listed_with_its_raw_messages_sealed(counter: Counter) -> None:
    payment = await suspect(counter)
    found = await asked(counter, ListEvidence(payment.id))
    assert isinstance(found, EvidenceList)
    assert (found.payment_id, found.status, found.raw_readings) == (payment.id, "Pending", ())
    [entry] = found.evidence
    assert (entry.kind, entry.result, entry.outcome) == ("inquiry", "SUSPECT", "suspect")
    assert (entry.person, entry.raw) == (None, None)


async def test_a_reading_of_raw_messages_is_told_with_who_and_why(counter: Counter) -> None:
    payment = await suspect(counter)
    await asked(counter, ResolveAttempt(payment.id, True, "Noura", "report 14", "counts"))
    found = await asked(counter, ReadRawEvidence(payment.id, "Salem", "the bank asked"))
    assert isinstance(found, EvidenceList)
    inquiry, word = found.evidence
    assert inquiry.raw == "suspect 1"
    assert (word.kind, word.raw, word.result) == ("resolution", None, None)
    assert word.person is not None
    assert word.person.by == "Noura"
    assert [(item.by, item.why) for item in found.raw_readings] == [("Salem", "the bank asked")]


async def test_a_message_that_another_data_key_sealed_is_told_and_logged(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    payment = await suspect(counter)
    other = replace(counter.ports, vault=DataKeyVault(bytes(32)))
    refused = await answer(other, ReadRawEvidence(payment.id, "Salem", "the bank asked"))
    assert refused == Refused("unexpected", "a sealed text does not open: it is not of this database")
    assert "what cannot be" in caplog.text


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null\n",
        b"{}\n",
        b'{"type":"fly"}\n',
        b'{"type":"list_attention"}\n',
        b'{"type":"list_attention","limit":1,"limits":1}\n',
        b'{"type":"list_attention","limit":1}{}\n',
        b'{"type":"attention_list","limit":1}\n',
        b'{"type":"list_attention","limit":"\xff"}\n',
        b"[" * 5000 + b"\n",
    ],
)
def test_what_is_no_message_is_unreadable(line: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        read_request(line)
    with pytest.raises(MessageUnreadable):
        read_answer(line)


def test_a_message_is_one_line() -> None:
    line = write_message(PreviewResolution("att_1", True, "Noura", "line 3\nline 4"))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
