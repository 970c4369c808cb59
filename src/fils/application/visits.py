"""
The customer's browser at our doors: the redirect link, the return address, the page that waits.

Where the browser goes next depends on how the payment stands, never on the door it came through. Undecided never
leads to the shop's failure url.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fils.application.deciding import commit_case, decide, read_case
from fils.application.inquiry_budget import HINTS_APART
from fils.application.notifications import (
    RETURN_PURPOSE,
    Notification,
    find_attempt,
    keep_notification,
)
from fils.application.ports import PaymentStart, Ports
from fils.application.settling import (
    Asked,
    ask,
    ask_about,
    commit_answers,
    hear_answers,
    new_evidence,
)
from fils.domain.errors import InvariantViolated, NotFound
from fils.domain.evidence import Evidence, EvidenceKind
from fils.domain.identifiers import PAYMENT_ATTEMPT, PaymentAttemptId, PaymentId, TerminalId
from fils.domain.payment import Payment
from fils.domain.payment_attempt import AttemptState, PaymentAttempt
from fils.domain.return_urls import with_parameters
from fils.domain.settling import Case, returned

_ROUNDS_MAX: Final = 3
"""How often a visit asks about attempts that other visits have started meanwhile."""


@dataclass(frozen=True, slots=True)
class ToBank:
    """Send the browser to KNET's page."""

    url: str


@dataclass(frozen=True, slots=True)
class ToShop:
    """The payment is decided: send the browser back to the shop."""

    payment: Payment
    url: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody knows yet how the payment ended: show a page that says so and asks not to pay again."""

    payment: Payment
    since: datetime
    """When something was last heard of an open attempt, or else its start; aware UTC."""
    may_start: bool
    """Whether the link would start another attempt, should KNET know nothing of this one."""


@dataclass(frozen=True, slots=True)
class NotStarted:
    """No attempt is under way, and the link would start one: show the way to it."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """The link starts no attempt any more, and the payment is not decided: say so, and do not claim it failed."""

    payment: Payment


Undecided = Wait | NotStarted | LinkClosed
"""What the browser is shown while nobody knows how the payment ends."""
Door = ToBank | ToShop | Undecided
"""Where the browser goes, or what it is shown."""


async def open_link(ports: Ports, token: str) -> Door:
    """
    A browser opens the payment's redirect link: start a payment attempt, unless money may be moving already.

    Raises:
        NotFound: If the token names no payment of ours.
    """
    case = await _case_of_link(ports, token)
    payment_id = case.payment.id
    asked: Mapping[PaymentAttemptId, Asked] = {}
    for _ in range(_ROUNDS_MAX):
        if case.payment.is_decided:
            break
        asked = {**asked, **await ask_about(ports, case, _not_in(asked, case))}

        async def decision(asked: Mapping[PaymentAttemptId, Asked] = asked) -> ToBank | Case:
            current = await read_case(ports.store, payment_id)
            if current.payment.is_decided or _not_in(asked, current):
                return current
            return await _start_or_hear(ports, current, asked)

        result = await decide(ports, case.setup.id, decision)
        if isinstance(result, ToBank):
            return result
        case = result
        if not _not_in(asked, case):
            break
    # The lock of the decision is free again here, which sending the browser to the shop takes once more.
    return await _to_shop(ports, case.payment) if case.payment.is_decided else _undecided(ports, case)


async def see_payment(ports: Ports, token: str) -> ToShop | Undecided:
    """
    A browser looks at the page that waits. It never asks the bank: the settling loop does.

    Raises:
        NotFound: If the token names no payment of ours.
    """
    case = await _case_of_link(ports, token)
    return await _to_shop(ports, case.payment) if case.payment.is_decided else _undecided(ports, case)


async def present_return(ports: Ports, secret: str) -> ToShop | Undecided:
    """
    A browser comes to the return address, whose secret only our acknowledgement to KNET carried.

    That shows that KNET took the acknowledgement, so the inquiry that is made now can decide at once.

    Raises:
        NotFound: If no attempt has this return secret.
    """
    attempt = await ports.store.attempt_by_return_secret(ports.vault.hash(RETURN_PURPOSE, secret))
    if attempt is None:
        raise NotFound
    # An attempt that had ended without money may have been paid after all.
    is_captured = attempt.state is AttemptState.CAPTURED
    asked = {} if is_captured else {attempt.id: await ask(ports, attempt)}

    async def decision() -> Case:
        before = await read_case(ports.store, attempt.payment_id)
        now = ports.clock.now()
        after = _with_session(ports, returned(before, attempt.id, now=now))
        arrival = new_evidence(ports, attempt, EvidenceKind.RETURN, content="")
        return await commit_answers(ports, before, after, asked, evidence=(arrival,))

    case = await decide(ports, attempt.setup_id, decision)
    payment = case.payment
    return ToShop(payment, shop_url(payment)) if payment.is_decided else _undecided(ports, case)


async def bring_notification(ports: Ports, terminal_id: TerminalId, notification: Notification) -> PaymentId:
    """
    A browser brings KNET's news of how an attempt ended, as the browsers of terminals in mode L do.

    There is nobody to acknowledge it to and nothing that could be taken back, so whatever it says is stored, and
    the inquiry that is made now decides.

    Args:
        terminal_id: The terminal whose address it came to, and whose key decrypted it.
        notification: What it says.

    Returns:
        The payment whose page the browser is sent to.

    Raises:
        MessageRejected: If it names no attempt of the terminal.
        StorageUnavailable: If it could not be stored.
    """
    attempt = await find_attempt(ports, terminal_id, notification)
    news = await keep_notification(ports, attempt, notification, EvidenceKind.BROWSER_NOTIFICATION)
    case = await read_case(ports.store, attempt.payment_id)
    asked = await ask_about(ports, case, [attempt] if _is_worth_asking(ports, case, news) else [])

    async def decision() -> None:
        before = await read_case(ports.store, attempt.payment_id)
        after = _with_session(ports, before)
        if asked or after != before:
            await commit_answers(ports, before, after, asked)

    await decide(ports, attempt.setup_id, decision)
    return attempt.payment_id


async def merchant_name(ports: Ports, payment: Payment) -> str:
    """The name of the merchant whom the customer pays."""
    account = await ports.store.account(payment.account_id)
    if account is None:
        raise InvariantViolated("a payment has no account")
    return account.name


def shop_url(payment: Payment) -> str:
    """Where the shop wants the browser, with the names under which it can ask how the payment ended."""
    url = payment.success_url if payment.is_captured else payment.failure_url
    return with_parameters(url, {"cko-session-id": payment.session_id, "cko-payment-id": payment.id})


def _is_worth_asking(ports: Ports, case: Case, news: Evidence) -> bool:
    """Whether KNET is asked because of *news*: what a browser brings again it can bring a thousand times."""
    attempt = case.attempt(news.attempt_id)
    if attempt.state is AttemptState.CAPTURED:
        return False
    is_repeat = all(item.id != news.id for item in case.evidence)
    asked_at = attempt.inquired_at
    return not is_repeat or asked_at is None or ports.clock.now() >= asked_at + HINTS_APART


async def _case_of_link(ports: Ports, token: str) -> Case:
    payment_id = ports.vault.payment_of_link(token)
    case = None if payment_id is None else await ports.store.case(payment_id)
    # A link outlives a database that was started afresh or restored.
    if case is None:
        raise NotFound
    return case


def _not_in(asked: Mapping[PaymentAttemptId, Asked], case: Case) -> list[PaymentAttempt]:
    """The open attempts that KNET has not been asked about during this visit."""
    return [attempt for attempt in case.open_attempts if attempt.id not in asked]


async def _start_or_hear(
    ports: Ports, before: Case, asked: Mapping[PaymentAttemptId, Asked]
) -> ToBank | Case:
    now = ports.clock.now()
    after, evidence = hear_answers(ports, before, asked, now=now)
    version = _version_to_start_with(ports, after)
    started = _new_attempt(ports, after, version) if version is not None else None
    if started is not None or evidence or after != before:
        after = await commit_case(ports, before, after, now=now, evidence=evidence, started=started)
    return after if started is None else ToBank(_start_url(ports, after, started))


def _undecided(ports: Ports, case: Case) -> Undecided:
    may_start = _version_to_start_with(ports, case) is not None
    if case.open_attempts:
        heard = (case.last_word_at(attempt.id) or attempt.started_at for attempt in case.open_attempts)
        return Wait(case.payment, since=max(heard), may_start=may_start)
    return NotStarted(case.payment) if may_start else LinkClosed(case.payment)


def _version_to_start_with(ports: Ports, case: Case) -> int | None:
    """The version of the terminal's credentials for a new attempt; None if none may be started."""
    # A link may be set to live longer than its payment; an attempt of an expired payment would start for nothing.
    in_time = ports.clock.now() < min(case.payment.link_expires_at, case.payment.expires_at)
    few = len(case.attempts) < ports.timing.starts_max
    if not (in_time and few) or case.payment.is_decided or case.may_have_paid:
        return None
    # None too for a terminal that was switched off after the payment was confirmed.
    return ports.terminals.current_version(case.payment.terminal_id)


def _new_attempt(ports: Ports, case: Case, version: int) -> PaymentAttempt:
    payment = case.payment
    secret = ports.ids.secret()
    return PaymentAttempt(
        id=PaymentAttemptId(ports.ids.identifier(PAYMENT_ATTEMPT)),
        account_id=payment.account_id,
        setup_id=payment.setup_id,
        payment_id=payment.id,
        terminal_id=payment.terminal_id,
        credentials_version=version,
        track_id=ports.ids.track_id(),
        amount=payment.amount,
        return_secret_hash=ports.vault.hash(RETURN_PURPOSE, secret),
        return_secret_sealed=ports.vault.seal(RETURN_PURPOSE, secret),
        started_at=ports.clock.now(),
        mode=ports.terminals.notification_mode(payment.terminal_id),
    )


def _start_url(ports: Ports, case: Case, attempt: PaymentAttempt) -> str:
    start = PaymentStart(
        terminal_id=attempt.terminal_id,
        credentials_version=attempt.credentials_version,
        track_id=attempt.track_id,
        amount=attempt.amount,
        language=case.payment.language,
    )
    return ports.connector.start_url(start)


def _with_session(ports: Ports, case: Case) -> Case:
    now = ports.clock.now()
    ends = case.payment.session_expires_at
    if ends is not None and now < ends:
        return case
    return replace(
        case, payment=replace(case.payment, session_expires_at=now + ports.timing.session_lifetime)
    )


async def _to_shop(ports: Ports, payment: Payment) -> ToShop:
    """Back to the shop, with a session id that lives from now if it did not live already."""

    async def decision() -> Payment:
        before = await read_case(ports.store, payment.id)
        after = _with_session(ports, before)
        if after != before:
            await commit_case(ports, before, after, now=ports.clock.now())
        return after.payment

    current = await decide(ports, payment.setup_id, decision)
    return ToShop(current, shop_url(current))
