"""
Proof by attack: a padding oracle attack on Fils' receiver in both modes, from as many addresses as it likes.

The attacker (``proofs/support/padding.py``) wants the terminal's key from a start message. Every answer has to be the
same to the octet, and what it guesses no better than chance; the times of answers to right and to wrong padding are
compared and printed. The tests run a small version, and let the same attacker find the key of a receiver that leaks.

    .venv/bin/python -m proofs.padding_attack --requests 20000 --seed 7
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Final

from proofs.support.many_sources import ManySources, Reply
from proofs.support.padding import BLOCK, PaddingAttack, Recovery, TimeDifference, compare_times
from proofs.support.started import StartedPayment, start_payment
from tests.support.process import FilsProcess

CHANCE_MOST: Final = 2
"""So many right octets of sixteen are chance: three or more are found by luck once in 30,000 attacks."""
_VALUES: Final = 256


def main() -> int:
    """Run the proof; returns the exit code: 1 when the attacker learnt anything."""
    options = _options()
    print(f"seed {options.seed}", flush=True)
    learnt = False
    with tempfile.TemporaryDirectory(prefix="fils-padding-") as folder, FilsProcess(Path(folder)) as fils:
        for mode in ("N", "L"):
            started = start_payment(fils.base_url, mode)
            recovery = asyncio.run(
                attack(
                    fils.port,
                    started,
                    Random(options.seed),
                    rounds=max(options.requests // (BLOCK * _VALUES), 1),
                )
            )
            right_count = recovery.right_octets(started.key)
            learnt |= len(recovery.answers) > 1 or right_count > CHANCE_MOST
            print(
                f"mode {mode}: {recovery.requests_count:,} requests, {len(recovery.answers)} different answers,"
                f" {right_count} of {BLOCK} octets of the key right",
                flush=True,
            )
            print(_told(asyncio.run(measure(fils.port, started, Random(options.seed), pairs=options.pairs))))
    return int(learnt)


async def attack(
    port: int, started: StartedPayment, random: Random, *, rounds: int, octet_count: int = BLOCK
) -> Recovery:
    """Attack Fils with the start message of *started*."""
    client = ManySources(port, random)
    attacker = PaddingAttack(
        ask=lambda ciphertext: _send(client, started, ciphertext),
        first_block=started.first_block,
        known=started.known_plaintext,
        random=random,
        rounds=rounds,
    )
    return await attacker.run(octet_count=octet_count)


async def measure(port: int, started: StartedPayment, random: Random, *, pairs: int) -> TimeDifference:
    """Send *pairs* of messages with right and with wrong padding, as only who has the key can, and compare times."""
    client = ManySources(port, random, at_once=4)
    decrypted = bytes(one ^ other for one, other in zip(started.key, started.known_plaintext, strict=True))

    async def seconds(last_octet: int) -> float:
        before = random.randbytes(BLOCK - 1) + bytes((decrypted[-1] ^ last_octet,))
        return (await _send(client, started, before + started.first_block)).seconds

    padded_right = [True, False] * pairs
    random.shuffle(padded_right)
    times = await asyncio.gather(*(seconds(0x01 if right else 0xFF) for right in padded_right))
    sample = list(zip(padded_right, times, strict=True))
    return compare_times(
        [time for right, time in sample if right], [time for right, time in sample if not right]
    )


async def _send(client: ManySources, started: StartedPayment, ciphertext: bytes) -> Reply:
    body, media_type = started.notification(ciphertext.hex())
    return await client.post(started.notification_path, body, media_type=media_type)


def _told(times: TimeDifference) -> str:
    return f"  right padding takes {times.median_us:+.1f} us longer by the median; z = {times.z:+.2f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Attack the receiver of notifications for the terminal's key."
    )
    parser.add_argument("--requests", type=int, default=20_000, help="in each mode, about")
    parser.add_argument("--pairs", type=int, default=2_000, help="whose times are compared in each mode")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="of every choice")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
