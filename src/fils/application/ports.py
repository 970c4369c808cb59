"""
What the use cases need from the world, as protocols: a store, the bank, secrets, a clock and ids.

Adapters implement these; ``bootstrap`` hands them over as one ``Ports``. Nothing here imports an adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from fils.application.health import Health
from fils.application.inquiry_budget import InquiryBudget
from fils.application.telemetry import Silence, Telemetry
from fils.domain.account import Account, ProcessingChannel, SecretKey
from fils.domain.audit import AuditEntry
from fils.domain.customer import Customer
from fils.domain.data_key import DataKey
from fils.domain.events import Event
from fils.domain.evidence import BankStatement, Evidence
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
from fils.domain.knowing import Timing
from fils.domain.money import Money
from fils.domain.payment import Payment
from fils.domain.payment_attempt import NotificationMode, PaymentAttempt
from fils.domain.payment_setup import Language, PaymentSetup
from fils.domain.settling import Case
from fils.domain.terminal import Terminal

GuardedPart = PaymentSetup | Payment | PaymentAttempt
"""The parts of a payment's case. Decisions about money guard them."""

Guarded = GuardedPart | Account | ProcessingChannel | SecretKey | Terminal | Customer | DataKey
"""What is guarded by a version: an update counts only if the stored version is still the one that was read."""

Record = Guarded | Event | AuditEntry | KeptAnswer
"""What can be inserted. An id that exists already fails the batch with ConcurrentUpdate."""


@dataclass(frozen=True, slots=True)
class Wake:
    """When a payment has to be looked at by the settling loop."""

    account_id: AccountId
    payment_id: PaymentId
    at: datetime | None
    """None takes the payment off the list."""
    replace: bool = True
    """False only ever brings the time forward; such a wake may come from whoever has not read the payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    Changes that are written whole or not at all.

    A batch holds an aggregate at most once. Updates carry the version they were read with and are stored with
    the next one. Evidence is appended without any guard and a piece that is already there is no error.
    """

    inserts: Sequence[Record] = ()
    updates: Sequence[Guarded] = ()
    evidence: Sequence[Evidence] = ()
    wakes: Sequence[Wake] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the work of the whole installation stands: what waits, and since when. Times are aware UTC."""

    attention_count: int
    """Attempts that need a person, counted to the limit."""
    attention_since: datetime | None
    """Since when the longest waiting of them has needed one."""
    undecided_since: datetime | None
    """When the oldest payment was made that is Pending and has a wake."""
    due_count: int
    """Payments whose wake has come, counted to the limit."""
    leased_count: int
    """Those of them that a node has in hand."""
    due_since: datetime | None
    """When the first of them was due."""


class Store(Protocol):
    """
    The truth about money. Reads see everything committed before they began.

    Every method raises StorageUnavailable when the store cannot be asked or does not answer in time.
    """

    async def commit(self, batch: Batch) -> None:
        """
        Write *batch* durably: when this returns it survives the end of the process and the loss of power.

        Raises:
            ConcurrentUpdate: A version had moved on, a new id exists already, or a unique index objected
                (a second track id of a terminal, a second counted capture of a setup). Nothing was written.
            StorageUnavailable: Nothing was written, or it cannot be told.
        """

    async def account(self, account_id: AccountId) -> Account | None:
        """The account, or None."""

    async def account_by_prefix(self, prefix: str) -> Account | None:
        """The account with this prefix of its base url, or None."""

    async def accounts(self) -> tuple[Account, ...]:
        """Every account, in the order of their ids."""

    async def secret_key(self, key_hash: str) -> SecretKey | None:
        """The secret key with this keyed hash, or None."""

    async def secret_keys(self, account_id: AccountId) -> tuple[SecretKey, ...]:
        """Every secret key of the account, also those that open nothing any more, in the order of their ids."""

    async def processing_channel(self, channel_id: ProcessingChannelId) -> ProcessingChannel | None:
        """The processing channel, or None."""

    async def processing_channels(self, account_id: AccountId) -> tuple[ProcessingChannel, ...]:
        """Every processing channel of the account, in the order of their ids."""

    async def terminal(self, terminal_id: TerminalId) -> Terminal | None:
        """The terminal, or None."""

    async def terminals(self) -> tuple[Terminal, ...]:
        """Every terminal of every account, in the order of their ids."""

    async def customer(self, customer_id: CustomerId) -> Customer | None:
        """The customer, or None."""

    async def customer_by_email(self, account_id: AccountId, email: str) -> Customer | None:
        """The account's customer with this address of e-mail, or None."""

    async def kept_answer(
        self, account_id: AccountId, *, method: str, path: str, key: str
    ) -> KeptAnswer | None:
        """The answer that was kept under an idempotency key, or None."""

    async def forget_answers(self, *, before: datetime, limit: int) -> int:
        """Forget kept answers that were kept before that time, at most *limit*; returns how many."""

    async def data_keys(self) -> tuple[DataKey, ...]:
        """Every data key, oldest first."""

    async def payment_setup(self, setup_id: PaymentSetupId) -> PaymentSetup | None:
        """The payment setup, or None."""

    async def payment(self, payment_id: PaymentId) -> Payment | None:
        """The payment, or None."""

    async def payment_by_session(self, session_id: SessionId) -> Payment | None:
        """The payment with this session id, or None."""

    async def case(self, payment_id: PaymentId) -> Case | None:
        """Everything that is known about the payment, or None."""

    async def attempts(self, payment_id: PaymentId) -> tuple[PaymentAttempt, ...]:
        """Every attempt of the payment, oldest first."""

    async def attempt(self, attempt_id: PaymentAttemptId) -> PaymentAttempt | None:
        """The attempt, or None."""

    async def attempt_by_track_id(self, terminal_id: TerminalId, track_id: str) -> PaymentAttempt | None:
        """The attempt a terminal knows by this track id, or None."""

    async def attempt_by_return_secret(self, secret_hash: str) -> PaymentAttempt | None:
        """The attempt whose return secret has this keyed hash, or None."""

    async def attempts_needing_a_person(
        self, *, after: PaymentAttemptId | None, limit: int
    ) -> tuple[PaymentAttempt, ...]:
        """The attempts of all accounts with an attention, oldest first, at most *limit*, after the one named."""

    async def evidence(self, payment_id: PaymentId) -> tuple[Evidence, ...]:
        """All evidence of the payment's attempts, in the order of arrival."""

    async def audit_entries(self, subject_id: str) -> tuple[AuditEntry, ...]:
        """What people did with the payment, key or terminal that has to be recorded, in the order it was done."""

    async def events(self, payment_id: PaymentId) -> tuple[Event, ...]:
        """The payment's events, in their sequence."""

    async def latest_payments(self, account_id: AccountId, *, limit: int) -> tuple[Payment, ...]:
        """The account's newest payments, newest first."""

    async def payments_by_reference(
        self, account_id: AccountId, reference: str, *, skip: int, limit: int
    ) -> tuple[Payment, ...]:
        """The account's payments with exactly this reference, newest first, without the first *skip*."""

    async def count_payments_by_reference(self, account_id: AccountId, reference: str) -> int:
        """How many there are."""

    async def claim_due_payments(
        self, *, now: datetime, limit: int, lease: timedelta
    ) -> tuple[PaymentId, ...]:
        """
        Hand due payments to one caller, who alone has them until the lease ends.

        Args:
            now: Aware UTC time by our clock; payments whose wake is not after it are due.
            limit: At most so many.
            lease: By the database's own clock, so that nodes need not agree on the time.
        """

    async def standing(self, *, now: datetime, limit: int) -> Standing:
        """
        How the work stands: for whoever watches, not for a decision.

        Args:
            now: Aware UTC time by our clock.
            limit: How far is counted, so that it costs no more when much waits.
        """

    async def now(self, clock: Clock) -> datetime:
        """
        The time to date what every node is to begin with at one moment. Aware UTC.

        It is the database's own where nodes share one: the clock of whoever asks may be a minute off. Else *clock*'s.
        """

    async def check(self) -> None:
        """Ask the store whether it can read; returns if so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStart:
    """What KNET is asked to let a customer pay."""

    terminal_id: TerminalId
    credentials_version: int
    track_id: str
    amount: Money
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Which attempt KNET is asked about. A different *amount* is answered as suspect."""

    terminal_id: TerminalId
    credentials_version: int
    track_id: str
    amount: Money
    only_with_these: bool = False
    """Whether these very credentials are to be tried: no others, whatever the bank says to them."""
    new_password: str | None = field(default=None, repr=False)
    """With these credentials: a password that is tried in the place of theirs, before it is stored."""


@dataclass(frozen=True, slots=True)
class Answer:
    """KNET's answer to an inquiry: what it says, and the raw text for the record."""

    statement: BankStatement
    raw: str


class Connector(Protocol):
    """The bank, as the use cases know it."""

    def start_url(self, start: PaymentStart) -> str:
        """The address that starts *start* at KNET when a browser opens it. Nothing is sent by making it."""

    async def inquire(self, inquiry: Inquiry) -> Answer:
        """
        Ask KNET what became of an attempt.

        If the bank does not know the inquiry's credentials any more it is asked again with the newest ones of the same
        Tranportal id. That it refused the old ones says nothing about the attempt.

        Raises:
            NotSent: The bank could not be reached, or the credentials cannot be used here; CertificateRefused if the
                bank could not be trusted.
            OutcomeUnknown: No answer came in time, or none that can be read.
        """


class Terminals(Protocol):
    """What may be known about terminals; their secrets stay in the connector."""

    def current_version(self, terminal_id: TerminalId) -> int | None:
        """The version new attempts start with; None if the terminal is not set up here, or switched off."""

    def newest_version(self, terminal_id: TerminalId) -> int | None:
        """The newest version that is usable yet, also of a terminal that is switched off; None if it is not known."""

    def newest_version_like(self, terminal_id: TerminalId, version: int) -> int | None:
        """The newest version that is usable yet and has the Tranportal id of *version*; None if there is none."""

    def notification_mode(self, terminal_id: TerminalId) -> NotificationMode:
        """How the terminal is set to tell its news: by KNET's server where nothing else is known."""


class Vault(Protocol):
    """Everything that needs the data key."""

    def hash(self, purpose: str, text: str) -> str:
        """A keyed hash, to look up what must not be stored. Equal texts of one purpose have equal hashes."""

    def seal(self, purpose: str, text: str) -> str:
        """Encrypt *text*; only ``open`` with the same purpose reads it again."""

    def open(self, purpose: str, sealed: str) -> str:
        """Decrypt what ``seal`` made, or raise InvariantViolated if it was not made here."""

    def link_token(self, payment_id: PaymentId) -> str:
        """The token of the payment's redirect link: ``tok_`` and 26 characters, the same every time."""

    def payment_of_link(self, token: str) -> PaymentId | None:
        """The payment a link token names, or None if it is no token of ours."""


class Clock(Protocol):
    """The only source of the time."""

    def now(self) -> datetime:
        """Aware UTC time."""


class IdSource(Protocol):
    """The only source of randomness."""

    def identifier(self, prefix: str) -> str:
        """A new identifier such as ``pay_4gubyq2w335upc54dx7a4257lq``."""

    def track_id(self) -> str:
        """A new track id: alphanumeric, at most 19 characters, never sequential."""

    def secret(self) -> str:
        """A new secret for an address: at least 128 random bits, URL-safe."""

    def request_id(self) -> str:
        """A new id of a request, as the text of a UUID; its answer and our log name it by this."""


class KeyedLocks(Protocol):
    """Lets those who want the same thing wait for each other inside this node."""

    def count(self, key: str) -> int:
        """How many hold *key* or wait for it."""

    def holding(self, key: str) -> AbstractAsyncContextManager[None]:
        """Hold *key* for the length of the block; others who want it queue in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Every part a use case may use."""

    store: Store
    connector: Connector
    terminals: Terminals
    vault: Vault
    clock: Clock
    ids: IdSource
    locks: KeyedLocks
    timing: Timing = field(default_factory=Timing)
    read_budget: InquiryBudget = field(default_factory=InquiryBudget)
    """The inquiries that reads may cause; of this process alone."""
    plain_http_hosts: frozenset[str] = frozenset()
    """Hosts that return urls may name with ``http``; production has none."""
    telemetry: Telemetry = field(default_factory=Silence)
    """Who is told of the work."""
    health: Health = field(default_factory=Health)
    """The parts of this process, for whoever asks how they are."""
    sandbox_terminals: tuple[TerminalId, ...] = ()
    """Those of a sandbox's simulator, which every account of the sandbox may use; production has none."""

    @property
    def is_sandbox(self) -> bool:
        """Whether the bank is the simulator inside, so that no money moves."""
        return bool(self.sandbox_terminals)
