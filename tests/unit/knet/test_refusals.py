from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive

from fils.knet.refusals import (
    REFUSALS_APART_S,
    REFUSALS_AT_ONCE,
    REFUSED_AFTER_S,
    REFUSED_WITHIN_S,
    Refusals,
    source_of,
    wait_in_line,
)

HOURS_S = 3600.0


def waits(refusals: Refusals, times: Iterable[float], *, source: str = "a") -> list[float]:
    """How long each refusal of what came at *times* waits, to the millisecond."""
    return [round(refusals.answer_at(source, came_at=time) - time, 3) for time in times]


def test_the_first_refusals_wait_only_as_long_as_hides_the_work_on_them() -> None:
    assert waits(Refusals(), [7.0] * REFUSALS_AT_ONCE) == [REFUSED_AFTER_S] * REFUSALS_AT_ONCE


def test_further_refusals_wait_in_line() -> None:
    refusals = Refusals()
    waits(refusals, [7.0] * REFUSALS_AT_ONCE)
    assert waits(refusals, [7.0] * 3) == [0.2, 0.4, 0.6]
    assert waits(refusals, [8.0]) == [REFUSED_AFTER_S]


def test_no_refusal_waits_longer_than_the_line_is_allowed_to_be() -> None:
    refusals = Refusals()
    measured = waits(refusals, [7.0] * 1000)
    assert measured == sorted(measured)
    assert measured[-1] == REFUSED_WITHIN_S


def test_who_filled_the_line_is_served_at_the_steady_pace_and_forgiven_after_it() -> None:
    refusals = Refusals()
    waits(refusals, [0.0] * 1000)
    paced = [number * REFUSALS_APART_S for number in range(1, 100)]
    assert set(waits(refusals, paced)) == {REFUSED_WITHIN_S}
    rested = 200 + REFUSED_WITHIN_S + REFUSALS_AT_ONCE * REFUSALS_APART_S
    assert waits(refusals, [rested] * REFUSALS_AT_ONCE) == [REFUSED_AFTER_S] * REFUSALS_AT_ONCE


def test_no_source_waits_for_another() -> None:
    refusals = Refusals()
    waits(refusals, [0.0] * 1000)
    assert waits(refusals, [0.0], source="b") == [REFUSED_AFTER_S]


def test_of_too_many_sources_the_one_refused_least_recently_is_forgotten() -> None:
    refusals = Refusals(sources_max=2)
    for source in ("a", "b"):
        waits(refusals, [0.0] * 1000, source=source)
    waits(refusals, [0.0], source="a")
    waits(refusals, [0.0], source="c")
    assert len(refusals) == 2
    assert waits(refusals, [0.0], source="a") == [REFUSED_WITHIN_S]
    assert waits(refusals, [0.0], source="b") == [REFUSED_AFTER_S]


def test_what_came_earlier_and_is_refused_later_waits_behind() -> None:
    refusals = Refusals()
    waits(refusals, [10.0] * (REFUSALS_AT_ONCE + 5))
    assert waits(refusals, [9.9]) == [1.3]


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_address_is_a_source_and_so_is_a_network_of_ipv6(host: str, source: str) -> None:
    assert source_of(host) == source


# Waiting


def receiving(*messages: Message) -> Receive:
    """Gives *messages*, and then nothing for hours."""
    left = list(messages)

    async def receive() -> Message:
        if not left:
            await asyncio.sleep(HOURS_S)
        return left.pop(0)

    return receive


async def test_waiting_ends_when_its_time_has_come() -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + 0.01
    await wait_in_line(until, receiving({"type": "http.request", "body": b"rest"}))
    assert loop.time() >= until


async def test_a_time_that_has_passed_is_not_waited_for() -> None:
    await asyncio.wait_for(wait_in_line(0, receiving()), timeout=10)


async def test_a_client_that_hangs_up_frees_its_place_at_once() -> None:
    until = asyncio.get_running_loop().time() + HOURS_S
    await asyncio.wait_for(wait_in_line(until, receiving({"type": "http.disconnect"})), timeout=10)
    assert len(asyncio.all_tasks()) == 1


async def test_a_server_that_stops_is_not_held_up() -> None:
    until = asyncio.get_running_loop().time() + HOURS_S
    waiting = asyncio.ensure_future(wait_in_line(until, receiving()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
