"""
Try a built wheel as its users get it: are all files inside, does it install, does it take the documented request,
does its simulator run alone?

It installs the wheel and its pinned dependencies into an environment of its own, away from the sources. Standard
library only, so that nothing of the development environment can hide something missing:

    python scripts/smoke_wheel.py dist/fils-0.1.0-py3-none-any.whl
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SANDBOX_KEY: Final = "sk_sbox_filssandboxkeyforlocaltests"
DOCUMENTED_REQUEST: Final = {
    "amount": 1000,
    "currency": "KWD",
    "processing_channel_id": "pc_wzjki6hw5puepb5fnvqlizj2e4",
    "reference": "ORD-5023-4E89",
    "payment_methods": {"knet": {"language": "en"}},
    "settings": {
        "success_url": "https://example.com/payments/success",
        "failure_url": "https://example.com/payments/failure",
    },
}
# One file of each kind that the program reads at run time; a wheel without one would start and fail later.
NEEDED_KINDS: Final = (".html", ".css", ".woff2", ".sql", ".toml", "/py.typed")
TIMEOUT_S: Final = 30


class SmokeTestFailed(Exception):
    """The wheel is not what we would give to a user; the message says why."""


def main() -> None:
    """Run all checks on the wheel that the first argument names; exit with 1 and a sentence when one fails."""
    wheel = Path(sys.argv[1]).resolve()
    try:
        check_contents(wheel)
        with tempfile.TemporaryDirectory(prefix="fils-wheel-") as folder:
            program = install(wheel, Path(folder) / "venv")
            take_documented_request(program, Path(folder))
            run_simulator_alone(program, Path(folder))
    except SmokeTestFailed as error:
        sys.exit(f"{wheel.name}: {error}")
    print(f"{wheel.name}: complete, installs, takes the documented request, and its simulator runs")


def check_contents(wheel: Path) -> None:
    """Compare what the wheel holds with what git tracks under ``src``, and look for each kind of file we need."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = {name.partition("/")[2] for name in archive.namelist() if ".dist-info/" in name}
    listed = subprocess.run(
        ["git", "ls-files", "fils"], cwd=ROOT / "src", check=True, capture_output=True, text=True
    )
    tracked = set(listed.stdout.split())
    if inside != tracked:
        raise SmokeTestFailed(f"missing: {sorted(tracked - inside)}, too much: {sorted(inside - tracked)}")
    lacking = [kind for kind in NEEDED_KINDS if not any(name.endswith(kind) for name in inside)]
    if lacking:
        raise SmokeTestFailed(f"no file of the kind {', '.join(lacking)}")
    if not any(name.endswith("LICENSE") for name in metadata):
        raise SmokeTestFailed("the licence is missing")


def install(wheel: Path, folder: Path) -> Path:
    """Install the pinned dependencies and the wheel into a new environment, and return its ``fils``."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "--quiet", "--quiet"]
    requirements = str(ROOT / "requirements.txt")
    subprocess.run([*pip, "install", "--require-hashes", "-r", requirements], check=True, cwd=folder)
    subprocess.run([*pip, "install", "--no-deps", str(wheel)], check=True, cwd=folder)
    # Fails when the wheel asks for something that requirements.txt does not hold.
    subprocess.run([*pip, "check"], check=True, cwd=folder, stdout=sys.stderr)
    return folder / "bin/fils"


def take_documented_request(program: Path, folder: Path) -> None:
    """Start the installed program in an empty folder and use it as the documentation says."""
    with _serving(program, "serve", folder, healthy="/health") as base_url:
        _create_and_confirm(base_url)


def run_simulator_alone(program: Path, folder: Path) -> None:
    """Start the simulator that other software uses, and ask it about an order as that would."""
    with _serving(program, "simulator", folder, healthy="/") as base_url:
        inquiry = b"<id>888801</id><password>simpass01</password><action>8</action><amt>1.000</amt>"
        inquiry += b"<transid>T1</transid><trackid>T1</trackid><udf5>TrackID</udf5>"
        request = urllib.request.Request(f"{base_url}/kpg/tranPipe.htm?param=tranInit", data=inquiry)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            text = answer.read().decode()
        if "IPAY0100263" not in text:
            raise SmokeTestFailed(f"an inquiry about no order was answered: {text}")


@contextmanager
def _serving(program: Path, command: str, folder: Path, *, healthy: str) -> Iterator[str]:
    """Run a command of the installed program, and end it politely; gives its base url."""
    port = _free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("FILS_", "PYTHON"))
    }
    log_file = folder / "output.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [program, command, "--port", str(port)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        base_url = f"http://127.0.0.1:{port}"
        _wait_until_answered(base_url + healthy, process)
        yield base_url
        process.send_signal(signal.SIGTERM)
        exit_code = process.wait(timeout=TIMEOUT_S)
        if exit_code != 0:
            raise SmokeTestFailed(f"after SIGTERM it ended with {exit_code}, not 0")
    except Exception:
        print(log_file.read_text(errors="replace"), file=sys.stderr)
        raise
    finally:
        process.kill()
        process.wait()


def _wait_until_answered(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SmokeTestFailed(f"{url} was not answered (exit code {process.poll()})")


def _create_and_confirm(base_url: str) -> None:
    status, setup = _post(f"{base_url}/payments/setups", DOCUMENTED_REQUEST)
    knet = setup.get("payment_methods", {}).get("knet", {})
    if status not in (200, 201) or knet != {"status": "ready", "flags": []}:
        raise SmokeTestFailed(f"the documented request was answered {status}: {setup}")
    status, payment = _post(f"{base_url}/payments/setups/{setup['id']}/confirm/knet", None)
    if status != 202 or payment.get("status") != "Pending" or "redirect" not in payment.get("_links", {}):
        raise SmokeTestFailed(f"confirming it was answered {status}: {payment}")


def _post(url: str, body: object) -> tuple[int, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {SANDBOX_KEY}"}, method="POST")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            raise SmokeTestFailed(
                f"{url} was answered {refusal.code}: {refusal.read().decode()}"
            ) from refusal


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
