"""What a page of the documentation tells its reader to type, and a shell that types it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.architecture.modules import ROOT
from tests.support.command_line import clean_environment


def read_page(path: str) -> str:
    """A page of ``docs``."""
    return (ROOT / "docs" / path).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    _, found, rest = page.partition(f"\n## {heading}\n")
    assert found, heading
    return rest.partition("\n## ")[0]


def commands(text: str) -> list[str]:
    """Every ``bash`` block of *text*, in order."""
    return re.findall(r"```bash\n(.*?)```", text, re.DOTALL)


def run(script: str, folder: Path) -> str:
    """Run *script* in a shell that stops at the first failure; returns what it printed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
