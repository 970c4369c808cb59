"""
Proof by chance: thousands of requests that Schemathesis makes out of ``/openapi.json``, the bounds of every field among
them, against a real Fils. No answer may be a 5xx or otherwise than described. The tests run a small version.

    .venv/bin/python -m proofs.fuzzing --cases 100 --seed 7
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.support.fuzzing import WHOLE, fuzz
from tests.support.process import FilsProcess


def main() -> int:
    """Run the proof; returns the exit code: 1 when an answer was otherwise than described."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--cases", type=int, default=100, help="requests by chance, for each operation and phase"
    )
    parser.add_argument("--seed", type=int, default=7, help="chooses them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fils-fuzzing-") as folder, FilsProcess(Path(folder)) as fils:
        started = time.monotonic()
        found = fuzz(
            f"{fils.base_url}/openapi.json",
            fils.base_url,
            Path(folder),
            phases=WHOLE,
            cases=options.cases,
            seed=options.seed,
            timeout_s=3600,
        )
        took_s = time.monotonic() - started
    print(found.output)
    print(f"seed {options.seed}: {found.cases_count:,} requests in {took_s:.0f} s, clean: {found.is_clean}")
    return 0 if found.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
