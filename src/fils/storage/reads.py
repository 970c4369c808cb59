"""The reads of every store: one named query each, and the records made of its documents."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final, TypeVar

import msgspec

from fils.application.ports import Clock, Standing
from fils.domain.account import Account, ProcessingChannel, SecretKey
from fils.domain.audit import AuditEntry
from fils.domain.customer import Customer
from fils.domain.data_key import DataKey
from fils.domain.errors import InvariantViolated
from fils.domain.events import Event
from fils.domain.evidence import Evidence
from fils.domain.identifiers import (
    AccountId,
    CustomerId,
    PaymentAttemptId,
    PaymentId,
    PaymentSetupId,
    ProcessingChannelId,
    SessionId,
    TerminalId,
)
from fils.domain.kept_answer import KeptAnswer
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.settling import Case
from fils.domain.terminal import Terminal
from fils.storage import queries, rows

T = TypeVar("T")

_LOOKED_THROUGH_MAX: Final = 50_000
"""So many payments are looked through for the oldest undecided one: more than an hour of any shop's."""


class StoreReads(ABC):
    """Answers the reads of the port ``Store``; a database only has to fetch documents."""

    _DUE_NOW: ClassVar[str] = queries.DUE_NOW
    _OLDEST_UNDECIDED: ClassVar[str] = queries.OLDEST_UNDECIDED

    @abstractmethod
    async def _documents(self, query: str, *parameters: str | int) -> Sequence[str]:
        """The one column of *query*'s rows. Raises StorageUnavailable when the database does not answer."""

    async def _survey(self, query: str, *parameters: str | int) -> Sequence[str]:
        """The same for a query that looks through many rows, which nobody may have to wait for."""
        return await self._documents(query, *parameters)

    async def standing(self, *, now: datetime, limit: int) -> Standing:
        """How the work stands, counted to *limit*."""
        waiting = await self.attempts_needing_a_person(after=None, limit=limit)
        [due] = await self._survey(self._DUE_NOW, rows.epoch_us(now), limit)
        due_count, leased_count, due_at_us = map(int, due.split())
        oldest = await self._survey(self._OLDEST_UNDECIDED, _LOOKED_THROUGH_MAX)
        return Standing(
            attention_count=len(waiting),
            attention_since=min(
                (item.attention_since for item in waiting if item.attention_since), default=None
            ),
            undecided_since=rows.read_document(rows.PAYMENTS, oldest[0]).requested_at if oldest else None,
            due_count=due_count,
            leased_count=leased_count,
            due_since=rows.from_epoch_us(due_at_us) if due_count else None,
        )

    async def now(self, clock: Clock) -> datetime:
        """The time of *clock*: one process alone has the store."""
        return clock.now()

    async def account(self, account_id: AccountId) -> Account | None:
        """The account, or None."""
        return await self._one(rows.ACCOUNTS, queries.ACCOUNT, account_id)

    async def account_by_prefix(self, prefix: str) -> Account | None:
        """The account with this prefix of its base url, or None."""
        return await self._one(rows.ACCOUNTS, queries.ACCOUNT_BY_PREFIX, prefix)

    async def accounts(self) -> tuple[Account, ...]:
        """Every account, in the order of their ids."""
        return await self._all(rows.ACCOUNTS, queries.ACCOUNTS)

    async def secret_keys(self, account_id: AccountId) -> tuple[SecretKey, ...]:
        """Every secret key of the account, in the order of their ids."""
        return await self._all(rows.SECRET_KEYS, queries.SECRET_KEYS_OF_ACCOUNT, account_id)

    async def secret_key(self, key_hash: str) -> SecretKey | None:
        """The secret key with this keyed hash, or None."""
        return await self._one(rows.SECRET_KEYS, queries.SECRET_KEY, key_hash)

    async def processing_channel(self, channel_id: ProcessingChannelId) -> ProcessingChannel | None:
        """The processing channel, or None."""
        return await self._one(rows.PROCESSING_CHANNELS, queries.PROCESSING_CHANNEL, channel_id)

    async def processing_channels(self, account_id: AccountId) -> tuple[ProcessingChannel, ...]:
        """Every processing channel of the account, in the order of their ids."""
        return await self._all(rows.PROCESSING_CHANNELS, queries.CHANNELS_OF_ACCOUNT, account_id)

    async def terminal(self, terminal_id: TerminalId) -> Terminal | None:
        """The terminal, or None."""
        return await self._one(rows.TERMINALS, queries.TERMINAL, terminal_id)

    async def terminals(self) -> tuple[Terminal, ...]:
        """Every terminal of every account, in the order of their ids."""
        return await self._all(rows.TERMINALS, queries.TERMINALS)

    async def customer(self, customer_id: CustomerId) -> Customer | None:
        """The customer, or None."""
        return await self._one(rows.CUSTOMERS, queries.CUSTOMER, customer_id)

    async def customer_by_email(self, account_id: AccountId, email: str) -> Customer | None:
        """The account's customer with this address of e-mail, or None."""
        return await self._one(rows.CUSTOMERS, queries.CUSTOMER_BY_EMAIL, account_id, email)

    async def kept_answer(
        self, account_id: AccountId, *, method: str, path: str, key: str
    ) -> KeptAnswer | None:
        """The answer that was kept under an idempotency key, or None."""
        return await self._one(rows.KEPT_ANSWERS, queries.KEPT_ANSWER, account_id, method, path, key)

    async def data_keys(self) -> tuple[DataKey, ...]:
        """Every data key, oldest first."""
        keys = await self._all(rows.DATA_KEYS, queries.DATA_KEYS)
        return tuple(sorted(keys, key=lambda key: (key.created_at, key.id)))

    async def payment_setup(self, setup_id: PaymentSetupId) -> PaymentSetup | None:
        """The payment setup, or None."""
        return await self._one(rows.PAYMENT_SETUPS, queries.PAYMENT_SETUP, setup_id)

    async def payment(self, payment_id: PaymentId) -> Payment | None:
        """The payment, or None."""
        return await self._one(rows.PAYMENTS, queries.PAYMENT, payment_id)

    async def payment_by_session(self, session_id: SessionId) -> Payment | None:
        """The payment with this session id, or None."""
        return await self._one(rows.PAYMENTS, queries.PAYMENT_BY_SESSION, session_id)

    async def case(self, payment_id: PaymentId) -> Case | None:
        """Everything that is known about the payment, or None."""
        payment = await self.payment(payment_id)
        if payment is None:
            return None
        documents = await self._documents(queries.CASE_OF_PAYMENT, payment.setup_id, payment_id)
        parts = sorted((document.split(" ", 2) for document in documents), key=lambda part: int(part[1]))

        def read(decoder: msgspec.json.Decoder[T], kind: str) -> tuple[T, ...]:
            return tuple(rows.read_document(decoder, document) for name, _, document in parts if name == kind)

        setups = read(rows.PAYMENT_SETUPS, "setup")
        if not setups:
            raise InvariantViolated("a payment has no setup")
        return Case(
            setup=setups[0],
            payment=payment,
            attempts=read(rows.PAYMENT_ATTEMPTS, "attempt"),
            evidence=read(rows.EVIDENCE, "evidence"),
        )

    async def attempts(self, payment_id: PaymentId) -> tuple[PaymentAttempt, ...]:
        """Every attempt of the payment, oldest first."""
        return await self._all(rows.PAYMENT_ATTEMPTS, queries.ATTEMPTS_OF_PAYMENT, payment_id)

    async def attempt(self, attempt_id: PaymentAttemptId) -> PaymentAttempt | None:
        """The attempt, or None."""
        return await self._one(rows.PAYMENT_ATTEMPTS, queries.ATTEMPT, attempt_id)

    async def attempt_by_track_id(self, terminal_id: TerminalId, track_id: str) -> PaymentAttempt | None:
        """The attempt a terminal knows by this track id, or None."""
        return await self._one(rows.PAYMENT_ATTEMPTS, queries.ATTEMPT_BY_TRACK_ID, terminal_id, track_id)

    async def attempt_by_return_secret(self, secret_hash: str) -> PaymentAttempt | None:
        """The attempt whose return secret has this keyed hash, or None."""
        return await self._one(rows.PAYMENT_ATTEMPTS, queries.ATTEMPT_BY_RETURN_SECRET, secret_hash)

    async def attempts_needing_a_person(
        self, *, after: PaymentAttemptId | None, limit: int
    ) -> tuple[PaymentAttempt, ...]:
        """The attempts with an attention, oldest first, at most *limit*, beginning after the one named."""
        return await self._all(rows.PAYMENT_ATTEMPTS, queries.ATTEMPTS_NEEDING_A_PERSON, after or "", limit)

    async def evidence(self, payment_id: PaymentId) -> tuple[Evidence, ...]:
        """All evidence of the payment's attempts, in the order of arrival."""
        return await self._all(rows.EVIDENCE, queries.EVIDENCE_OF_PAYMENT, payment_id)

    async def audit_entries(self, subject_id: str) -> tuple[AuditEntry, ...]:
        """What people did with the payment, key or terminal that has to be recorded, in the order it was done."""
        return await self._all(rows.AUDIT_ENTRIES, queries.AUDIT_OF_SUBJECT, subject_id)

    async def events(self, payment_id: PaymentId) -> tuple[Event, ...]:
        """The payment's events, in their sequence."""
        return await self._all(rows.EVENTS, queries.EVENTS_OF_PAYMENT, payment_id)

    async def latest_payments(self, account_id: AccountId, *, limit: int) -> tuple[Payment, ...]:
        """The account's newest payments, newest first."""
        return await self._all(rows.PAYMENTS, queries.LATEST_PAYMENTS, account_id, limit)

    async def payments_by_reference(
        self, account_id: AccountId, reference: str, *, skip: int, limit: int
    ) -> tuple[Payment, ...]:
        """The account's payments with exactly this reference, newest first, without the first *skip*."""
        # A shop may give all its payments one reference, and skipping them reads them.
        query = queries.PAYMENTS_BY_REFERENCE
        documents = await self._survey(query, account_id, reference, limit, skip)
        return tuple(rows.read_document(rows.PAYMENTS, document) for document in documents)

    async def count_payments_by_reference(self, account_id: AccountId, reference: str) -> int:
        """How many there are."""
        counts = await self._survey(queries.COUNT_PAYMENTS_BY_REFERENCE, account_id, reference)
        return int(counts[0]) if counts else 0

    async def _one(self, decoder: msgspec.json.Decoder[T], query: str, *parameters: str | int) -> T | None:
        documents = await self._documents(query, *parameters)
        return rows.read_document(decoder, documents[0]) if documents else None

    async def _all(
        self, decoder: msgspec.json.Decoder[T], query: str, *parameters: str | int
    ) -> tuple[T, ...]:
        documents = await self._documents(query, *parameters)
        return tuple(rows.read_document(decoder, document) for document in documents)
