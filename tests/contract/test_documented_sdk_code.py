"""The Python and the JavaScript of the page about the official SDKs run as they stand, against a real Fils."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from fils.config import DEFAULT_BASE_URL
from tests.support.customer import SUCCESS_URL, Customer, Shop
from tests.support.official_sdks import NODE_SDK, node_command
from tests.support.process import FilsProcess

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-official-sdks.md"


def documented_code(language: str) -> str:
    """The one block of *language* on the page."""
    [code] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert isinstance(code, str)
    return code


def test_the_documented_python_takes_a_payment(fils_process: FilsProcess, tmp_path: Path) -> None:
    code = documented_code("python")
    assert DEFAULT_BASE_URL in code
    script = tmp_path / "pay.py"
    script.write_text(code.replace(DEFAULT_BASE_URL, fils_process.base_url), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert_it_took_a_payment(done, fils_process, status="Pending False", refused="422 ['{}'] ")


def test_the_documented_javascript_takes_a_payment(fils_process: FilsProcess) -> None:
    code = documented_code("js")
    assert DEFAULT_BASE_URL in code

    done = subprocess.run(
        node_command(code.replace(DEFAULT_BASE_URL, fils_process.base_url)),
        cwd=NODE_SDK,
        env={name: value for name, value in os.environ.items() if not name.startswith("CKO_")},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert_it_took_a_payment(done, fils_process, status="Pending false", refused="422 [ '{}' ] ")


def assert_it_took_a_payment(
    done: subprocess.CompletedProcess[str], fils_process: FilsProcess, *, status: str, refused: str
) -> None:
    """It printed the link, the status and the refusal of a second confirm; and the link leads to a paid payment."""
    assert done.returncode == 0, done.stderr
    link, told_status, refusal = done.stdout.splitlines()
    assert told_status == status
    assert refusal.startswith(refused.format("payment_setup_already_confirmed"))
    end = Customer().pay(link.rpartition(" ")[2])
    assert end.startswith(SUCCESS_URL)
    assert Shop(fils_process.base_url).payment(end.rpartition("=")[2])["status"] == "Captured"
