"""Which hosts the simulated bank may call."""

from __future__ import annotations

from pathlib import Path

import pytest

from fils.knet.simulator import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.settings import LOOPBACK
from fils.knet.wire import TerminalKey

SETTINGS = SimulatorSettings(Path("unused"), (), allowed_hosts=frozenset({"web", "host.docker.internal"}))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4140/x",
        "http://127.9.9.9/x",
        "http://localhost/x",
        "http://[::1]:4140/x",
        "http://web:3000/x",
    ],
)
def test_loopback_and_listed_hosts_may_be_called(url: str) -> None:
    assert SETTINGS.may_notify(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/x",
        "http://169.254.169.254/x",
        "http://localhost.example/x",
        "http://web.example/x",
        "x",
    ],
)
def test_any_other_host_may_not(url: str) -> None:
    assert not SETTINGS.may_notify(url)


def test_printing_a_terminal_shows_no_secret() -> None:
    terminal = SimulatorTerminal("999901", "simpass01", TerminalKey("SIMKEY0123456789"), frozenset())

    assert "simpass01" not in repr(terminal)
    assert "SIMKEY" not in repr(terminal)


@pytest.mark.parametrize(
    ("origins", "origin", "is_registered"),
    [
        ({LOOPBACK}, "http://127.0.0.1:3000", True),
        ({LOOPBACK}, "http://localhost", True),
        ({LOOPBACK}, "http://[::1]:8080", True),
        ({LOOPBACK}, "http://localhost.example", False),
        ({LOOPBACK}, "http://shop.example", False),
        ({LOOPBACK, "https://shop.example"}, "https://shop.example", True),
        ({"https://shop.example"}, "https://shop.example:444", False),
        ({"https://shop.example"}, "http://127.0.0.1:3000", False),
    ],
)
def test_a_browser_may_be_sent_to_a_registered_origin_alone(
    origins: set[str], origin: str, is_registered: bool
) -> None:
    terminal = SimulatorTerminal("1", "secret", TerminalKey("0" * 16), frozenset(origins))
    assert terminal.registers(origin) is is_registered
