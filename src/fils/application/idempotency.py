"""
Acting once: a request with an idempotency key commits what it does and what it answers together, or not at all.

A use case that can be repeated takes a ``Keep`` and puts what it returns into the batch that does the act. The unique
row of the kept answer decides between nodes; inside one node requests with the same key wait for each other first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from fils.application.ports import Ports
from fils.application.telemetry import Repeat
from fils.domain.errors import (
    ConcurrentUpdate,
    DomainError,
    DuplicateRequest,
    IdempotencyKeyReused,
    Overtaken,
)
from fils.domain.identifiers import AccountId, ProcessingChannelId
from fils.domain.kept_answer import KeptAnswer

KEPT_FOR: Final = timedelta(hours=24)
"""How long an answer is found again by its key (Checkout.com, idempotency)."""

WAITING_MAX: Final = 10
"""So many requests with one key wait for the one that acts. More than a shop's own retries is a loop of some kind."""

FORGOTTEN_AT_ONCE: Final = 1000
"""How many answers one change forgets at most, so that it keeps nobody waiting."""

_BODY_PURPOSE: Final = "request body"
ANSWER_PURPOSE: Final = "kept answer"
"""What the body of a kept answer is sealed for."""

T = TypeVar("T")

Keep = Callable[[T], Sequence[KeptAnswer]]
"""From what an act results in to the records that belong into the act's own batch."""


def keep_nothing(_result: object) -> Sequence[KeptAnswer]:
    """The ``Keep`` of a request without an idempotency key."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatableRequest:
    """A request with an idempotency key. Account, method, path and key together say which one it is."""

    account_id: AccountId
    method: str
    path: str
    key: str
    body: bytes = b""
    """UTF-8."""
    bound_to: ProcessingChannelId | None = None
    """The channel the caller's key is bound to. It is a part of what is asked: a body need not name it."""


@dataclass(frozen=True, slots=True)
class FinalAnswer:
    """What such a request is answered, the first time and each time after."""

    status: int
    body: bytes


async def act_once(
    ports: Ports,
    request: RepeatableRequest,
    *,
    act: Callable[[Keep[T]], Awaitable[T]],
    answer: Callable[[T], FinalAnswer],
) -> FinalAnswer:
    """
    Answer *request* as it was answered before, or act and keep the answer.

    Only what succeeded is kept: after an error the key is as good as new.

    Args:
        request: Which request it is.
        act: Does what is asked; puts what the ``Keep`` makes of its result into its own batch.
        answer: What a result is answered with; its body is UTF-8.

    Raises:
        IdempotencyKeyReused: If the key belongs to a request with another body.
        DuplicateRequest: If too many requests with this key wait already.
    """
    kept = await _kept_answer(ports, request)
    if kept is not None:
        return kept
    name = "\0".join(("once", request.account_id, request.method, request.path, request.key))
    before_us_count = ports.locks.count(name)
    if before_us_count > WAITING_MAX:
        ports.telemetry.key_repeated(Repeat.BUSY)
        raise DuplicateRequest
    async with ports.locks.holding(name):
        if before_us_count and (kept := await _kept_answer(ports, request)) is not None:
            return kept
        return await _act_and_keep(ports, request, act=act, answer=answer)


async def forget_old_answers(ports: Ports) -> int:
    """Forget every answer that has been kept for long enough; returns how many."""
    total = 0
    while True:
        forgotten = await forget_oldest_answers(ports)
        total += forgotten
        if forgotten < FORGOTTEN_AT_ONCE:
            return total


async def forget_oldest_answers(ports: Ports) -> int:
    """Forget the oldest of them, ``FORGOTTEN_AT_ONCE`` at most; returns how many. If so many, there may be more."""
    return await ports.store.forget_answers(before=ports.clock.now() - KEPT_FOR, limit=FORGOTTEN_AT_ONCE)


async def _act_and_keep(
    ports: Ports,
    request: RepeatableRequest,
    *,
    act: Callable[[Keep[T]], Awaitable[T]],
    answer: Callable[[T], FinalAnswer],
) -> FinalAnswer:
    made: list[FinalAnswer] = []

    def keep(result: T) -> Sequence[KeptAnswer]:
        # An act that was overtaken asks again; the last answer is the one that was kept.
        made.append(answer(result))
        return (_sealed(ports, request, made[-1]),)

    try:
        await act(keep)
    except (ConcurrentUpdate, Overtaken, DomainError):
        # It may be the same request, at another node, that was faster than we: then its answer is ours.
        kept = await _kept_answer(ports, request)
        if kept is None:
            raise
        return kept
    return made[-1]


async def _kept_answer(ports: Ports, request: RepeatableRequest) -> FinalAnswer | None:
    kept = await ports.store.kept_answer(
        request.account_id, method=request.method, path=request.path, key=request.key
    )
    if kept is None:
        return None
    if kept.kept_at < ports.clock.now() - KEPT_FOR:
        # Its row would be in the way of the new answer.
        await forget_old_answers(ports)
        return None
    if kept.body_digest != _digest(ports, request):
        ports.telemetry.key_repeated(Repeat.REFUSED)
        raise IdempotencyKeyReused
    ports.telemetry.key_repeated(Repeat.REPLAYED)
    return FinalAnswer(kept.status, ports.vault.open(ANSWER_PURPOSE, kept.sealed_body).encode())


def _sealed(ports: Ports, request: RepeatableRequest, answer: FinalAnswer) -> KeptAnswer:
    return KeptAnswer(
        account_id=request.account_id,
        method=request.method,
        path=request.path,
        key=request.key,
        body_digest=_digest(ports, request),
        status=answer.status,
        sealed_body=ports.vault.seal(ANSWER_PURPOSE, answer.body.decode()),
        kept_at=ports.clock.now(),
    )


def _digest(ports: Ports, request: RepeatableRequest) -> str:
    return ports.vault.hash(_BODY_PURPOSE, f"{request.bound_to or ''}\n{request.body.decode()}")
