"""
Proof by force: customers buy at Fils while Fils, and if asked the bank, are killed (SIGKILL) at random moments.

Both run as processes of their own, on real files or Fils on a PostgreSQL, and sell in both modes. When the traffic has
ended and every payment is settled, both books are read and the laws of ``docs/explanation/knowing.md`` checked. The
seed draws what customers do and when processes die; how the system schedules them is not repeatable, so a seed that
failed may need more than one run.

    .venv/bin/python -m proofs.random_kills --payments 500 --seconds 60 --kill both
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from proofs.support.proof import Plan, Result, prove


def main() -> int:
    """Run the proof; returns the exit code: 1 when a law was broken, and then the files are kept."""
    plan = _read_plan()
    folder = Path(tempfile.mkdtemp(prefix="fils-kills-"))
    print(f"seed {plan.seed}", flush=True)
    result = prove(plan, folder)
    print(_summary(result))
    if result.faults:
        print("\n".join(result.faults[:40]))
        print(f"{len(result.faults)} faults with seed {plan.seed}; the files are in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _read_plan() -> Plan:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--payments", type=int, default=300, help="at most so many sales")
    parser.add_argument("--seconds", type=float, default=60, help="no sale starts after that time")
    parser.add_argument("--customers", type=int, default=16, help="so many at a time")
    parser.add_argument("--kill", choices=("fils", "both"), default="fils")
    parser.add_argument("--postgresql", action="store_true", help="store in a PostgreSQL of its own")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    return Plan(
        seed=options.seed,
        payments_count=options.payments,
        seconds=options.seconds,
        customers_count=options.customers,
        kills_bank=options.kill == "both",
        on_postgresql=options.postgresql,
    )


def _summary(result: Result) -> str:
    per_minute = result.payments_count * 60 / result.traffic_s
    lines = (
        f"{result.payments_count} payments in {result.traffic_s:.0f} s, {per_minute:.0f} a minute",
        f"kills: {_counted(result.kill_counts)}",
        f"payments: {_counted(result.statuses)}",
        f"attempts: {_counted(result.attempts)}",
        f"settled {result.settle_s:.0f} s after the last sale",
    )
    return "\n".join(lines)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
