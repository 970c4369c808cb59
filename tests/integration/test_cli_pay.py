"""``fils pay`` as a real process against a running Fils: every end, its words and its exit code."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fils.config import SANDBOX_KEY
from tests.support.command_line import RUN_TIMEOUT_S, clean_environment, command, run_fils, start_fils
from tests.support.customer import DECLINING, Customer
from tests.support.documented_api import REDIRECT, confirmed_setup, serve_documented_api, told
from tests.support.ports import free_port
from tests.support.process import FilsProcess

OTHER_KEY = "sk_sbox_abcdefghijklmnopqrstuvwxyz2"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    """One Fils for all tests that leave it running."""
    with FilsProcess(tmp_path_factory.mktemp("fils")) as process:
        yield process


@contextmanager
def paying(fils: FilsProcess, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A started ``fils pay 1.000`` and the link it printed; it is killed when the block ends."""
    words = ("pay", "1.000", "--url", fils.base_url, "--timeout", f"{RUN_TIMEOUT_S}s", *arguments)
    process = start_fils(*words, folder=fils.folder)
    assert process.stdout is not None
    with process:
        try:
            yield process, link_in(next(line for line in process.stdout if line.startswith("Link")))
        finally:
            process.kill()


def link_in(text: str) -> str:
    found = re.search(r"^Link +(http://\S+/knet-external/redirect/tok_\w{26}/pay)\s*$", text, re.MULTILINE)
    assert found is not None, text
    return found[1]


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and what was not yet read of the output; the command's own timeout ends it."""
    assert process.stdout is not None
    rest = process.stdout.read()
    return process.wait(), rest


def refused(folder: Path, *arguments: str, **environment: str) -> str:
    """Run ``fils pay``, which must refuse with exit code 2 and no traceback; returns what it said."""
    ended = run_fils("pay", *arguments, folder=folder, environment=environment)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_paid_payment_ends_with_knets_words_and_0(running: FilsProcess) -> None:
    with paying(running) as (process, link):
        back_at = Customer().pay(link)
        exit_code, rest = end_of(process)
    assert exit_code == 0
    assert "\nPaid.\n" in rest
    assert "Amount           1.000 KWD\n" in rest
    assert re.search(r"Payment          pay_\w{26}\n", rest)
    assert re.search(r"KNET payment id  \d+\n", rest)
    assert re.search(r"KNET reference   \d+\n", rest)
    assert back_at.startswith(f"{running.base_url}/shop/success?lang=en")


def test_a_declined_payment_ends_with_1(running: FilsProcess) -> None:
    with paying(running, "--language", "ar") as (process, link):
        back_at = Customer().pay(link, DECLINING)
        exit_code, rest = end_of(process)
    assert exit_code == 1
    assert "\nNot paid: the bank declined it.\n" in rest
    assert back_at.startswith(f"{running.base_url}/shop/failure?lang=ar")


def test_a_cancelled_payment_ends_with_1(running: FilsProcess) -> None:
    with paying(running) as (process, link):
        customer = Customer()
        customer.open(link)
        customer.cancel()
        exit_code, rest = end_of(process)
    assert exit_code == 1
    assert "\nNot paid: the customer cancelled.\n" in rest


def test_return_urls_and_reference_are_those_that_were_given(running: FilsProcess) -> None:
    urls = ("--success-url", "https://example.com/thanks", "--failure-url", "https://example.com/sorry")
    with paying(running, *urls, "--reference", "ORD-7") as (_, link):
        assert Customer().pay(link).startswith("https://example.com/thanks?")


def test_it_waits_while_fils_is_down_and_goes_on_when_it_is_back(fils_process: FilsProcess) -> None:
    with paying(fils_process) as (process, link):
        assert process.stdout is not None
        fils_process.kill()
        assert any("Fils does not answer, asking again" in line for line in process.stdout)
        fils_process.start()
        Customer().pay(link)
        assert end_of(process)[0] == 0


def test_the_time_is_up_undecided_with_3_and_the_way_to_look_again(running: FilsProcess) -> None:
    with paying(running, "--timeout", "1s") as (process, _):
        exit_code, rest = end_of(process)
    assert exit_code == 3
    assert "Undecided after 0:01. The payment goes on" in rest
    words = (
        rf"curl -sS '{running.base_url}/payments/pay_\w{{26}}' \\\n +-H 'Authorization: Bearer {SANDBOX_KEY}'"
    )
    assert re.search(words, rest)


def test_ctrl_c_says_that_the_payment_goes_on(running: FilsProcess) -> None:
    with paying(running) as (process, _):
        assert process.stdout is not None
        assert any(line.startswith("Waiting for the customer") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        exit_code, rest = end_of(process)
    assert exit_code == 130
    assert "You stopped waiting. The payment goes on" in rest


def test_a_link_to_this_machine_says_that_a_phone_cannot_open_it(running: FilsProcess) -> None:
    with paying(running, "--timeout", "1s") as (process, _):
        _, rest = end_of(process)
    assert "A phone cannot open this link: 127.0.0.1 is this machine itself." in rest
    assert f"fils serve --host 0.0.0.0 --base-url http://YOUR-LAN-ADDRESS:{running.port}" in rest


def test_a_terminal_gets_a_qr_code_and_one_line_that_is_rewritten(running: FilsProcess) -> None:
    output = _output_on_terminal(running, "--timeout", "2s")
    assert output.count("\x1b[97m\x1b[40m") > 10
    assert "\rWaiting for the customer  0:00\rWaiting for the customer  0:01\r\n" in output


def test_no_qr_prints_the_link_alone(running: FilsProcess) -> None:
    output = _output_on_terminal(running, "--timeout", "1s", "--no-qr")
    assert link_in(output.replace("\r\n", "\n"))
    assert "█" not in output


def _output_on_terminal(fils: FilsProcess, *arguments: str) -> str:
    terminal, inside = os.openpty()
    process = start_fils(
        *("pay", "1.000", "--url", fils.base_url, *arguments),
        folder=fils.folder,
        environment={"COLUMNS": "100", "PYTHONIOENCODING": "utf-8"},
        output=inside,
    )
    os.close(inside)
    read = bytearray()
    try:
        # Linux ends the reading of a terminal that nobody holds open any more with an error.
        while chunk := os.read(terminal, 4096):
            read += chunk
    except OSError:
        pass
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    return read.decode()


def test_nobody_at_the_address_is_said_plainly(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert refused(tmp_path, "1.000", "--url", url) == (
        f"fils: no Fils answers at {url} (Connection refused). Start one with `fils serve`, "
        "or say where it is with --url\n"
    )


def test_a_foreign_key_is_said_plainly_and_not_repeated(running: FilsProcess) -> None:
    text = refused(running.folder, "1.000", "--url", running.base_url, FILS_SANDBOX_KEY=OTHER_KEY)
    assert text.startswith("fils: Fils does not know this key (401).")
    assert OTHER_KEY not in text


def test_the_option_wins_over_the_environments_key(running: FilsProcess) -> None:
    arguments = ("--key", SANDBOX_KEY, "--timeout", "1s")
    ended = run_fils(
        *("pay", "1.000", "--url", running.base_url, *arguments),
        folder=running.folder,
        environment={"FILS_SANDBOX_KEY": OTHER_KEY},
    )
    assert ended.returncode == 3


def test_a_refused_payment_shows_every_code_and_the_request_id(running: FilsProcess) -> None:
    text = refused(running.folder, "0.000", "--url", running.base_url, "--success-url", "javascript:alert(1)")
    assert re.fullmatch(r"fils: Fils refused the payment \(422\): (\w+, )+\w+ \(request id \S+\)\n", text), (
        text
    )
    assert "amount_invalid" in text
    assert "success_url_invalid" in text


@pytest.mark.parametrize(
    ("amount", "right"),
    [
        ("1", "1.000"),
        ("1.5", "1.500"),
        ("1.", "1.000"),
        ("12.25", "12.250"),
        ("one", "1.000"),
        ("1,000", "1.000"),
    ],
)
def test_an_amount_without_three_decimals_is_shown_the_right_form(
    tmp_path: Path, amount: str, right: str
) -> None:
    assert f"write dinars with three decimals, as in {right}\n" in refused(tmp_path, amount)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--timeout", "30"), "write a number and s, m or h, as in 30m"),
        (("--timeout", "0m"), "write a number and s, m or h, as in 30m"),
        (("--url", "127.0.0.1:4140"), "--url is '127.0.0.1:4140': start it with http:// or https://"),
        (("--key", "a\nb"), "a key has plain ASCII characters only"),
        (("--language", "fr"), "'fr' is not one of 'en', 'ar'"),
    ],
)
def test_a_wrong_option_is_shown_the_right_form(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refused(tmp_path, "1.000", *arguments)


async def test_what_the_api_says_cannot_move_the_cursor(tmp_path: Path) -> None:
    async with serve_documented_api() as api:
        api.payment = told("Captured", response_code="10000", response_summary="Ok\x1b[2J\u202eyas")
        process = await asyncio.create_subprocess_exec(
            *command("pay", "1.000", "--url", api.url),
            cwd=tmp_path,
            env=clean_environment(),
            stdout=subprocess.PIPE,
        )
        output, _ = await process.communicate()
    assert process.returncode == 0
    assert "Response         10000 Ok[2Jyas\n" in output.decode()


async def test_another_server_than_fils_is_recognised(tmp_path: Path) -> None:
    async with serve_documented_api() as api:
        api.create = {"status": 200, "body": ["a page"]}
        process = await asyncio.create_subprocess_exec(
            *command("pay", "1.000", "--url", api.url),
            cwd=tmp_path,
            env=clean_environment(),
            stderr=subprocess.PIPE,
        )
        _, words = await process.communicate()
    assert process.returncode == 2
    assert f"fils: what {api.url} answers (200) cannot be understood. Is it a Fils?" in words.decode()


async def test_a_confirm_that_is_answered_with_the_setup_shows_its_payments_link(tmp_path: Path) -> None:
    async with serve_documented_api() as api:
        api.confirm = confirmed_setup()
        words = ("pay", "1.000", "--url", api.url)
        ended = await asyncio.to_thread(run_fils, *words, folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert REDIRECT in ended.stdout
