"""``fils simulator`` as a real process: what it prints, how it ends, and how it refuses to start."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fils.domain.money import KWD, Money
from fils.knet.wire import Language, PaymentRequest, TerminalKey, payment_start_url
from tests.support.command_line import RUN_TIMEOUT_S, run_fils
from tests.support.customer import Answer, Customer, call
from tests.support.documentation import run
from tests.support.simulator_process import running_simulator

PASSWORD = "hunter2"
KEY = "KEYKEYKEYKEYKEY1"
TERMINALS = f"""
[[terminals]]
tranportal_id = "123401"
password = "{PASSWORD}"
key = "{KEY}"
mode = "L"
"""


def write_terminals(folder: Path, text: str = TERMINALS) -> str:
    """A terminals file that only its owner can read; returns its path."""
    path = folder / "terminals.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def test_settings_of_fils_that_lie_in_the_folder_are_none_of_its_business(tmp_path: Path) -> None:
    (tmp_path / "fils.toml").write_text("mode = 'production'\nport = 1\nhost = '192.0.2.1'\n")
    with running_simulator(tmp_path) as simulator:
        assert call("GET", f"{simulator.base_url}/kpg/").status in (200, 404)


def start_payment(base_url: str, shop: str, *terminal: str) -> Answer:
    """Open the address to which a *shop* sends its customer; *terminal* is id, password and key."""
    tranportal_id, password, key = terminal or ("888801", "simpass01", "SIMKEY0123456789")
    request = PaymentRequest(
        tranportal_id=tranportal_id,
        password=password,
        language=Language.ENGLISH,
        amount=Money(1_500, KWD),
        response_url=f"{shop}/response",
        error_url=f"{shop}/error",
        track_id="TRK0000000001",
    )
    return call("GET", payment_start_url(f"{base_url}/kpg", request, TerminalKey(key)))


def refused(folder: Path, *arguments: str) -> str:
    """Start ``fils simulator``, which must refuse in one line on standard error with exit code 2; returns the line."""
    ended = run_fils("simulator", *arguments, folder=folder)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert re.fullmatch(r"fils: [^\n]+\n", ended.stderr), ended.stderr
    return ended.stderr


def test_the_banner_says_what_to_put_into_other_software(tmp_path: Path) -> None:
    with running_simulator(tmp_path) as simulator:
        banner, base_url = simulator.banner, simulator.base_url
        assert f"{base_url}/kpg/tranPipe.htm?param=tranInit\n" in banner
        assert f"KNET's host      {base_url}  " in banner
        for fact in ("888801", "simpass01", "SIMKEY0123456789", "888802", "simpass02", "SIMKEY0223456789"):
            assert fact in banner
        assert "888888 0000000001" in banner
        assert "09/2030" in banner
        assert "Warning" not in banner
        assert "\x1b" not in banner
        assert f"{base_url}/kpg/PaymentHTTP.htm?param=paymentInit" in call("GET", f"{base_url}/").text


def test_the_printed_curl_makes_a_result_vanish_when_pasted(tmp_path: Path) -> None:
    with running_simulator(tmp_path) as simulator:
        printed = re.search(r"^  curl .*?/faults$", simulator.banner, re.DOTALL | re.MULTILINE)
        assert printed is not None, simulator.banner
        assert json.loads(run(printed[0], tmp_path))["notification"] == "lost"


@pytest.mark.parametrize("shop", ["http://127.0.0.1:3000", "http://localhost:8080"])
def test_without_a_file_any_shop_on_this_machine_can_be_paid(tmp_path: Path, shop: str) -> None:
    with running_simulator(tmp_path) as simulator:
        started = start_payment(simulator.base_url, shop)
        assert started.status == 302
        assert re.fullmatch(r"/kpg/paymentpage\.htm\?PaymentID=[0-9]{18}", started.location)


def test_without_a_file_no_browser_is_sent_to_another_machine(tmp_path: Path) -> None:
    with running_simulator(tmp_path) as simulator:
        started = start_payment(simulator.base_url, "http://shop.test")
        assert started.status == 400
        assert "IPAY0100" in started.text


def test_a_terminals_file_takes_the_place_of_the_built_in_terminals_and_shows_no_secret(
    tmp_path: Path,
) -> None:
    path = write_terminals(tmp_path)
    with running_simulator(tmp_path, "--terminals", path) as simulator:
        own = start_payment(simulator.base_url, "http://127.0.0.1:3000", "123401", PASSWORD, KEY)
        assert urlsplit(own.location).path == "/kpg/paymentpage.htm"
        built_in = start_payment(simulator.base_url, "http://127.0.0.1:3000")
        assert (built_in.status, "IPAY0100006" in built_in.text) == (400, True)

        assert "123401" in simulator.banner
        assert f"as in {path}" in simulator.banner
        assert "888801" not in simulator.banner
        about = call("GET", f"{simulator.base_url}/").text
        assert [secret for secret in (PASSWORD, KEY) if secret in simulator.banner + about] == []


def test_a_terminals_file_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    path = write_terminals(tmp_path)
    Path(path).chmod(0o644)
    with running_simulator(tmp_path, "--terminals", path) as simulator:
        assert f"chmod 600 {path}" in simulator.banner


def test_beyond_loopback_it_warns_who_can_reach_it(tmp_path: Path) -> None:
    with running_simulator(tmp_path, "--host", "0.0.0.0") as simulator:
        assert simulator.banner.startswith(
            "Warning: everybody who can reach this machine can use this bank and knows"
        )


def test_the_base_url_is_what_it_prints_and_answers_to(tmp_path: Path) -> None:
    with running_simulator(tmp_path, "--base-url", "http://bank.test:4141") as simulator:
        assert simulator.base_url == "http://bank.test:4141"


def test_a_name_that_somebody_points_at_it_reads_nothing(tmp_path: Path) -> None:
    with running_simulator(tmp_path) as simulator:
        for name, status in (("bank.evil.example", 421), ("knet", 200)):
            assert call("GET", f"{simulator.base_url}/", headers={"Host": name}).status == status


def test_the_printed_example_is_a_terminals_file(tmp_path: Path) -> None:
    printed = run_fils("simulator", "--print-terminals", folder=tmp_path)
    assert (printed.returncode, printed.stderr) == (0, "")
    with running_simulator(tmp_path, "--terminals", write_terminals(tmp_path, printed.stdout)) as simulator:
        assert start_payment(simulator.base_url, "http://127.0.0.1:3000").status == 302


def test_the_books_outlive_it_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    books = tmp_path / "simulator-data" / "books.sqlite3"
    payment_ids = []
    for _ in range(2):
        with running_simulator(tmp_path) as simulator:
            payment_ids.append(start_payment(simulator.base_url, "http://127.0.0.1:3000").location)
            assert "simulator-data/books.sqlite3" in simulator.banner
    assert payment_ids[0] == payment_ids[1]
    assert stat.S_IMODE(books.stat().st_mode) == 0o600
    assert stat.S_IMODE(books.parent.stat().st_mode) == 0o700


def test_it_says_why_a_shop_did_not_take_a_result(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        shop = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with running_simulator(tmp_path) as simulator:
            customer = Customer()
            customer.open(simulator.base_url + start_payment(simulator.base_url, shop).location)
            customer.fill_in_card()
            customer.confirm()
            assert "IPAY0100249" in customer.page
            simulator.process.terminate()
            assert simulator.process.stdout is not None
            log = simulator.process.stdout.read()
    assert re.search(
        r"WARNING the merchant did not answer \(\w+\): the result of payment [0-9]{18} is not taken\n", log
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_one_line_and_exit_code_0(tmp_path: Path, number: signal.Signals) -> None:
    with running_simulator(tmp_path) as simulator:
        simulator.process.send_signal(number)
        assert simulator.process.wait(timeout=RUN_TIMEOUT_S) == 0
        assert simulator.process.stdout is not None
        last_words = simulator.process.stdout.read()
    assert re.fullmatch(r"\nThe simulator has stopped\. [^\n]+\n", last_words)


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused(tmp_path, "--port", str(port))
    assert line.startswith(f"fils: port {port} on 127.0.0.1 cannot be used")
    assert line.endswith("choose another with --port\n")


def test_a_second_process_with_the_same_books_is_refused(tmp_path: Path) -> None:
    with running_simulator(tmp_path):
        line = refused(tmp_path, "--port", "0")
    assert line == (
        "fils: another process has the books simulator-data/books.sqlite3; "
        "stop it, or choose others with --books\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--port", "http"), "--port is 'http': write a port"),
        (("--host", "a b"), "--host is 'a b': write an IP address or a host name"),
        (("--base-url", "bank.test"), "--base-url is 'bank.test': start it with http://"),
        (("--terminals", "none.toml"), "none.toml cannot be read: No such file or directory"),
        (
            ("--books", "none/none/books.sqlite3"),
            "the books none/none/books.sqlite3 cannot be used: No such file",
        ),
        (("--books", "."), "the books . cannot be used"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_made(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refused(tmp_path, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_terminals_file_is_told_without_its_secrets(tmp_path: Path) -> None:
    path = write_terminals(tmp_path, TERMINALS + "refund = true\n")
    line = refused(tmp_path, "--terminals", path)
    assert line == f"fils: {path}, terminal 1: 'refund' is no field; did you mean refunds?\n"
    path = write_terminals(tmp_path, TERMINALS.replace("KEY1", "KEY"))
    line = refused(tmp_path, "--terminals", path)
    assert "terminal 1, key: write the 16 visible ASCII characters" in line
    assert KEY[:-1] not in line


def test_a_file_that_is_no_books_is_refused_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear customer, " * 100)
    assert "the books letter.txt cannot be used" in refused(tmp_path, "--port", "0", "--books", "letter.txt")
    assert letter.read_text() == "Dear customer, " * 100
