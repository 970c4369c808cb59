"""
What needs a person, and a person's word that ends it.

Until somebody has spoken the API says Pending, or whatever the payment was before. A word is evidence like any other:
it is stored with who gave it and what it rests on, in the commit of what it decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from fils.application.deciding import commit_case, decide, read_case
from fils.application.ports import Ports
from fils.application.settling import new_evidence
from fils.domain.account import Account
from fils.domain.errors import InvariantViolated, NotFound, ResolutionRefused
from fils.domain.evidence import Evidence, EvidenceKind, Resolution
from fils.domain.identifiers import PAYMENT_ATTEMPT, PaymentAttemptId, PaymentId, is_identifier
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.resolving import Effect, effect_of, new_resolution, resolve
from fils.domain.settling import Case

PAGE_MAX: Final = 100
"""How many attempts one page lists at most."""


class NextStep(StrEnum):
    """What an operator is advised to do about an attempt."""

    LOOK_UP = "look_up"
    """Find out with the bank whether the money came, and say which."""
    LOOK_UP_CAPTURE = "look_up_capture"
    """Find out with the bank whether the capture that counts still stands."""
    GIVE_BACK = "give_back"
    """The capture does not pay the setup: give it back at the bank, then say so."""
    NOTHING = "nothing"
    """Nobody has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """An attempt as an operator sees it."""

    account: Account
    payment: Payment
    attempt: PaymentAttempt
    last_word: Evidence | None
    """What KNET said about it last, in whatever way; None if it said nothing that can be read."""

    @property
    def next_step(self) -> NextStep:
        """What to do about it."""
        if self.attempt.attention is None:
            return NextStep.NOTHING
        if self.attempt.is_surplus:
            return NextStep.GIVE_BACK
        return NextStep.LOOK_UP_CAPTURE if self.attempt.counts else NextStep.LOOK_UP


@dataclass(frozen=True, slots=True)
class AttentionPage:
    """Some of the attempts that need a person, oldest first."""

    attempts: tuple[AttemptView, ...]
    next_after: PaymentAttemptId | None
    """Where the next page begins; None if this is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person says about an attempt."""

    is_captured: bool
    by: str
    """Who says so."""
    why: str
    """What it rests on."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """An attempt, and what a person's word does to it or has done."""

    view: AttemptView
    effect: Effect


async def list_attention(ports: Ports, *, after: PaymentAttemptId | None, limit: int) -> AttentionPage:
    """
    The attempts of all accounts that need a person, oldest first.

    Args:
        after: The last attempt of the page before; None for the first page.
        limit: At most so many, and never more than ``PAGE_MAX``.
    """
    count = min(max(limit, 1), PAGE_MAX)
    found = await ports.store.attempts_needing_a_person(after=after, limit=count + 1)
    shown = found[:count]
    views = [
        _view(await _account(ports, item), await read_case(ports.store, item.payment_id), item.id)
        for item in shown
    ]
    return AttentionPage(tuple(views), shown[-1].id if len(found) > count else None)


async def preview_resolution(ports: Ports, name: str, word: Word) -> Resolved:
    """
    What ``resolve_attempt`` would do now. Nothing is changed.

    Args:
        name: The id of an attempt, or of a payment with one attempt that can be meant.
        word: What a person would say.

    Raises:
        NotFound: If there is no such payment or attempt.
        ResolutionRefused: If the word would not be taken; its text says why.
    """
    target = await _target(ports, name)
    case = await read_case(ports.store, target.payment_id)
    effect, _ = _judge(ports, case, target.id, word)
    return Resolved(_view(await _account(ports, target), case, target.id), effect)


async def resolve_attempt(ports: Ports, name: str, word: Word, *, expected: Effect) -> Resolved:
    """
    Take a person's word about an attempt as evidence, and decide by it.

    Args:
        name: The id of an attempt, or of a payment with one attempt that can be meant.
        word: What the person says.
        expected: What the person was told that it does; anything else is not done.

    Raises:
        NotFound: If there is no such payment or attempt.
        ResolutionRefused: If the word is not taken; its text says why.
        StorageUnavailable: If it could not be stored.
    """
    target = await _target(ports, name)

    async def decision() -> Case:
        before = await read_case(ports.store, target.payment_id)
        effect, resolution = _judge(ports, before, target.id, word)
        if effect is not expected:
            raise ResolutionRefused(
                "changed_meanwhile", "what is known about the attempt has changed meanwhile; look at it again"
            )
        after = resolve(before, target.id, effect, resolution)
        evidence = _evidence(ports, before.attempt(target.id), resolution)
        return await commit_case(ports, before, after, now=resolution.at, evidence=(evidence,))

    case = await decide(ports, target.setup_id, decision)
    return Resolved(_view(await _account(ports, target), case, target.id), expected)


def _judge(ports: Ports, case: Case, attempt_id: PaymentAttemptId, word: Word) -> tuple[Effect, Resolution]:
    now = ports.clock.now()
    about = case.attempt(attempt_id).attention
    resolution = new_resolution(is_captured=word.is_captured, by=word.by, why=word.why, at=now, about=about)
    effect = effect_of(case, attempt_id, is_captured=word.is_captured, now=now, timing=ports.timing)
    return effect, resolution


def _evidence(ports: Ports, attempt: PaymentAttempt, resolution: Resolution) -> Evidence:
    """The word as evidence. The same words at different times are different evidence."""
    content = f"{resolution.at.isoformat()} {resolution.is_captured} {resolution.by} {resolution.why}"
    return replace(
        new_evidence(ports, attempt, EvidenceKind.RESOLUTION, content=content), resolution=resolution
    )


async def _target(ports: Ports, name: str) -> PaymentAttempt:
    if is_identifier(PAYMENT_ATTEMPT, name):
        attempt = await ports.store.attempt(PaymentAttemptId(name))
        if attempt is None:
            raise NotFound
        return attempt
    if await ports.store.payment(PaymentId(name)) is None:
        raise NotFound
    attempts = await ports.store.attempts(PaymentId(name))
    candidates = tuple(item for item in attempts if item.attention is not None) or attempts
    if len(candidates) != 1:
        raise _attempt_required(candidates)
    return candidates[0]


def _attempt_required(candidates: tuple[PaymentAttempt, ...]) -> ResolutionRefused:
    if not candidates:
        return ResolutionRefused(
            "nothing_to_resolve",
            "the customer never came to KNET's page, so the payment has no attempt to resolve",
        )
    names = ", ".join(f"{item.id} ({item.state})" for item in candidates)
    return ResolutionRefused("attempt_required", f"the payment has several attempts; name one of {names}")


async def _account(ports: Ports, attempt: PaymentAttempt) -> Account:
    account = await ports.store.account(attempt.account_id)
    if account is None:
        raise InvariantViolated("an attempt has no account")
    return account


def _view(account: Account, case: Case, attempt_id: PaymentAttemptId) -> AttemptView:
    words = [item for item in case.evidence if item.attempt_id == attempt_id and item.statement is not None]
    return AttemptView(
        account=account,
        payment=case.payment,
        attempt=case.attempt(attempt_id),
        last_word=words[-1] if words else None,
    )
