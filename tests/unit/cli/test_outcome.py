"""Waiting for the end of a payment, and what each end is called."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fils.cli.outcome import NOT_PAID, PAID, UNDECIDED, judge, wait_for_decision
from fils.cli.payments_api import ApiRefused, ApiUnreachable, Payment, PaymentAction


def payment(status: str, *, response_code: str = "", actions: tuple[PaymentAction, ...] = ()) -> Payment:
    return Payment(
        id="pay_4gubyq2w335upc54dx7a4257lq",
        status=status,
        amount=1000,
        currency="KWD",
        response_code=response_code,
        actions=actions,
    )


@dataclass
class Visit:
    """Time that passes only while somebody pauses, and answers in their order; the last one stays."""

    answers: list[Payment | Exception]
    now_s: int = 0
    told: list[tuple[str, int]] = field(default_factory=list)

    def ask(self) -> Payment:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def pause(self, seconds: int) -> None:
        self.now_s += seconds

    def wait(self, timeout_s: int = 10) -> Payment | None:
        return wait_for_decision(
            self.ask,
            timeout_s=timeout_s,
            tell=lambda text, elapsed_s: self.told.append((text, elapsed_s)),
            seconds=lambda: self.now_s,
            pause=self.pause,
        )


PENDING = payment("Pending")
CAPTURED = payment("Captured")


def test_a_payment_that_is_decided_already_is_not_waited_for() -> None:
    visit = Visit([CAPTURED])
    assert visit.wait() is CAPTURED
    assert visit.told == []


def test_it_asks_each_second_and_tells_how_long_it_has_waited() -> None:
    visit = Visit([PENDING, PENDING, CAPTURED])
    assert visit.wait() is CAPTURED
    assert visit.told == [("Waiting for the customer", 0), ("Waiting for the customer", 1)]


def test_it_gives_up_when_the_time_is_over() -> None:
    visit = Visit([PENDING])
    assert visit.wait(timeout_s=3) is None
    assert visit.now_s == 3


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (ApiUnreachable("Connection refused"), "Fils does not answer, asking again"),
        (ApiRefused(status=503), "Fils answers 503, asking again"),
        (ApiRefused(status=429), "Fils answers 429, asking again"),
    ],
)
def test_trouble_that_may_pass_is_told_and_waited_out(trouble: Exception, words: str) -> None:
    visit = Visit([trouble, CAPTURED])
    assert visit.wait() is CAPTURED
    assert visit.told == [(words, 0)]


def test_a_server_that_never_answers_again_ends_the_wait_undecided() -> None:
    assert Visit([ApiUnreachable("Connection refused")]).wait(timeout_s=3) is None


@pytest.mark.parametrize("status", [200, 401, 404])
def test_a_refusal_that_will_not_change_ends_the_wait(status: int) -> None:
    with pytest.raises(ApiRefused):
        Visit([PENDING, ApiRefused(status=status)]).wait()


@pytest.mark.parametrize(
    ("status", "words", "exit_code"),
    [
        ("Captured", "Paid.", PAID),
        ("Canceled", "Not paid: the bank declined it.", NOT_PAID),
        ("Declined", "Not paid: KNET took the money and then gave it back.", NOT_PAID),
        ("Expired", "Not paid: nobody finished it in time.", NOT_PAID),
        ("Voided", "Not paid: the money had come and was taken back.", NOT_PAID),
    ],
)
def test_each_end_has_its_words_and_exit_code(status: str, words: str, exit_code: int) -> None:
    verdict = judge(payment(status))
    assert (verdict.words, verdict.exit_code) == (words, exit_code)


def test_a_customer_who_cancelled_is_told_from_a_bank_that_declined() -> None:
    words = "Not paid: the customer cancelled."
    assert judge(payment("Canceled", response_code="20017")).words == words
    assert judge(payment("Canceled", actions=(PaymentAction(response_code="20017"),))).words == words


@pytest.mark.parametrize("status", ["Authorized", "Refunded", "captured", ""])
def test_an_unfamiliar_status_is_neither_paid_nor_not_paid(status: str) -> None:
    assert judge(payment(status)).exit_code == UNDECIDED
