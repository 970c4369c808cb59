"""Schemathesis as a process of its own: requests made out of the API's description, and answers held against it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fils.config import SANDBOX_KEY

_CHECKS_LEFT_OUT: Final = (
    # What the description allows may still be refused: another account's channel, a method that is not ready, a url
    # that no browser should be sent to. The 422 it then gets is described.
    "positive_data_acceptance",
    # A create that is repeated with its idempotency key is answered as it was, also when what it made is deleted since.
    "ensure_resource_availability",
)
QUICK: Final = ("examples", "fuzzing", "stateful")
WHOLE: Final = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True)
class Fuzzed:
    """How a run went."""

    is_clean: bool
    """Whether every answer was as described, and none was 5xx."""
    cases_count: int
    output: str


def fuzz(
    description: str,
    base_url: str,
    folder: Path,
    *,
    phases: tuple[str, ...],
    cases: int,
    seed: int,
    only: str | None = None,
    timeout_s: int = 120,
) -> Fuzzed:
    """
    Run Schemathesis.

    Args:
        description: The address or the file of the API's description.
        base_url: Of the Fils that is asked.
        folder: Where it may leave its files.
        phases: ``QUICK`` or ``WHOLE``: the latter tries the bounds of every field one by one.
        cases: At most so many requests for each operation and phase where they are chosen by chance.
        seed: The same seed chooses the same requests.
        only: One path alone.
        timeout_s: How long all of it may take.
    """
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", description, "--url", base_url),
        *("--header", f"Authorization: Bearer {SANDBOX_KEY}"),
        *("--phases", ",".join(phases), "--max-examples", str(cases), "--seed", str(seed)),
        *("--exclude-checks", ",".join(_CHECKS_LEFT_OUT), "--continue-on-failure", "--no-color"),
        *(("--include-path", only) if only else ()),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    counted = re.search(r"(\d+) generated", done.stdout)
    return Fuzzed(done.returncode == 0, int(counted[1]) if counted else 0, done.stdout + done.stderr)
