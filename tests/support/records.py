"""Records for storage tests: complete ones, with every field set to something that is easily lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from fils.domain.account import Account, ProcessingChannel, SecretKey
from fils.domain.audit import AuditedAct, AuditEntry
from fils.domain.customer import Customer, Phone
from fils.domain.data_key import DataKey
from fils.domain.events import Event, EventType
from fils.domain.evidence import BankStatement, Evidence, EvidenceKind, Outcome
from fils.domain.identifiers import (
    AccountId,
    ActionId,
    AuditEntryId,
    CustomerId,
    EventId,
    EvidenceId,
    PaymentAttemptId,
    PaymentId,
    PaymentSetupId,
    ProcessingChannelId,
    SecretKeyId,
    SessionId,
    TerminalId,
)
from fils.domain.kept_answer import KeptAnswer
from fils.domain.money import KWD, Money
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import AttemptState, NotificationMode, OtherCapture, PaymentAttempt
from fils.domain.payment_setup import Language, PaymentSetup, SetupTerms
from fils.domain.response_codes import APPROVED
from fils.domain.terminal import SealedCredentials, Terminal

NOW = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
ACCOUNT = AccountId("cli_vkuhvk4vjn2edkps7dfsq6emqm")
CHANNEL = ProcessingChannelId("pc_wzjki6hw5puepb5fnvqlizj2e4")
TERMINAL = TerminalId("trm_4gubyq2w335upc54dx7a4257lq")
CARRIED: dict[str, object] = {
    "customer": {"name": "أحمد \u0000 \U0001f9fe", "tags": [], "vip": None},
    "order": {"weight": 1.25, "big": 2**63, "items": [{"quantity": 1}]},
}

_numbers = count(1)


def name(prefix: str) -> str:
    """An identifier that no other record of this test run has."""
    return f"{prefix}_{next(_numbers):026d}"


def account() -> Account:
    # Its prefix is the beginning of its id, so that is where it differs.
    number = next(_numbers)
    account_id = AccountId(f"cli_{number:08d}{'a' * 18}")
    return Account(id=account_id, name=f"Shop \"No. {number}\" 'of' Kuwait \\", created_at=NOW)


def channel() -> ProcessingChannel:
    return ProcessingChannel(
        id=ProcessingChannelId(name("pc")),
        account_id=ACCOUNT,
        terminal_id=TERMINAL,
        name=f"محل {next(_numbers)}",
        created_at=NOW,
    )


def secret_key(*, key_hash: str | None = None) -> SecretKey:
    return SecretKey(
        id=SecretKeyId(name("key")),
        key_hash=key_hash or name("hash"),
        account_id=ACCOUNT,
        name="till",
        created_at=NOW,
    )


def terminal() -> Terminal:
    number = next(_numbers)
    credentials = SealedCredentials(
        version=1, tranportal_id=f"{number:06d}", sealed_password="p", sealed_key="k", usable_from=NOW
    )
    return Terminal(
        id=TerminalId(name("trm")),
        account_id=ACCOUNT,
        name=f"محل {number}",
        mode=NotificationMode.BROWSER,
        browser_url="https://bank.test/kpg",
        server_url="https://bank.test/kpg",
        credentials=(credentials,),
        created_at=NOW,
    )


def customer(*, email: str | None = None) -> Customer:
    return Customer(
        id=CustomerId(name("cus")),
        account_id=ACCOUNT,
        created_at=NOW,
        email=email,
        name="نورة",
        phone=Phone(country_code="965", number="50000001"),
    )


def data_key() -> DataKey:
    return DataKey(id=name("dek"), sealed="v1.c2VhbGVk", sealed_under="a1b2c3d4e5f6", created_at=NOW)


def kept_answer(*, key: str | None = None) -> KeptAnswer:
    return KeptAnswer(
        account_id=ACCOUNT,
        method="POST",
        path="/payments/setups",
        key=key or name("key"),
        body_digest="d" * 64,
        status=200,
        sealed_body="v1.c2VhbGVk",
        kept_at=NOW,
    )


def setup() -> PaymentSetup:
    terms = SetupTerms(
        processing_channel_id=CHANNEL,
        amount_minor=1000,
        currency=KWD,
        payment_type="Regular",
        reference="ORD-1",
        language=Language.ARABIC,
        success_url="https://shop.example/paid",
        capture=True,
        excluded_payment_methods=("klarna", "tabby"),
        carried=CARRIED,
    )
    return PaymentSetup(id=PaymentSetupId(name("set")), account_id=ACCOUNT, terms=terms, created_at=NOW)


def payment(*, account_id: AccountId = ACCOUNT) -> Payment:
    return Payment(
        id=PaymentId(name("pay")),
        account_id=account_id,
        setup_id=PaymentSetupId(name("set")),
        session_id=SessionId(name("sid")),
        processing_channel_id=CHANNEL,
        terminal_id=TERMINAL,
        customer_id=CustomerId(name("cus")),
        amount=Money(999_999_999, KWD),
        language=Language.ENGLISH,
        success_url="https://shop.example/paid",
        failure_url="https://shop.example/failed",
        requested_at=NOW,
        link_expires_at=NOW + timedelta(minutes=30),
        expires_at=NOW + timedelta(minutes=60),
        status=PaymentStatus.CAPTURED,
        metadata=CARRIED,
        processed_at=NOW + timedelta(microseconds=1),
        response=APPROVED,
        capture_action_id=ActionId(name("act")),
        decided_by=PaymentAttemptId(name("att")),
        event_count=2,
    )


def attempt(
    *,
    payment_id: PaymentId | None = None,
    setup_id: PaymentSetupId | None = None,
    track_id: str | None = None,
    return_secret_hash: str | None = None,
    counts: bool = False,
) -> PaymentAttempt:
    return PaymentAttempt(
        id=PaymentAttemptId(name("att")),
        account_id=ACCOUNT,
        setup_id=setup_id or PaymentSetupId(name("set")),
        payment_id=payment_id or PaymentId(name("pay")),
        terminal_id=TERMINAL,
        credentials_version=3,
        track_id=track_id or name("T"),
        amount=Money(1, KWD),
        return_secret_hash=return_secret_hash or name("secret"),
        return_secret_sealed="v1.c2VhbGVk",
        started_at=NOW,
        mode=NotificationMode.BROWSER,
        state=AttemptState.CAPTURED if counts else AttemptState.OPEN,
        outcome=Outcome.CAPTURED if counts else None,
        counts=counts,
        returned_at=NOW,
        other_capture=OtherCapture(Money(2, KWD), since=NOW),
        said=statement(),
        attention="look",
    )


def statement() -> BankStatement:
    return BankStatement(
        outcome=Outcome.CAPTURED,
        result="CAPTURED",
        track_id="T1",
        amount=Money(1000, KWD),
        auth_code="B12345",
    )


def evidence(of: PaymentAttempt, *, digest: str | None = None) -> Evidence:
    return Evidence(
        id=EvidenceId(name("evd")),
        account_id=of.account_id,
        payment_id=of.payment_id,
        attempt_id=of.id,
        kind=EvidenceKind.BROWSER_NOTIFICATION,
        digest=digest or name("digest"),
        received_at=NOW,
        statement=statement(),
        asked_amount=Money(2, KWD),
        sealed="v1.c2VhbGVk",
    )


def audit_entry(of: Payment) -> AuditEntry:
    return AuditEntry(
        id=AuditEntryId(name("aud")),
        account_id=of.account_id,
        subject_id=of.id,
        act=AuditedAct.RAW_EVIDENCE_READ,
        by="نورة",
        why="the bank asked",
        at=NOW,
    )


def event(of: Payment, sequence: int) -> Event:
    return Event(
        id=EventId(name("evt")),
        account_id=of.account_id,
        payment_id=of.id,
        sequence=sequence,
        type=EventType.PAYMENT_CAPTURED,
        occurred_at=NOW,
        amount=of.amount,
        action_id=ActionId(name("act")),
        response=APPROVED,
    )
