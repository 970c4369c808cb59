"""
Proof by mutation: each rule of ``docs/explanation/knowing.md`` is taken out of the code, and a test has to notice.

``mutants.toml`` has one row for each rule: the rule, the lines that hold it, what they become without it, and the
test that fails then. The sources are copied, changed and tested, two copies at a time. The tests check the table and
run a handful.

    .venv/bin/python -m proofs.mutants                # all of them
    .venv/bin/python -m proofs.mutants provisional    # those whose rule holds a word
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
_TABLE: Final = Path(__file__).with_suffix(".toml")
_AT_ONCE: Final = 2
_TIMEOUT_S: Final = 300


@dataclass(frozen=True, slots=True)
class Mutant:
    """One rule, and the code without it."""

    rule: str
    file: str
    """Below ``src/fils``."""
    original: str
    replacement: str
    test: str
    """The test that fails without the rule: file and function."""


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    """The test passes without the rule."""
    BROKEN = "broken"
    """The test could not be run."""


def read_mutants() -> tuple[Mutant, ...]:
    """Every row of the table."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return tuple(Mutant(**row) for row in table["mutants"])


def faults_of(mutant: Mutant) -> Iterator[str]:
    """Why *mutant* cannot be what it says: its lines are not there, it is no program, or its test is not there."""
    text = _source(mutant, _ROOT / "src").read_text(encoding="utf-8")
    count = text.count(mutant.original)
    if count != 1:
        yield f"{mutant.rule} The original stands {count} times in {mutant.file}"
    elif mutant.file.endswith(".py") and not _is_program(text.replace(mutant.original, mutant.replacement)):
        yield f"{mutant.rule} The replacement makes {mutant.file} no program"
    if mutant.original == mutant.replacement:
        yield f"{mutant.rule} The replacement is the original"
    path, _, function = mutant.test.partition("::")
    tests = _ROOT / path
    if not tests.is_file() or not re.search(rf"def {function}\b", tests.read_text(encoding="utf-8")):
        yield f"{mutant.rule} There is no test {mutant.test}"


def _is_program(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def fate_of(mutant: Mutant) -> Fate:
    """Take the rule out of a copy of the sources and run its test on that."""
    with tempfile.TemporaryDirectory(prefix="fils-mutant-") as folder:
        sources = Path(folder) / "src"
        shutil.copytree(_ROOT / "src", sources, ignore=shutil.ignore_patterns("__pycache__"))
        changed = _source(mutant, sources)
        text = changed.read_text(encoding="utf-8")
        changed.write_text(text.replace(mutant.original, mutant.replacement), encoding="utf-8")
        return _fate_in(sources, mutant.test)


def _fate_in(sources: Path, test: str) -> Fate:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["-o", f"pythonpath={sources} .", test]
    environment = os.environ | {"PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1"}
    finished = subprocess.run(
        command, cwd=_ROOT, env=environment, capture_output=True, check=False, timeout=_TIMEOUT_S
    )
    return {0: Fate.SURVIVED, 1: Fate.KILLED}.get(finished.returncode, Fate.BROKEN)


def _source(mutant: Mutant, sources: Path) -> Path:
    return sources / "fils" / mutant.file


def main() -> int:
    """Run the mutants that are asked for; returns the exit code: 1 unless every one was killed."""
    options = _options()
    mutants = [item for item in read_mutants() if options.word.lower() in item.rule.lower()]
    faults = [fault for mutant in mutants for fault in faults_of(mutant)]
    if faults:
        print("\n".join(faults))
        return 1
    return _report(mutants)


def _report(mutants: Sequence[Mutant]) -> int:
    alive = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for mutant, fate in zip(mutants, pool.map(fate_of, mutants), strict=True):
            alive += fate is not Fate.KILLED
            print(f"{fate.value:9}{mutant.rule}  {mutant.test}", flush=True)
    print(f"{len(mutants)} rules taken out, {alive} not noticed")
    return 1 if alive else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Take each rule out of the code and see that a test notices."
    )
    parser.add_argument("word", nargs="?", default="", help="only rules that hold it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
