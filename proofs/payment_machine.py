"""
Proof by wandering: thousands of steps of shops, customers, the bank's faults and time, and the laws after each.

The use cases run on a store in memory against a model of KNET (``tests/support/payment_machine.py``); a sequence that
breaks a law is made as short as it can be and printed. The tests run a small version of it.

    .venv/bin/python -m proofs.payment_machine --steps 5000 --seed 7
"""

from __future__ import annotations

import argparse
import secrets
import sys

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.payment_machine import PaymentMachine

_STEPS_OF_A_RUN = 50


def main() -> int:
    """Run the proof; returns the exit code. A broken law ends it with the steps that break it."""
    options = _options()
    print(f"seed {options.seed}", flush=True)
    rounds = 0
    while PaymentMachine.steps_taken < options.steps:
        run_state_machine_as_test(
            seed(options.seed + rounds)(PaymentMachine),
            settings=settings(
                max_examples=50,
                stateful_step_count=_STEPS_OF_A_RUN,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
        rounds += 1
        print(f"{PaymentMachine.steps_taken:,} steps, no law broken", flush=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Check the laws after each of many random steps.")
    parser.add_argument("--steps", type=int, default=5000, help="at least so many")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="of every choice")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
