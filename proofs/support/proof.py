"""One proof from its seed: the traffic and the kills, the wait until all is settled, the laws."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from proofs.support.books import Books, read_books
from proofs.support.laws import broken_laws, unsettled
from proofs.support.parties import Killer, Stage, staged
from proofs.support.traffic import Told, sell
from tests.support.customer import Shop
from tests.support.postgresql import PostgresqlServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a proof consists of."""

    seed: int
    payments_count: int
    """At most so many sales; a sale makes one payment or two."""
    seconds: float
    """No sale starts after that time."""
    customers_count: int = 16
    kills_bank: bool = False
    """Whether the bank is killed too."""
    on_postgresql: bool = False
    """Whether Fils stores in a PostgreSQL of its own, with every commit on disk."""
    settle_s: float = 240
    """How long the payments may take to settle after the last sale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a proof went."""

    faults: list[str]
    """What broke a law; empty when all hold."""
    kill_counts: Mapping[str, int]
    statuses: Mapping[str, int]
    """How many payments ended with which status."""
    attempts: Mapping[str, int]
    """The same for attempts; ``surplus`` are captures beside another."""
    traffic_s: float
    settle_s: float
    payments_count: int


def prove(plan: Plan, folder: Path) -> Result:
    """Run *plan* in *folder*, which keeps the databases and all that was printed."""
    with contextlib.ExitStack() as stack:
        database = _new_database(stack) if plan.on_postgresql else None
        stage = stack.enter_context(staged(folder, database=database))
        told = Told()
        victims = (stage.fils, stage.bank) if plan.kills_bank else (stage.fils,)
        killer = Killer(victims, Random(plan.seed))
        begun_at = time.monotonic()
        with killer.at_work():
            sell(
                stage.base_url,
                told,
                purchases_count=plan.payments_count,
                customers_count=plan.customers_count,
                seed=plan.seed,
                until=begun_at + plan.seconds,
            )
        sold_at = time.monotonic()
        books = _settled_books(stage, deadline=sold_at + plan.settle_s)
        settled_at = time.monotonic()
        faults = broken_laws(books, told) + _unreadable(stage, told)
    return Result(
        faults=faults,
        kill_counts=killer.kill_counts,
        statuses=Counter(str(payment.status) for payment in books.payments),
        attempts=Counter(
            "surplus" if attempt.is_surplus else str(attempt.state) for attempt in books.attempts
        ),
        traffic_s=sold_at - begun_at,
        settle_s=settled_at - sold_at,
        payments_count=len(books.payments),
    )


def _new_database(stack: contextlib.ExitStack) -> str:
    server = stack.enter_context(PostgresqlServer())
    return server.url(asyncio.run(server.create_database()))


def _settled_books(stage: Stage, *, deadline: float) -> Books:
    books = read_books(stage.database, stage.bank_books)
    while any(unsettled(books)) and time.monotonic() < deadline:
        time.sleep(0.5)
        books = read_books(stage.database, stage.bank_books)
    return books


def _unreadable(stage: Stage, told: Told) -> list[str]:
    """What the API does not know any more of what it once answered with a 2xx."""
    shop = Shop(stage.base_url)
    paths = [f"/payments/setups/{name}" for name in told.setups] + [
        f"/payments/{name}" for name in told.payments
    ]
    return [f"I7 {path} cannot be read" for path in paths if shop.get(path).status != 200]
