"""The tutorial is run as it stands: its commands in one shell, its payment by a customer without JavaScript."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.support.customer import SUCCESS_URL, Customer
from tests.support.process import FilsProcess

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "first-payment.md"
DOCUMENTED_URL = "http://127.0.0.1:4140"
PAY_HERE = "<!-- pay -->"


def commands(text: str) -> str:
    """Every ``bash`` block of *text*, in order."""
    return "\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))


def run(script: str, folder: Path) -> str:
    """Run *script* in a shell that stops at the first failure; returns what it printed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tutorial_takes_a_payment(fils_process: FilsProcess, tmp_path: Path) -> None:
    text = TUTORIAL.read_text(encoding="utf-8").replace(DOCUMENTED_URL, fils_process.base_url)
    before, after = text.split(PAY_HERE)

    shown = run(commands(before), tmp_path)
    assert '"knet":{"status":"ready","flags":[]}' in shown.replace(" ", "")
    link = shown.strip().splitlines()[-1]
    assert Customer().pay(link).startswith(SUCCESS_URL)
    preparation = commands(before).partition("curl")[0]
    again = "PAYMENT=$(field id < payment.json)\n"
    outcome = run(preparation + again + commands(after), tmp_path).split()

    assert outcome[0] == "Captured"
    assert re.fullmatch(r"[0-9]{18}", outcome[1])
