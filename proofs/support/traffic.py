"""Customers as they are: they pay, decline, cancel, leave, reload, come twice and come late, whoever is down."""

from __future__ import annotations

import html
import http.client
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fils.config import SANDBOX_BROWSER_CHANNEL, SANDBOX_CHANNEL
from tests.support.customer import (
    APPROVING,
    DECLINING,
    DOCUMENTED_REQUEST,
    SUCCESS_URL,
    Answer,
    Customer,
    Shop,
    link_of,
)

TROUBLE: Final = (OSError, http.client.HTTPException)
"""What a client meets when the server dies or is down."""

_API_TRIES_MAX: Final = 60
_STEPS_MAX: Final = 14
"""So many steps a customer takes in one visit before giving up."""
_RETURN_PATH: Final = "/knet-external/return/"


@dataclass
class Told:
    """What shops were told with a 2xx, or their customers by being sent to the success url. Shared by threads."""

    setups: list[str] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)
    captured: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What one customer at one browser is going to do."""

    expiry: tuple[str, str] = APPROVING
    cancels: bool = False
    leaves_at: str | None = None
    """``card``, ``confirm`` or ``end``: the browser is closed on this page, or after the bank has decided."""
    pause_s: float = 0
    """How long the customer looks for the card."""
    opens_count: int = 1
    """How often the link is opened at the start."""
    returns_count: int = 1
    """How often the return address is loaded."""


def drawn_mind(random: Random) -> Mind:
    """A customer's mind; half of them simply pay."""
    if random.random() < 0.5:
        return Mind(returns_count=random.choice((1, 1, 2)))
    return Mind(
        expiry=random.choice((APPROVING, APPROVING, DECLINING)),
        cancels=random.random() < 0.2,
        leaves_at=random.choice((None, None, "card", "confirm", "end", "end")),
        pause_s=random.choice((0, 0, 0, random.uniform(0, 3), random.uniform(6, 12))),
        opens_count=random.choice((1, 1, 2)),
        returns_count=random.choice((1, 1, 3)),
    )


class Visitor(Customer):
    """A browser with a mind, which knows what page it is on."""

    def __init__(self, link: str, mind: Mind, random: Random) -> None:
        super().__init__()
        self._link = link
        self._mind = mind
        self._random = random

    def walk(self) -> str:
        """From the link to the shop's address, or as far as the customer goes; returns where the browser is."""
        opens_left = self._mind.opens_count
        for _ in range(_STEPS_MAX):
            try:
                if opens_left:
                    opens_left -= 1
                    self.open(self._link)
                elif not self._step():
                    break
            except TROUBLE:
                time.sleep(self._random.uniform(0.1, 0.8))
                opens_left = max(opens_left, self._random.choice((0, 0, 1)))
        return self.url

    def _step(self) -> bool:
        """One step; False when the customer goes no further."""
        mind = self._mind
        if 'name="debitNumber"' in self.page:
            time.sleep(mind.pause_s)
            if mind.leaves_at == "card":
                return False
            if mind.cancels:
                self.cancel()
            else:
                self.fill_in_card(mind.expiry)
            return True
        if 'name="proceedConfirm"' in self.page:
            return mind.leaves_at != "confirm" and self._confirm()
        if self.carries_news:
            self._hand_over()
            return True
        way_back = re.search(r'href="([^"]*/knet/errors/[^"]*)"', self.page)
        if way_back is not None:
            self.open(html.unescape(way_back[1]))
            return True
        if self.url.startswith("https://example.com/"):
            return False
        time.sleep(self._random.uniform(0.2, 1))
        self.open(self._random.choice((self._link, self.url or self._link)))
        return True

    def _confirm(self) -> bool:
        answer = self._post({"proceedConfirm": "1"})
        if answer.status != 303 or self._mind.leaves_at == "end":
            # In mode L this is the page whose button carries the news.
            self.page = answer.text
            return self._mind.leaves_at != "end"
        self.url, self.page = answer.location, ""
        for _ in range(self._mind.returns_count):
            self.open(answer.location)
        return _RETURN_PATH in answer.location

    def _hand_over(self) -> None:
        news = self.page
        for _ in range(self._mind.returns_count):
            self.page = news
            self.hand_over()


class Purchase:
    """One shop's sale: a setup, its confirm, and whoever opens the link."""

    def __init__(self, shop: Shop, told: Told, random: Random) -> None:
        self._shop = shop
        self._told = told
        self._random = random

    def run(self) -> None:
        """The whole sale; now and then the shop confirms again once a payment has ended without money."""
        channel = self._random.choice((SANDBOX_CHANNEL, SANDBOX_BROWSER_CHANNEL))
        request = {**DOCUMENTED_REQUEST, "processing_channel_id": channel}
        created = self._insist(lambda: self._shop.post("/payments/setups", request))
        if created is None or created.status != 200:
            raise RuntimeError(f"no setup could be created: {created}")
        setup_id = str(created.json()["id"])
        self._told.setups.append(setup_id)
        for _ in range(self._random.choice((1, 1, 2))):
            link = self._confirm(setup_id)
            if link is None:
                return
            self._visit(link)
            self._look(setup_id)

    def _confirm(self, setup_id: str) -> str | None:
        """The link of a new payment, or None if there is none to be had."""
        confirmed = self._insist(lambda: self._shop.post(f"/payments/setups/{setup_id}/confirm/knet"))
        if confirmed is None:
            return None
        if confirmed.status == 202:
            payment = confirmed.json()
            self._told.payments.append(str(payment["id"]))
            return link_of(payment)
        # The answer of an earlier try was lost, or the setup is paid.
        seen = self._insist(lambda: self._shop.get(f"/payments/setups/{setup_id}"))
        latest = seen.json().get("latest_payment") if seen else None
        if not isinstance(latest, dict) or latest["status"] != "Pending":
            return None
        return link_of(latest)

    def _visit(self, link: str) -> None:
        browser_count = self._random.choice((1, 1, 1, 2))
        visitors = [
            Visitor(link, drawn_mind(self._random), Random(self._random.random()))
            for _ in range(browser_count)
        ]
        threads = [threading.Thread(target=self._walk, args=(visitor,)) for visitor in visitors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _walk(self, visitor: Visitor) -> None:
        end = visitor.walk()
        if end.startswith(f"{SUCCESS_URL}?"):
            self._told.captured.update(parse_qs(urlsplit(end).query)["cko-payment-id"])

    def _look(self, setup_id: str) -> None:
        """What the API once called Captured has to stay so."""
        seen = self._insist(lambda: self._shop.get(f"/payments/setups/{setup_id}"))
        latest = seen.json().get("latest_payment") if seen else None
        if isinstance(latest, dict) and latest["status"] == "Captured":
            self._told.captured.add(str(latest["id"]))

    def _insist(self, ask: Callable[[], Answer]) -> Answer | None:
        """Ask until there is an answer that is no trouble of the server's own."""
        for _ in range(_API_TRIES_MAX):
            try:
                answer = ask()
            except TROUBLE:
                time.sleep(self._random.uniform(0.1, 0.5))
                continue
            if answer.status < 500:
                return answer
            time.sleep(self._random.uniform(0.1, 0.5))
        return None


def sell(
    base_url: str, told: Told, *, purchases_count: int, customers_count: int, seed: int, until: float
) -> int:
    """
    Let *customers_count* customers at a time buy, and return how many purchases there were.

    Args:
        base_url: Where the shop finds Fils.
        told: Filled with what shops and customers were told.
        purchases_count: At most so many.
        customers_count: So many at a time.
        seed: Of every choice.
        until: By ``time.monotonic``; none starts after it.
    """
    numbers = iter(range(purchases_count))
    taking = threading.Lock()
    done: list[int] = []
    failures: list[Exception] = []

    def keep_buying() -> None:
        while time.monotonic() < until and not failures:
            with taking:
                number = next(numbers, None)
            if number is None:
                return
            try:
                Purchase(Shop(base_url), told, Random(f"{seed} {number}")).run()
            except Exception as failure:
                failures.append(failure)
                return
            done.append(number)

    threads = [threading.Thread(target=keep_buying) for _ in range(customers_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return len(done)
