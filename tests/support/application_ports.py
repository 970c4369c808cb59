"""The ports of the use cases for tests: the real parts where they exist, with a clock and a bank that tests steer."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from fils.application.authentication import KEY_PURPOSE
from fils.application.notifications import Notification
from fils.application.ports import Answer, Batch, Inquiry, PaymentStart, Ports, Store
from fils.domain.account import Account, ProcessingChannel, SecretKey
from fils.domain.customer import Customer
from fils.domain.errors import FilsError, NotSent
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.identifiers import SECRET_KEY as SECRET_KEY_ID
from fils.domain.identifiers import AccountId, CustomerId, ProcessingChannelId, SecretKeyId, TerminalId
from fils.domain.payment_attempt import NotificationMode
from fils.identifiers_source import SystemIds
from fils.locks import ProcessLocks
from fils.storage.memory import MemoryStore
from fils.vault import DataKeyVault

BASE_URL: Final = "http://fils.test"
SECRET_KEY: Final = "sk_sbox_filssandboxkeyforlocaltests"
_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
ACCOUNT: Final = Account(id=AccountId("cli_vkuhvk4vjn2edkps7dfsq6emqm"), name="Shop", created_at=_LONG_AGO)
CHANNEL: Final = ProcessingChannel(
    id=ProcessingChannelId("pc_wzjki6hw5puepb5fnvqlizj2e4"),
    account_id=ACCOUNT.id,
    terminal_id=TerminalId("trm_4gubyq2w335upc54dx7a4257lq"),
    name="KNET",
    created_at=_LONG_AGO,
)
KEPT_CUSTOMER: Final = Customer(
    id=CustomerId("cus_r3cajfpbj3ju7jyq7afcg3qc4a"), account_id=ACCOUNT.id, created_at=_LONG_AGO
)
"""A customer for setups to name."""
OTHER_SECRET_KEY: Final = "sk_sbox_" + "b" * 27
OTHER_ACCOUNT: Final = Account(
    id=AccountId("cli_uuooqrzsdyxe3bi2zv5xbqtwwe"), name="Another shop", created_at=_LONG_AGO
)
OTHER_CHANNEL: Final = ProcessingChannel(
    id=ProcessingChannelId("pc_ctcpaez5v7mudb2akpj2jy77pi"),
    account_id=OTHER_ACCOUNT.id,
    terminal_id=CHANNEL.terminal_id,
    name="KNET of another shop",
    created_at=_LONG_AGO,
)


@dataclass
class SettableClock:
    """A clock that stands still until it is moved."""

    time: datetime = datetime(2026, 4, 30, 10, 0, 0, 250_000, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, by: timedelta) -> None:
        self.time += by


@dataclass
class ScriptedBank:
    """Answers inquiries with what a test put into ``answers``, in order; with none left it cannot be reached."""

    answers: deque[BankStatement | FilsError] = field(default_factory=deque)
    starts: list[PaymentStart] = field(default_factory=list)
    inquiries: list[Inquiry] = field(default_factory=list)
    raw: str | None = None
    """The raw text of every answer; None gives each one of its own."""

    def start_url(self, start: PaymentStart) -> str:
        self.starts.append(start)
        return f"http://bank.test/pay?track_id={start.track_id}"

    async def inquire(self, inquiry: Inquiry) -> Answer:
        self.inquiries.append(inquiry)
        answer = self.answers.popleft() if self.answers else NotSent("the bank is not there")
        if isinstance(answer, FilsError):
            raise answer
        return Answer(answer, self.raw or f"{answer.outcome} {len(self.inquiries)}")


@dataclass
class KnownTerminals:
    """The versions of terminals' credentials; a terminal that is not named is not set up."""

    versions: dict[TerminalId, int] = field(default_factory=lambda: {CHANNEL.terminal_id: 1})
    modes: dict[TerminalId, NotificationMode] = field(default_factory=dict)
    disabled: set[TerminalId] = field(default_factory=set)
    renamed: set[tuple[TerminalId, int]] = field(default_factory=set)
    """Versions with a Tranportal id that no other has."""

    def current_version(self, terminal_id: TerminalId) -> int | None:
        return None if terminal_id in self.disabled else self.versions.get(terminal_id)

    def newest_version(self, terminal_id: TerminalId) -> int | None:
        return self.versions.get(terminal_id)

    def newest_version_like(self, terminal_id: TerminalId, version: int) -> int | None:
        newest = self.newest_version(terminal_id)
        return newest if newest is None or (terminal_id, newest) not in self.renamed else None

    def notification_mode(self, terminal_id: TerminalId) -> NotificationMode:
        return self.modes.get(terminal_id, NotificationMode.SERVER)


class WatchedStore(MemoryStore):
    """A store that remembers what was committed, and fails on demand."""

    def __init__(self) -> None:
        super().__init__()
        self.committed: list[Batch] = []
        self.trouble: Exception | None = None

    async def commit(self, batch: Batch) -> None:
        self._fail_on_demand()
        await super().commit(batch)
        self.committed.append(batch)

    async def check(self) -> None:
        self._fail_on_demand()
        await super().check()

    def _fail_on_demand(self) -> None:
        if self.trouble is not None:
            raise self.trouble


def captured(start: PaymentStart) -> BankStatement:
    """What KNET says about *start* once it is paid: the values of the documented example."""
    return BankStatement(
        outcome=Outcome.CAPTURED,
        result="CAPTURED",
        track_id=start.track_id,
        amount=start.amount,
        knet_payment_id="100201914315601265",
        transaction_id="201914384388126",
        bank_reference="914310000349",
        auth_code="B00775",
        auth_response_code="00",
        post_date="0524",
        avr="N",
    )


def notification(statement: BankStatement, raw: str = "aa", *, version: int = 1) -> Notification:
    """KNET's news, decrypted with that version of the credentials."""
    return Notification(statement, raw, version)


def make_ports(
    *,
    store: Store | None = None,
    clock: SettableClock | None = None,
    bank: ScriptedBank | None = None,
    terminals: KnownTerminals | None = None,
) -> Ports:
    """The ports with a store in memory, unless another one is given. ``seed`` puts the accounts in."""
    return Ports(
        store=store or MemoryStore(),
        connector=bank or ScriptedBank(),
        terminals=terminals or KnownTerminals(),
        vault=DataKeyVault(bytes(range(32))),
        clock=clock or SettableClock(),
        ids=SystemIds(),
        locks=ProcessLocks(),
        plain_http_hosts=frozenset({"localhost", "127.0.0.1"}),
    )


async def seed(ports: Ports) -> None:
    """Two accounts, each with a channel and a secret key, and a customer of the first."""
    keys = ((SECRET_KEY, ACCOUNT), (OTHER_SECRET_KEY, OTHER_ACCOUNT))
    secret_keys = (
        SecretKey(
            id=SecretKeyId(ports.ids.identifier(SECRET_KEY_ID)),
            key_hash=ports.vault.hash(KEY_PURPOSE, key),
            account_id=account.id,
            name="tests",
            created_at=_LONG_AGO,
        )
        for key, account in keys
    )
    await ports.store.commit(
        Batch(inserts=(ACCOUNT, OTHER_ACCOUNT, CHANNEL, OTHER_CHANNEL, KEPT_CUSTOMER, *secret_keys))
    )
