"""What the how-to for other software tells its reader to type is typed, against a real ``fils simulator``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fils.domain.money import KWD, Money
from fils.knet.simulator.faults import NO_FAULTS, read_faults
from fils.knet.wire import Language, PaymentRequest, TerminalKey, payment_start_url
from tests.support.customer import Customer
from tests.support.documentation import commands, read_page, run, section
from tests.support.ports import free_port
from tests.support.simulator_process import running_simulator

PAGE: Final = read_page("how-to/use-the-simulator-with-any-knet-software.md")
DOCUMENTED_URL: Final = "http://127.0.0.1:4141"
SHOP: Final = "http://127.0.0.1:9"
START: Final = "fils simulator"


NOTIFIED: Final = ("888801", "simpass01", "SIMKEY0123456789")
"""The terminal whose shop is told by the bank's server."""
CARRIED: Final = ("888802", "simpass02", "SIMKEY0223456789")
"""The one whose shop is told by the browser."""


def start_url(base_url: str, terminal: tuple[str, str, str]) -> str:
    """Where the shop of the how-to sends its customer: the order that its commands ask about."""
    tranportal_id, password, key = terminal
    request = PaymentRequest(
        tranportal_id=tranportal_id,
        password=password,
        language=Language.ENGLISH,
        amount=Money(1_500, KWD),
        response_url=f"{SHOP}/response",
        error_url=f"{SHOP}/error",
        track_id="TRK0000000001",
    )
    return payment_start_url(f"{base_url}/kpg", request, TerminalKey(key))


def pay(base_url: str, terminal: tuple[str, str, str] = CARRIED) -> Customer:
    """Pay that order up to the page that carries the result to the shop."""
    customer = Customer()
    customer.open(start_url(base_url, terminal))
    customer.fill_in_card()
    customer.confirm()
    return customer


def test_its_inquiry_and_refund_work(tmp_path: Path) -> None:
    inquiry, refund = commands(section(PAGE, "Pay"))
    with running_simulator(tmp_path) as simulator:
        before = run(inquiry.replace(DOCUMENTED_URL, simulator.base_url), tmp_path)
        pay(simulator.base_url)
        after = run(inquiry.replace(DOCUMENTED_URL, simulator.base_url), tmp_path)
        given_back = run(refund.replace(DOCUMENTED_URL, simulator.base_url), tmp_path)
    assert "IPAY0100263" in before
    assert "<result>CAPTURED</result>" in after
    assert "<result>CAPTURED</result>" in given_back
    assert "<amt>0.500</amt>" in given_back


def test_its_control_commands_make_a_result_vanish_and_show_what_the_bank_has(tmp_path: Path) -> None:
    lose, mend, look = commands(section(PAGE, "Make something go wrong"))
    with running_simulator(tmp_path) as simulator:
        lost = run(lose.replace(DOCUMENTED_URL, simulator.base_url), tmp_path)
        assert json.loads(lost)["notification"] == "lost"
        customer = Customer()
        customer.open(start_url(simulator.base_url, NOTIFIED))
        [payment_id] = parse_qs(urlsplit(customer.url).query)["PaymentID"]
        customer.fill_in_card()
        customer.confirm()
        assert "IPAY0100249" in customer.page
        seen = look.replace(DOCUMENTED_URL, simulator.base_url).replace("100600100000000001", payment_id)
        order = json.loads(run(seen, tmp_path))
        mended = run(mend.replace(DOCUMENTED_URL, simulator.base_url), tmp_path)
    assert (order["result"], order["news"]) == ("CAPTURED", "REFUSED")
    assert json.loads(mended)["notification"] == "none"


def test_every_fault_that_it_proposes_is_one() -> None:
    proposed = re.findall(r"\| `(\{.*?\})` \|", section(PAGE, "Make something go wrong"))
    assert len(proposed) == 7
    assert NO_FAULTS not in [read_faults(json.loads(fault)) for fault in proposed]


def test_its_terminals_file_is_printed_and_taken(tmp_path: Path) -> None:
    make, start = commands(section(PAGE, "Your own terminals"))
    run(make.replace(START, f"{sys.executable} -m {START}"), tmp_path)
    arguments = start.split()[2:]
    with running_simulator(tmp_path, *arguments) as simulator:
        assert "Warning" not in simulator.banner
        assert pay(simulator.base_url).carries_news


def test_its_lines_for_ci_start_and_stop_it(tmp_path: Path) -> None:
    [lines] = commands(section(PAGE, "In CI"))
    port = free_port()
    script = lines.replace("4141", str(port)).replace(START, f"{sys.executable} -m {START} --port {port}")
    run(script, tmp_path)
    assert "simulated KNET" in (tmp_path / "simulator.txt").read_text()
    assert (tmp_path / "simulator.log").read_text().endswith("when it starts again.\n")


def test_what_it_says_to_put_into_a_shop_is_what_is_printed(tmp_path: Path) -> None:
    with running_simulator(tmp_path) as simulator:
        banner = simulator.banner.replace(simulator.base_url, DOCUMENTED_URL)
    table = section(PAGE, "Point your shop at it")
    facts = re.findall(r"`(http://127\.0\.0\.1:4141\S*|88880[12]|simpass0[12]|SIMKEY\d+)`", table)
    assert len(set(facts)) == 9
    assert [fact for fact in facts if fact not in banner] == []
