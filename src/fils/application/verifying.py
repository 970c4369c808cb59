"""
Verifying a database: every law that stored records show, over all of them, a few hundred payments in memory at a time.

It reads one moment and writes nothing, so it may look at a database that is in use, at a backup, or at what was just
restored from one.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from fils.application.idempotency import ANSWER_PURPOSE
from fils.application.laws import Law, PaymentRecords, Violation, broken_laws
from fils.application.notifications import RETURN_PURPOSE
from fils.application.ports import Record, Vault
from fils.application.settling import EVIDENCE_PURPOSE
from fils.application.terminals import key_purpose, password_purpose
from fils.domain.account import Account, ProcessingChannel, SecretKey
from fils.domain.audit import AuditEntry
from fils.domain.customer import Customer
from fils.domain.data_key import DataKey
from fils.domain.errors import InvariantViolated
from fils.domain.events import Event
from fils.domain.evidence import Evidence
from fils.domain.identifiers import AccountId, PaymentId, ProcessingChannelId, TerminalId
from fils.domain.kept_answer import KeptAnswer
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import PaymentSetup
from fils.domain.settling import Case
from fils.domain.terminal import Terminal

LISTED_MAX: Final = 1000
"""So many violations are named; all are counted."""

PRODUCTION: Final = "production"

Stored = Record | Evidence
Named = PaymentSetup | Payment | PaymentAttempt | Customer
"""What others name by its id."""
PartOfPayment = PaymentAttempt | Evidence | Event
OfAccount = Terminal | ProcessingChannel | SecretKey | Customer | AuditEntry | PaymentSetup

T = TypeVar("T", bound=Stored)
N = TypeVar("N", bound=Named)
P = TypeVar("P", bound=PartOfPayment)


class StoredRecords(Protocol):
    """Everything that is stored, at one moment. What cannot be read is left out and told by ``unsound``."""

    mode: str

    def every(self, kind: type[T]) -> AsyncIterator[Sequence[T]]:
        """Every record of a kind, some at a time."""

    async def belonging(self, kind: type[P], payment_ids: Collection[PaymentId]) -> Sequence[P]:
        """The attempts, evidence or events of these payments, in the order in which they were stored."""

    async def named(self, kind: type[N], ids: Collection[str]) -> Sequence[N]:
        """The records with these ids."""

    async def due(self, payment_ids: Collection[PaymentId]) -> frozenset[str]:
        """Which of these payments stand on the list of what has to be looked at."""

    async def strays(self) -> Sequence[Violation]:
        """Rows that belong to a payment, or name one, that is not there."""

    async def damages(self) -> Sequence[str]:
        """What the database itself finds wrong with its storage."""

    def unsound(self) -> Iterator[Violation]:
        """What was wrong with rows that were read since the last call: unreadable, unlike its columns, in clear."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a verification found."""

    counts: dict[str, int]
    """How many records of each kind were looked at."""
    violations: tuple[Violation, ...]
    """At most ``LISTED_MAX``."""
    violation_count: int

    @property
    def is_sound(self) -> bool:
        """Whether every law holds."""
        return self.violation_count == 0


@dataclass
class _Notes:
    """What is found on the way."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    violation_count: int = 0

    def add(self, found: Iterable[Violation]) -> None:
        for violation in found:
            self.violation_count += 1
            if len(self.violations) < LISTED_MAX:
                self.violations.append(violation)


async def verify(records: StoredRecords, vault: Vault) -> Findings:
    """Check every law on *records*; what is sealed is opened with *vault* and forgotten at once."""
    notes = _Notes()
    notes.add(Violation(Law.RECORDS, "database", damage) for damage in await records.damages())
    await _Verification(records, vault, notes).run()
    notes.add(await records.strays())
    return Findings(dict(notes.counts), tuple(notes.violations), notes.violation_count)


class _Verification:
    """One pass over everything."""

    def __init__(self, records: StoredRecords, vault: Vault, notes: _Notes) -> None:
        self._records = records
        self._vault = vault
        self._notes = notes
        self._accounts: set[AccountId] = set()
        self._terminals: dict[TerminalId, Terminal] = {}
        self._channels: dict[ProcessingChannelId, ProcessingChannel] = {}

    async def run(self) -> None:
        await self._installation()
        async for setups in self._every(PaymentSetup, "payment setups"):
            await self._setups(setups)
        async for payments in self._every(Payment, "payments"):
            await self._payments(payments)
        async for answers in self._every(KeptAnswer, "kept answers"):
            await self._kept_answers(answers)
        async for customers in self._every(Customer, "customers"):
            self._notes.add(self._of_known_account(customers))
        async for entries in self._every(AuditEntry, "audit entries"):
            self._notes.add(self._of_known_account(entries))

    async def _every(self, kind: type[T], name: str) -> AsyncIterator[Sequence[T]]:
        async for records in self._records.every(kind):
            self._notes.counts[name] += len(records)
            self._notes.add(self._records.unsound())
            yield records
        self._notes.add(self._records.unsound())

    async def _installation(self) -> None:
        """Accounts and what belongs to them: few, so that they are kept at hand."""
        async for _ in self._every(DataKey, "data keys"):
            pass
        async for accounts in self._every(Account, "accounts"):
            self._accounts.update(account.id for account in accounts)
        async for terminals in self._every(Terminal, "terminals"):
            self._terminals.update((terminal.id, terminal) for terminal in terminals)
            self._notes.add(self._of_known_account(terminals))
            for terminal in terminals:
                self._notes.add(self._credentials(terminal))
        async for channels in self._every(ProcessingChannel, "processing channels"):
            self._channels.update((channel.id, channel) for channel in channels)
            self._notes.add(self._of_known_account(channels))
            self._notes.add(self._terminals_of(channels))
        async for keys in self._every(SecretKey, "secret keys"):
            self._notes.add(self._of_known_account(keys))
            self._notes.add(self._channels_of(keys))

    def _of_known_account(self, records: Sequence[OfAccount]) -> Iterator[Violation]:
        for record in records:
            if isinstance(record, AuditEntry) and record.account_id is None and record.act.is_of_installation:
                continue
            if record.account_id not in self._accounts:
                yield Violation(
                    Law.RECORDS, record.id, f"is of the account {record.account_id}, which does not exist"
                )

    def _terminals_of(self, named: Sequence[ProcessingChannel | Payment]) -> Iterator[Violation]:
        """In a sandbox the terminals are not stored."""
        if self._records.mode != PRODUCTION:
            return
        for record in named:
            terminal = self._terminals.get(record.terminal_id)
            if terminal is None or terminal.account_id != record.account_id:
                yield Violation(
                    Law.RECORDS,
                    record.id,
                    f"names {record.terminal_id}, which is no terminal of its account",
                )

    def _versions_of(self, attempts: Sequence[PaymentAttempt]) -> Iterator[Violation]:
        for attempt in attempts:
            terminal = self._terminals.get(attempt.terminal_id)
            known = {item.version for item in terminal.credentials} if terminal else set()
            if self._records.mode == PRODUCTION and attempt.credentials_version not in known:
                yield Violation(
                    Law.RECORDS,
                    attempt.id,
                    f"was started with credentials of version {attempt.credentials_version}, "
                    "which its terminal does not have",
                )

    def _channels_of(self, keys: Sequence[SecretKey]) -> Iterator[Violation]:
        for key in keys:
            bound_to = key.processing_channel_id
            if bound_to is not None and not self._has_channel(key.account_id, bound_to):
                yield Violation(
                    Law.RECORDS, key.id, f"is bound to {bound_to}, which is no channel of its account"
                )

    def _has_channel(self, account_id: AccountId, channel_id: ProcessingChannelId) -> bool:
        channel = self._channels.get(channel_id)
        return channel is not None and channel.account_id == account_id

    def _credentials(self, terminal: Terminal) -> Iterator[Violation]:
        versions = [item.version for item in terminal.credentials]
        if not versions or versions != list(range(1, len(versions) + 1)):
            yield Violation(Law.RECORDS, terminal.id, f"has credentials of the versions {versions}")
        for item in terminal.credentials:
            sealed = (
                (password_purpose(terminal.id, item.version), item.sealed_password),
                (key_purpose(terminal.id, item.version), item.sealed_key),
            )
            if any(self._opened(purpose, text) is None for purpose, text in sealed):
                yield Violation(
                    Law.RECORDS, terminal.id, f"has credentials of version {item.version} that do not open"
                )

    async def _setups(self, setups: Sequence[PaymentSetup]) -> None:
        self._notes.add(self._of_known_account(setups))
        payments = await self._by_id(Payment, (setup.latest_payment_id for setup in setups))
        attempts = await self._by_id(PaymentAttempt, (setup.counted_attempt_id for setup in setups))
        for setup in setups:
            self._notes.add(_terms(setup))
            if setup.latest_payment_id is None and setup.latest_payment_blocks:
                what = "is shut for a confirm, and names no payment"
                self._notes.add((Violation(Law.ONE_COUNTS, setup.id, what),))
            if setup.latest_payment_id is not None:
                payment = payments.get(setup.latest_payment_id)
                if payment is None or payment.setup_id != setup.id:
                    what = f"names the payment {setup.latest_payment_id}, which it does not have"
                    self._notes.add((Violation(Law.RECORDS, setup.id, what),))
            if setup.counted_attempt_id is not None:
                attempt = attempts.get(setup.counted_attempt_id)
                if attempt is None or attempt.setup_id != setup.id or not attempt.counts:
                    what = f"counts {setup.counted_attempt_id}, which does not count for it"
                    self._notes.add((Violation(Law.ONE_COUNTS, setup.id, what),))

    async def _payments(self, payments: Sequence[Payment]) -> None:
        ids = [payment.id for payment in payments]
        setups = await self._by_id(PaymentSetup, (payment.setup_id for payment in payments))
        customers = await self._by_id(Customer, (payment.customer_id for payment in payments))
        attempts = _grouped(await self._records.belonging(PaymentAttempt, ids))
        evidence = _grouped(await self._records.belonging(Evidence, ids))
        events = _grouped(await self._records.belonging(Event, ids))
        due = await self._records.due(ids)
        self._notes.add(self._records.unsound())
        self._notes.add(self._terminals_of(payments))
        for payment in payments:
            self._notes.add(self._references(payment, customers.get(payment.customer_id)))
            setup = setups.get(payment.setup_id)
            if setup is None:
                what = f"is of {payment.setup_id}, which does not exist"
                self._notes.add((Violation(Law.RECORDS, payment.id, what),))
                continue
            case = Case(
                setup=setup,
                payment=payment,
                attempts=tuple(attempts[payment.id]),
                evidence=tuple(evidence[payment.id]),
            )
            self._count(case, events[payment.id])
            ordered = tuple(sorted(events[payment.id], key=lambda event: event.sequence))
            self._notes.add(broken_laws(PaymentRecords(case, ordered, payment.id in due)))
            self._notes.add(self._versions_of(case.attempts))
            self._notes.add(self._seals(case))

    def _count(self, case: Case, events: Sequence[Event]) -> None:
        self._notes.counts["payment attempts"] += len(case.attempts)
        self._notes.counts["pieces of evidence"] += len(case.evidence)
        self._notes.counts["events"] += len(events)

    def _references(self, payment: Payment, customer: Customer | None) -> Iterator[Violation]:
        if payment.account_id not in self._accounts:
            yield Violation(
                Law.RECORDS, payment.id, f"is of the account {payment.account_id}, which does not exist"
            )
        if customer is None or customer.account_id != payment.account_id:
            yield Violation(
                Law.RECORDS, payment.id, f"names {payment.customer_id}, which is no customer of its account"
            )
        if not self._has_channel(payment.account_id, payment.processing_channel_id):
            yield Violation(
                Law.RECORDS,
                payment.id,
                f"names {payment.processing_channel_id}, which is no channel of its account",
            )

    def _seals(self, case: Case) -> Iterator[Violation]:
        for attempt in case.attempts:
            secret = self._opened(RETURN_PURPOSE, attempt.return_secret_sealed)
            if secret is None or self._vault.hash(RETURN_PURPOSE, secret) != attempt.return_secret_hash:
                yield Violation(
                    Law.RECORDS, attempt.id, "has a return secret that does not open or is another"
                )
        for item in case.evidence:
            if item.sealed is not None and self._opened(EVIDENCE_PURPOSE, item.sealed) is None:
                yield Violation(Law.RECORDS, item.id, "has a raw message that does not open")

    def _opened(self, purpose: str, sealed: str) -> str | None:
        try:
            return self._vault.open(purpose, sealed)
        except InvariantViolated:
            return None

    async def _kept_answers(self, answers: Sequence[KeptAnswer]) -> None:
        told = {id(answer): self._told(answer) for answer in answers}
        names = [name for name in told.values() if name]
        known: dict[str, AccountId] = {}
        for kind in (PaymentSetup, Payment, Customer):
            known.update(
                (name, record.account_id) for name, record in (await self._by_id(kind, names)).items()
            )
        for answer in answers:
            subject = f"the answer kept for {answer.account_id} on {answer.method} {answer.path}"
            self._notes.add(self._kept_answer(subject, answer, told[id(answer)], known))

    def _kept_answer(
        self, subject: str, answer: KeptAnswer, name: str | None, known: Mapping[str, AccountId]
    ) -> Iterator[Violation]:
        if answer.account_id not in self._accounts:
            yield Violation(Law.RECORDS, subject, "is of an account that does not exist")
        if not 200 <= answer.status < 300:
            yield Violation(Law.ACTS_ONCE, subject, f"is the status {answer.status}, which is never kept")
        if name is None:
            yield Violation(Law.RECORDS, subject, "does not open, or is no answer")
        elif name and known.get(name) != answer.account_id:
            yield Violation(Law.RECORDS, subject, f"told of {name}, which is no record of its account")

    def _told(self, answer: KeptAnswer) -> str | None:
        """The id that a kept answer told; nothing if it names none, None if it cannot be read."""
        body = self._opened(ANSWER_PURPOSE, answer.sealed_body)
        if body is None:
            return None
        try:
            document = json.loads(body) if body else {}
        except ValueError:
            return None
        return str(document.get("id", "")) if isinstance(document, dict) else None

    async def _by_id(self, kind: type[N], ids: Iterable[str | None]) -> dict[str, N]:
        wanted = {name for name in ids if name is not None}
        return {record.id: record for record in await self._records.named(kind, wanted)}


def _terms(setup: PaymentSetup) -> Iterator[Violation]:
    """A setup without these is never stored: nothing could be paid with it."""
    terms = setup.terms
    if terms.missing():
        yield Violation(Law.RECORDS, setup.id, f"lacks what every setup has ({', '.join(terms.missing())})")
    if terms.amount_minor is not None and terms.amount_minor < 0:
        yield Violation(Law.MONEY, setup.id, f"is over {terms.amount_minor} minor units")


def _grouped(records: Sequence[P]) -> dict[PaymentId, list[P]]:
    by_payment: dict[PaymentId, list[P]] = defaultdict(list)
    for record in records:
        by_payment[record.payment_id].append(record)
    return by_payment
