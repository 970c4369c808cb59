"""
SIGKILL between every two steps of a payment: to Fils, to its bank, to both at once.

A step ends where one party has done something and no other has heard of it yet; a gate between the servers keeps the
message for as long as it takes to kill. Payments at every one of these points wait for the same kill. Then all is
started again on the same files, most of the customers go on, and both books have to agree.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from fils.config import SANDBOX_BROWSER_CHANNEL, SANDBOX_CHANNEL
from proofs.support.books import Books, read_books
from proofs.support.laws import broken_laws, unsettled
from proofs.support.parties import Party
from proofs.support.traffic import Told
from tests.support.customer import APPROVING, CARD, DECLINING, FAILURE_URL, SUCCESS_URL, Shop
from tests.support.gate import Hold, Side
from tests.support.gated_stage import GatedStage, gated_stage, restart
from tests.support.journey import Afterwards, Journey, Sale

VICTIMS: Final[Mapping[str, tuple[str, ...]]] = {
    "fils": ("fils",),
    "bank": ("bank",),
    "both": ("fils", "bank"),
}
_SETTLED_WITHIN_S: Final = 120
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where a payment stands when the kill comes."""

    name: str
    step_count: int
    """How many steps of the journey are done."""
    channels: tuple[str, ...] = (SANDBOX_CHANNEL, SANDBOX_BROWSER_CHANNEL)
    holds: str | None = None
    """Which gate keeps a message: ``news`` or ``inquiries``."""
    side: Side = Side.REQUEST
    passes_count: int = 0
    nobody_came: bool = False
    """The message is the settling loop's, since the browser did not come back; otherwise it is of the next step."""
    is_cut: bool = False
    """The message is cut just before the kill, and what follows from that is not done yet."""
    digits: str = CARD[1]
    results: tuple[tuple[str, str], ...] = (APPROVING, DECLINING)
    """Expiries of the card that make a difference here."""

    @property
    def has_decided(self) -> bool:
        """Whether the bank has."""
        return self.step_count >= _ENDED or self.holds is not None


_ANY: Final = (APPROVING,)
"""Before the bank has decided a declined card is no other case than an approved one."""
_OTP_CARD: Final = "0000000092"
_N: Final = (SANDBOX_CHANNEL,)
_L: Final = (SANDBOX_BROWSER_CHANNEL,)
_CARD_ENTERED: Final = 6
_ENDED: Final = 7

STOPS: Final = (
    Stop(name="setup created", step_count=1, results=_ANY),
    Stop(name="payment confirmed", step_count=2, results=_ANY),
    Stop(name="link opened, attempt stored", step_count=3, results=_ANY),
    Stop(name="order opened at the bank", step_count=4, results=_ANY),
    Stop(name="card page shown", step_count=5, results=_ANY),
    Stop(name="card entered, bank has not decided", step_count=_CARD_ENTERED, results=_ANY),
    Stop(name="one-time password asked for", step_count=_CARD_ENTERED, results=_ANY, digits=_OTP_CARD),
    Stop(name="bank decided, Fils not told", step_count=_CARD_ENTERED, channels=_N, holds="news"),
    Stop(
        name="Fils told, not acknowledged",
        step_count=_CARD_ENTERED,
        channels=_N,
        holds="news",
        side=Side.ANSWER,
    ),
    Stop(
        name="bank could not tell, money not given back yet",
        step_count=_CARD_ENTERED,
        channels=_N,
        holds="news",
        is_cut=True,
    ),
    Stop(name="acknowledged, browser not back", step_count=_ENDED, channels=_N),
    Stop(name="bank decided, browser has the news", step_count=_ENDED, channels=_L),
    Stop(name="browser back, inquiry not made", step_count=_ENDED, holds="inquiries"),
    Stop(name="inquiry answered, not heard", step_count=_ENDED, holds="inquiries", side=Side.ANSWER),
    Stop(name="decided, browser not sent to the shop", step_count=8),
    Stop(
        name="nobody came back, inquiry not made",
        step_count=_ENDED,
        channels=_N,
        holds="inquiries",
        nobody_came=True,
    ),
    Stop(
        name="nobody came back, inquiry answered, not heard",
        step_count=_ENDED,
        channels=_N,
        holds="inquiries",
        side=Side.ANSWER,
        nobody_came=True,
    ),
    Stop(
        name="capture provisional, second inquiry not made",
        step_count=_ENDED,
        channels=_N,
        holds="inquiries",
        passes_count=1,
        nobody_came=True,
        results=_ANY,  # a refusal that was told is never provisional
    ),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One payment of the test."""

    stop: Stop
    sale: Sale

    def __str__(self) -> str:
        sale = self.sale
        mode = "N" if sale.channel == SANDBOX_CHANNEL else "L"
        card = "approved" if sale.expiry == APPROVING else "declined"
        return f"{self.stop.name} ({mode}, {card}, customers {sale.afterwards})"

    @property
    def expected(self) -> str:
        """The payment's status in the end, whoever was killed; empty if there is no payment."""
        if not self.stop.has_decided and self.sale.afterwards is Afterwards.LEAVE:
            return "Expired" if self.stop.step_count > 1 else ""
        if self.sale.expiry == DECLINING:
            return "Canceled"
        # KNET gives back what was not acknowledged.
        return "Declined" if self.stop.holds == "news" else "Captured"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of everything after one kill."""

    faults: list[str]
    """What broke a law."""
    ends: Mapping[Plan, tuple[str, Journey]]
    """Every payment's status, and the way to it."""


def _plans() -> Iterator[Plan]:
    for stop in STOPS:
        for channel, expiry, afterwards in product(stop.channels, stop.results, Afterwards):
            # What was held has never reached anybody: whoever goes on repeats that step anyway.
            if stop.holds is None or afterwards is not Afterwards.REPEAT:
                sale = Sale(channel=channel, expiry=expiry, digits=stop.digits, afterwards=afterwards)
                yield Plan(stop, sale)


PLANS: Final = tuple(_plans())


class Crash:
    """Every plan, brought to its point of one payment, and one kill."""

    def __init__(self, stage: GatedStage, victims: Sequence[Party]) -> None:
        self._stage = stage
        self._victims = victims
        self._told = Told()
        shop = Shop(stage.base_url)
        self._journeys = {plan: Journey(shop, plan.sale, self._told) for plan in PLANS}
        self._shop = shop
        self._holds: dict[Plan, Hold] = {}

    def run(self) -> Outcome:
        """Bring them there, kill, start again, let customers go on, and wait until all is settled."""
        self._bring_to_their_points()
        self._cut_what_is_cut_before()
        for victim in self._victims:
            victim.kill()
        for gate in self._stage.gates:
            gate.cut_all()
        restart(self._victims)
        until = time.monotonic() + _SETTLED_WITHIN_S
        going_on = [
            journey
            for plan, journey in self._journeys.items()
            if plan.sale.afterwards is not Afterwards.LEAVE
        ]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda journey: journey.go_on(until=until), going_on))
            list(pool.map(lambda journey: journey.reach_shop(until=until), going_on))
        books = self._settled_books(until)
        ends = {plan: (self._status(journey), journey) for plan, journey in self._journeys.items()}
        return Outcome(broken_laws(books, self._told), ends)

    def _bring_to_their_points(self) -> None:
        """Those that take longest first; last those whose bank may not wait longer than the reversal window."""
        groups: dict[str, list[Plan]] = {"loop": [], "": [], "inquiries": [], "news": []}
        for plan in self._journeys:
            groups["loop" if plan.stop.nobody_came else plan.stop.holds or ""].append(plan)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for hold in list(pool.map(self._walk_and_hold, groups["loop"])):
                hold.wait_until_reached()
            # A link is good for some seconds only, so those that have yet to open it are confirmed last.
            list(pool.map(self._walk, [*groups["inquiries"], *groups["news"], *reversed(groups[""])]))
            list(pool.map(self._walk_into, [*groups["inquiries"], *groups["news"]]))

    def _cut_what_is_cut_before(self) -> None:
        cut = [plan for plan in self._journeys if plan.stop.is_cut]
        for plan in cut:
            self._holds[plan].cut()
        for plan in cut:
            self._journeys[plan].join()

    def _walk(self, plan: Plan) -> None:
        self._journeys[plan].walk(plan.stop.step_count)

    def _walk_and_hold(self, plan: Plan) -> Hold:
        self._walk(plan)
        return self._hold(plan)

    def _walk_into(self, plan: Plan) -> None:
        self._journeys[plan].walk_into(self._hold(plan))

    def _hold(self, plan: Plan) -> Hold:
        stop = plan.stop
        gate = self._stage.news if stop.holds == "news" else self._stage.inquiries
        hold = gate.hold(self._journeys[plan].track_id, stop.side, passes_count=stop.passes_count)
        self._holds[plan] = hold
        return hold

    def _settled_books(self, until: float) -> Books:
        while True:
            books = read_books(self._stage.database, self._stage.bank_books)
            if not any(unsettled(books)) or time.monotonic() > until:
                return books
            time.sleep(0.5)

    def _status(self, journey: Journey) -> str:
        return str(self._shop.payment(journey.payment_id)["status"]) if journey.payment_id else ""


def crash(victims: str, folder: Path) -> Outcome:
    """One kill of *victims*, in a folder of its own."""
    folder.mkdir()
    with gated_stage(folder) as stage:
        parties = {"fils": stage.fils, "bank": stage.bank}
        return Crash(stage, [parties[name] for name in VICTIMS[victims]]).run()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """All kills, side by side: most of the time they wait for a window to pass."""
    folder = tmp_path_factory.mktemp("kills")
    with ThreadPoolExecutor(len(VICTIMS)) as pool:
        found = pool.map(lambda victims: crash(victims, folder / victims), VICTIMS)
        return dict(zip(VICTIMS, found, strict=True))


@pytest.mark.parametrize("victims", VICTIMS)
def test_every_law_holds_after_the_kill(outcomes: Mapping[str, Outcome], victims: str) -> None:
    assert outcomes[victims].faults == []


@pytest.mark.parametrize("plan", PLANS, ids=str)
@pytest.mark.parametrize("victims", VICTIMS)
def test_the_payment_ends_rightly(outcomes: Mapping[str, Outcome], victims: str, plan: Plan) -> None:
    status, journey = outcomes[victims].ends[plan]
    assert status == ("Expired" if journey.came_too_late else plan.expected)
    if plan.sale.afterwards is not Afterwards.LEAVE:
        assert journey.landed_at.startswith(SUCCESS_URL if status == "Captured" else FAILURE_URL)
