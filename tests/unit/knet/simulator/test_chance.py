"""Chances follow from the seed, the payment id and their purpose, and from nothing else."""

from __future__ import annotations

from datetime import timedelta

from fils.knet.simulator.chance import seeded_delay, seeded_number

LONGEST = timedelta(seconds=120)
IDS = [f"1006061100000{number:05d}" for number in range(200)]


def test_delays_are_the_same_again() -> None:
    assert seeded_delay(1, IDS[0], "reversal", LONGEST) == seeded_delay(1, IDS[0], "reversal", LONGEST)


def test_delays_differ_by_seed_payment_and_purpose() -> None:
    delays = {
        seeded_delay(1, IDS[0], "reversal", LONGEST),
        seeded_delay(2, IDS[0], "reversal", LONGEST),
        seeded_delay(1, IDS[1], "reversal", LONGEST),
        seeded_delay(1, IDS[0], "capture", LONGEST),
    }

    assert len(delays) == 4


def test_delays_spread_over_the_whole_time_and_no_further() -> None:
    delays = [seeded_delay(1, payment_id, "reversal", LONGEST) for payment_id in IDS]

    assert timedelta() <= min(delays) < timedelta(seconds=10)
    assert timedelta(seconds=110) < max(delays) <= LONGEST


def test_no_delay_is_a_delay_too() -> None:
    assert seeded_delay(1, IDS[0], "reversal", timedelta()) == timedelta()


def test_numbers_stay_below_their_count() -> None:
    assert {seeded_number(1, payment_id, "bit", 3) for payment_id in IDS} == {0, 1, 2}
