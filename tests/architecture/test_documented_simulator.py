"""The pages about the simulator tell its addresses, codes, cards, faults and terminals as the program has them."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import fils.knet.simulator.endings
import fils.knet.simulator.outcomes
import fils.knet.simulator.pages
import fils.knet.simulator.pipe
import fils.knet.simulator.start
from fils.bootstrap.gateway import Addresses
from fils.bootstrap.sandbox import sandbox_simulator
from fils.bootstrap.sandbox_setup import SANDBOX_TERMINALS
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.response_codes import response_code
from fils.knet.simulator.cards import BANK_OPTION, TEST_PREFIX
from fils.knet.simulator.faults import NO_FAULTS, InquiryFault, NotificationFault, write_faults
from fils.knet.simulator.orders import Act, Funds, News, OrderState
from fils.knet.simulator.otp import ONE_TIME_PASSWORD, OTP_LIFETIME, OTP_TRIES
from fils.knet.simulator.outcomes import TEST_CARDS, CardKind, NumberedCard, Result
from fils.knet.simulator.panel import CARD_ROWS, SWITCHES
from fils.knet.simulator.settings import DEFAULT_APPROVING_EXPIRY, SimulatorSettings
from fils.knet.simulator.texts import TEXTS
from fils.knet.wire import ERROR_CODES, Language
from tests.architecture.modules import ROOT

PAGE = (ROOT / "docs" / "reference" / "simulator.md").read_text(encoding="utf-8")
CONTROL_PAGE = (ROOT / "docs" / "reference" / "simulator-control.md").read_text(encoding="utf-8")
TEMPLATES = ROOT / "src" / "fils" / "knet" / "simulator" / "templates"
ENGLISH = TEXTS[Language.ENGLISH]
RAISING = (
    fils.knet.simulator.endings,
    fils.knet.simulator.outcomes,
    fils.knet.simulator.start,
    fils.knet.simulator.pages,
    fils.knet.simulator.pipe,
)


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
    assert fields["reversal_delay_max"].default == timedelta(seconds=120)
    assert "after 0 to 120 seconds" in PAGE
    assert fields["capture_delay_max"].default == timedelta(minutes=2)
    assert "within 2 minutes" in PAGE


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head; a bar after a backslash is text."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_every_test_card_is_documented_with_its_end() -> None:
    rows = rows_under("Test cards")
    first, *others = rows
    assert [row[:2] for row in rows] == [
        [f"`{digits}`", ENGLISH.card_words[kind]] for kind, digits in CARD_ROWS
    ]
    assert first[2:] == ["`CAPTURED`", "`00`", "`Captured`, `10000`"]
    for card, (result, code, in_the_api) in zip(TEST_CARDS, (row[2:] for row in others), strict=True):
        issuers = card.decision.auth_resp_code
        assert (result, code) == (f"`{card.decision.result}`", f"`{issuers}`" if issuers else "none")
        if card.decision.result is Result.NOT_CAPTURED:
            assert in_the_api == f"`Canceled`, `{declined_as(card)}`"


def declined_as(card: NumberedCard) -> str:
    """The response code of a decline, as Fils' own API tells it."""
    outcome, code = Outcome.NOT_CAPTURED, card.decision.auth_resp_code
    statement = BankStatement(outcome=outcome, result=card.decision.result, auth_response_code=code)
    return response_code(outcome, statement).code


def test_the_one_time_password_is_documented() -> None:
    digits = dict(CARD_ROWS)[CardKind.OTP]
    assert f"with the card `{digits}`. It is always `{ONE_TIME_PASSWORD}`" in PAGE
    assert timedelta(minutes=3) == OTP_LIFETIME
    assert "good for 3 minutes" in PAGE
    assert f"After {OTP_TRIES} wrong ones" in PAGE


def test_every_fault_of_the_panel_is_documented() -> None:
    delay, count = int(NO_FAULTS.notification_delay.total_seconds()), NO_FAULTS.notification_count
    news = [
        [f"{ENGLISH.notification}: {text.format(delay=delay, count=count)}", f"`notification`: `{fault}`"]
        for fault, text in ENGLISH.notification_words.items()
    ]
    seconds = int(NO_FAULTS.inquiry_delay.total_seconds())
    inquiries = [
        [f"{ENGLISH.inquiry}: {text.format(delay=seconds)}", f"`inquiry`: `{fault}`"]
        for fault, text in ENGLISH.inquiry_words.items()
    ]
    switches = [[str(getattr(ENGLISH, name)), f"`{name}`"] for name in SWITCHES]
    assert rows_under("The panel") == [*news, *inquiries, *switches]


def test_every_hook_for_browser_tests_is_documented_and_there() -> None:
    hooks = {hook for row in rows_under("For browser tests") for hook in re.findall(r"`(\w+)`", row[0])}
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html"))
    there = set(re.findall(r'(?:id|name)="([A-Za-z]+)"', pages))
    assert {"dcprefix", "debitNumber", "cardPin", "proceedConfirm", "debitOTP", "debitOTPtimer"} <= hooks
    assert hooks - there == set()
    assert BANK_OPTION.replace("|", "\\|") in PAGE
