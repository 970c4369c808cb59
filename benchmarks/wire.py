"""
How many messages of KNET's wire protocol one core reads and writes, beside a floor measured in the same run.

    .venv/bin/python -m benchmarks.wire --rounds 5 --seconds 1

A message is the captured answer of a whole payment or the request that starts one, read (decrypted, checked field by
field) or written. The floor is AES alone over the same octets, with the same library and a context for each message,
as the protocol needs it. Rounds are interleaved. Time is processor time of this one thread, so that a busy machine
changes it little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.support.report import median, print_goal, print_table, spread
from fils.domain.money import KWD, Money
from fils.knet import wire

LEAST_MESSAGES_PER_S: Final = 20_000
_AT_ONCE: Final = 200
"""So many messages between two looks at the clock."""
_KEY: Final = wire.TerminalKey("SIMKEY0123456789")
_CAPTURED: Final = wire.PaymentResponse(
    payment_id="100202600100000001",
    result="CAPTURED",
    track_id="TRK0000000001",
    amount=Money(1_500, KWD),
    auth="B12345",
    ref="600110000001",
    tran_id="202600100000002",
    post_date="0101",
    auth_resp_code="00",
    udf1="order7",
)
_START: Final = wire.PaymentRequest(
    tranportal_id="999901",
    password="simpass01",
    language=wire.Language.ENGLISH,
    amount=Money(1_500, KWD),
    response_url="https://merchant.example/knet/notifications/trm_4gubyq2w335upc54dx7a4257lq",
    error_url="https://merchant.example/knet/errors/trm_4gubyq2w335upc54dx7a4257lq",
    track_id="TRK0000000001",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One message in one direction, and AES alone over its octets."""

    name: str
    octet_count: int
    message: Callable[[], object]
    floor: Callable[[], object]


def main() -> None:
    options = _options()
    cases = _cases()
    rates: dict[str, list[float]] = {case.name: [] for case in cases}
    floors: dict[str, list[float]] = {case.name: [] for case in cases}
    for _ in range(options.rounds):
        for case in cases:
            rates[case.name].append(_rate(case.message, seconds=options.seconds))
            floors[case.name].append(_rate(case.floor, seconds=options.seconds))
    _report(cases, rates, floors)


def _cases() -> list[Case]:
    response = wire.write_payment_response(_CAPTURED, _KEY)
    request = wire.write_payment_request(_START, _KEY)
    if wire.read_payment_response(response, _KEY) != _CAPTURED:
        raise RuntimeError("the captured answer does not survive its own codec")
    if wire.read_payment_request(request, _KEY) != _START:
        raise RuntimeError("the start request does not survive its own codec")
    return [
        _case("read a captured answer", response, lambda: wire.read_payment_response(response, _KEY)),
        _case("write a captured answer", response, lambda: wire.write_payment_response(_CAPTURED, _KEY)),
        _case("read a start request", request, lambda: wire.read_payment_request(request, _KEY)),
        _case("write a start request", request, lambda: wire.write_payment_request(_START, _KEY)),
    ]


def _case(name: str, trandata: str, message: Callable[[], object]) -> Case:
    octets = bytes.fromhex(trandata)

    def floor() -> bytes:
        reads = name.startswith("read")
        context = _KEY.cipher.decryptor() if reads else _KEY.cipher.encryptor()
        return context.update(octets) + context.finalize()

    return Case(name, len(octets), message, floor)


def _rate(work: Callable[[], object], *, seconds: float) -> float:
    """How often *work* is done in a second of processor time."""
    for _ in range(_AT_ONCE):
        work()
    count, begun_at = 0, time.process_time()
    while (spent := time.process_time() - begun_at) < seconds:
        for _ in range(_AT_ONCE):
            work()
        count += _AT_ONCE
    return count / spent


def _report(cases: Sequence[Case], rates: dict[str, list[float]], floors: dict[str, list[float]]) -> None:
    rows = [
        (
            case.name,
            str(case.octet_count),
            spread(rates[case.name]),
            spread(floors[case.name]),
            spread([one / floor for one, floor in zip(rates[case.name], floors[case.name], strict=True)], 2),
        )
        for case in cases
    ]
    print_table(("message", "octets", "messages/s", "AES alone/s", "of the floor"), rows)
    print()
    slowest = min(median(measured) for measured in rates.values())
    print_goal(
        f"{slowest:,.0f} messages a second of the slowest kind; goal {LEAST_MESSAGES_PER_S:,}",
        slowest >= LEAST_MESSAGES_PER_S,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the codec of KNET's wire protocol.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="of processor time, for each case in a round"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
