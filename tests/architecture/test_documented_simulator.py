"""The page about the simulator tells its addresses, its codes, its card and its terminal as the program has them."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import fils.knet.simulator.pages
import fils.knet.simulator.pipe
import fils.knet.simulator.start
from fils.bootstrap.sandbox import SANDBOX_TERMINALS, Addresses, sandbox_simulator
from fils.knet.simulator.cards import TEST_PREFIX
from fils.knet.simulator.faults import NO_FAULTS, InquiryFault, NotificationFault, write_faults
from fils.knet.simulator.orders import Act, Funds, News, OrderState
from fils.knet.simulator.settings import DEFAULT_APPROVING_EXPIRY, SimulatorSettings
from fils.knet.wire import ERROR_CODES
from tests.architecture.modules import ROOT

PAGE = (ROOT / "docs" / "reference" / "simulator.md").read_text(encoding="utf-8")
CONTROL_PAGE = (ROOT / "docs" / "reference" / "simulator-control.md").read_text(encoding="utf-8")
RAISING = (fils.knet.simulator.start, fils.knet.simulator.pages, fils.knet.simulator.pipe)


def codes_in(module: ModuleType) -> set[str]:
    """The last three digits of KNET's codes in the source of *module*."""
    constants = (
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Constant)
    )
    texts = [value for value in constants if isinstance(value, str)]
    return {found[1] for text in texts if (found := re.fullmatch(r"(?:IPAY0100)?([0-9]{3})", text))}


def documented_codes() -> set[str]:
    table = PAGE.partition("\n## Codes\n")[2]
    return {
        code
        for line in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
        for code in re.findall(r"[0-9]{3}", line)
    }


def documented_in_first_columns(text: str) -> set[str]:
    """What stands in code in the first two columns of the tables in *text*, ranges of numbers aside."""
    rows = re.findall(r"^\|(.*?)\|(.*?)\|", text, re.MULTILINE)
    return {word for row in rows for cell in row for word in re.findall(r"`(.+?)`", cell)}


def test_every_code_is_documented_and_is_one_of_knets() -> None:
    raised = set().union(*(codes_in(module) for module in RAISING))
    assert {"001", "114", "249", "263"} <= raised
    assert raised - documented_codes() == set()
    assert {f"IPAY0100{code}" for code in documented_codes()} <= set(ERROR_CODES)


def test_every_address_is_documented(tmp_path: Path) -> None:
    addresses = Addresses(public_url="http://127.0.0.1:4140", own_url="http://127.0.0.1:4140")
    simulator = sandbox_simulator(addresses, books=tmp_path / "books")
    paths = {str(getattr(route, "path", "")) for route in simulator.app.routes}
    assert "/tranPipe.htm" in paths
    assert [path for path in paths if f"| `{path}` |" not in PAGE + CONTROL_PAGE] == []


def test_every_fault_is_documented() -> None:
    words = {*write_faults(NO_FAULTS), *NotificationFault, *InquiryFault, "true", "false"}
    faults = CONTROL_PAGE.partition("\n## Faults\n")[2].partition("\n## ")[0]
    assert documented_in_first_columns(faults) == words


def test_everything_that_the_books_tell_is_documented() -> None:
    order = CONTROL_PAGE.partition("\n## An order\n")[2].partition("\n## ")[0]
    for words in (OrderState, News, Funds, Act):
        assert [word.value for word in words if f"`{word.value}`" not in order] == []


def test_the_card_the_terminal_and_the_limits_are_documented() -> None:
    year, month = DEFAULT_APPROVING_EXPIRY
    assert f"`{month:02d}/{year}` is approved" in PAGE
    assert f"the prefix `{TEST_PREFIX}`" in PAGE
    for terminal in SANDBOX_TERMINALS:
        facts = (terminal.tranportal_id, terminal.password, terminal.key, terminal.channel_id)
        assert [fact for fact in facts if f"`{fact}`" not in PAGE] == []
    fields = SimulatorSettings.__dataclass_fields__
    assert fields["page_limit"].default == timedelta(minutes=15)
    assert fields["notification_timeout"].default == timedelta(seconds=10)
    assert "for 15 minutes" in PAGE
    assert "waits 10 seconds" in PAGE
