"""
Proof by forgery: whatever is sent to the address for notifications, only the bank's own messages are taken.

A real process, payments under way in both modes, and against each: every bit of a captured message turned, its blocks
cut, doubled, exchanged and spliced with those of other payments, and random bodies. All get the one refusal, to the
octet. Then the customer pays, the true message is taken, and the payment is Captured; replays change nothing, and
in the end both books agree. The tests run a small version.

    .venv/bin/python -m proofs.forged_notifications --bodies 100000 --seed 7
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Final

from proofs.support.books import read_books
from proofs.support.forgeries import bit_flips, edits, random_bodies
from proofs.support.laws import broken_laws_of_money
from proofs.support.siege import Siege
from tests.support.process import FilsProcess

_BODIES_OF_A_PAYMENT: Final = 20_000
"""A payment has to be paid within minutes of its start, so after so many bodies the next one is started."""
_MODES: Final = ("N", "L")


def main() -> int:
    """Run the proof; returns the exit code: 1 when anything but the refusal came back, or the books differ."""
    options = _options()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="fils-forged-") as folder, fils_in(Path(folder)) as fils:
        siege = besiege(fils, Random(options.seed), bodies_count=options.bodies)
    print(", ".join(f"{count:,} {label}" for label, count in sorted(siege.sent.items())))
    print(f"{siege.sent.total():,} forgeries, {len(siege.captured)} payments captured rightly beside them")
    print(
        "\n".join(siege.faults[:40])
        if siege.faults
        else "no wrong answer, no wrong capture, both books agree"
    )
    return 1 if siege.faults else 0


def fils_in(folder: Path) -> FilsProcess:
    """A Fils with both books in *folder*."""
    return FilsProcess(folder, database="fils.sqlite3", environment={"FILS_DATA_DIR": str(folder)})


def besiege(fils: FilsProcess, random: Random, *, bodies_count: int) -> Siege:
    """Everything against *fils*; *bodies_count* random bodies are divided between the modes."""
    siege = Siege(fils, random)
    for mode in _MODES:
        _forge_messages(siege, mode, random)
        _forge_at_random(siege, mode, random, count=bodies_count // len(_MODES))
    _replay_and_swap(siege)
    books = read_books(fils.folder / "fils.sqlite3", fils.folder / "simulator.sqlite3")
    siege.faults += broken_laws_of_money(books)
    return siege


def _forge_messages(siege: Siege, mode: str, random: Random) -> None:
    """Turn every bit of a message of one payment, and cut and splice it with those of two others."""
    earlier = siege.start(mode)
    siege.finish(earlier)
    other, target = siege.start(mode), siege.start(mode)
    others = [siege.true_message(earlier.started), other.captured_message]
    siege.forge(target, "turned bits", bit_flips(target.captured_message, target.wrap))
    siege.forge(target, "edited messages", edits(target.captured_message, others, random, target.wrap))
    siege.finish(other)
    siege.finish(target)


def _forge_at_random(siege: Siege, mode: str, random: Random, *, count: int) -> None:
    for start in range(0, count, _BODIES_OF_A_PAYMENT):
        target = siege.start(mode)
        true = [target.captured_message, *(siege.true_message(item) for item in siege.captured[-1:])]
        size = min(_BODIES_OF_A_PAYMENT, count - start)
        siege.forge(target, "random bodies", random_bodies(true, random, count=size))
        siege.finish(target)


def _replay_and_swap(siege: Siege) -> None:
    """The true message of each finished payment again, to its own address and to the other terminal's."""
    targets = {mode: siege.start(mode) for mode in _MODES}
    for started in siege.captured[:]:
        message = siege.true_message(started).hex().upper()
        for target in targets.values():
            is_own = target.started.terminal == started.terminal
            status = siege.replay(target, target.wrap(message)).status
            taken = 200 if target.started.terminal.mode.value == "N" else 303
            if status != (taken if is_own else 400):
                siege.faults.append(f"a replay of {started.payment_id} got {status}")
    for target in targets.values():
        siege.finish(target)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Forge notifications of every shape.")
    parser.add_argument("--bodies", type=int, default=100_000, help="random ones, beside the forged messages")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="of every choice")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
