"""``fils payments`` as people use it: real commands beside a real Fils, without one, and against each other."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fils.operations.asking import DoorClosed, ask
from fils.operations.messages import Answer, Refused, Unanswered
from fils.operations.messages.payments import ResolutionEffect, ResolveAttempt
from tests.support.command_line import clean_environment, command, run_fils
from tests.support.customer import SUCCESS_URL, Customer, Shop, link_of
from tests.support.needing_a_person import WHY, call_for_a_person
from tests.support.process import FilsProcess

DATABASE = "fils-data/fils.sqlite3"
WORD = ("--evidence", "report 14, line 3", "--by", "Noura")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FilsProcess, list[str]]]:
    """One Fils for all tests that leave it running, and payments that need a person."""
    with FilsProcess(tmp_path_factory.mktemp("fils")) as process:
        payment_ids = needing_a_person(process, 7)
        process.start()
        yield process, payment_ids


@pytest.fixture
def fils(prepared: tuple[FilsProcess, list[str]]) -> FilsProcess:
    return prepared[0]


@pytest.fixture
def payment_id(prepared: tuple[FilsProcess, list[str]]) -> str:
    """A payment that needs a person, for this test alone."""
    return prepared[1].pop()


@pytest.fixture
def own_fils(tmp_path: Path) -> Iterator[FilsProcess]:
    """A Fils of this test's own, to be stopped and killed."""
    with FilsProcess(tmp_path) as process:
        yield process


def needing_a_person(fils: FilsProcess, count: int = 1) -> list[str]:
    """So many payments that need a person. Fils has to run, and is stopped then."""
    shop = Shop(fils.base_url)
    payment_ids = []
    for _ in range(count):
        confirmed = shop.confirmed()
        Customer().open(link_of(confirmed))
        payment_ids.append(str(confirmed["id"]))
    fils.terminate()
    for payment_id in payment_ids:
        asyncio.run(call_for_a_person(str(fils.folder / DATABASE), payment_id))
    return payment_ids


def payments(fils: FilsProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    ended = run_fils("payments", *arguments, folder=fils.folder)
    assert "Traceback" not in ended.stderr
    return ended


def status(fils: FilsProcess, payment_id: str) -> object:
    return Shop(fils.base_url).payment(payment_id)["status"]


def listed(fils: FilsProcess) -> list[str]:
    """The payments that need a person."""
    page = json.loads(payments(fils, "attention", "--json").stdout)
    return [entry["payment_id"] for entry in page["attempts"]]


def through_the_door(fils: FilsProcess, payment_id: str) -> Answer:
    request = ResolveAttempt(payment_id, True, "Noura", "report 14, line 3", "counts")
    return ask(fils.folder / f"{DATABASE}.door", request)


def test_without_a_running_fils_the_command_does_the_same(own_fils: FilsProcess) -> None:
    assert payments(own_fils, "attention").stdout == "Nothing needs a person.\n"
    paid, unpaid = needing_a_person(own_fils, 2)
    assert payments(own_fils, "attention").stdout.startswith("2 payment attempts need a person.\n")
    assert payments(own_fils, "resolve", paid, "--captured", *WORD).returncode == 0
    assert payments(own_fils, "resolve", unpaid, "--not-captured", *WORD).returncode == 0
    ended = payments(own_fils, "attention")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "Nothing needs a person.\n", "")
    own_fils.start()
    assert status(own_fils, paid) == "Captured"
    assert listed(own_fils) == []


def test_what_is_listed_is_ended_by_the_command_it_shows(fils: FilsProcess, payment_id: str) -> None:
    text = payments(fils, "attention").stdout
    entry = next(part for part in text.split("\n\n  Amount") if payment_id in part)
    assert WHY in entry
    shown = re.findall(r"^    fils (payments resolve att_\w+ --captured) --evidence", entry, re.MULTILINE)
    ended = run_fils(*shown[0].split(), *WORD, folder=fils.folder)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"Recorded. Payment {payment_id} is Captured.\n"
    assert status(fils, payment_id) == "Captured"
    assert payment_id not in listed(fils)


def test_the_lists_pages_follow_one_another(fils: FilsProcess) -> None:
    first, second, *_ = listed(fils)
    text = payments(fils, "attention", "--limit", "1").stdout
    assert first in text
    following = re.search(r"There are more: fils (payments attention --after att_\w+)", text)
    assert following is not None
    rest = run_fils(*following[1].split(), folder=fils.folder).stdout
    assert second in rest
    assert first not in rest


def test_a_capture_that_was_taken_back_makes_the_payment_voided(fils: FilsProcess) -> None:
    confirmed = Shop(fils.base_url).confirmed()
    assert Customer().pay(link_of(confirmed)).startswith(SUCCESS_URL)
    ended = payments(fils, "resolve", str(confirmed["id"]), "--not-captured", *WORD)
    assert ended.stdout == f"Recorded. Payment {confirmed['id']} is Voided.\n"
    payment = Shop(fils.base_url).payment(confirmed["id"])
    assert (payment["status"], payment["approved"]) == ("Voided", False)
    balances = payment["balances"]
    assert isinstance(balances, dict)
    assert (balances["total_voided"], balances["total_captured"]) == (1000, 0)
    actions = json.loads(Shop(fils.base_url).get(f"/payments/{confirmed['id']}/actions").text)
    assert [action["type"] for action in actions] == ["Void", "Capture"]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (("resolve",), 2, "Missing argument 'ID'"),
        (("resolve", "att_1", "--captured"), 2, "Missing option '--evidence'"),
        (("resolve", "att_1", "--evidence", "x"), 2, "Say which it was: --captured or --not-captured."),
        (("resolve", "att_1", "--captured", *WORD), 1, "there is no payment and no attempt of that id"),
        (("attention", "--limit", "0"), 2, "--limit"),
        (
            ("attention", "--database", "nowhere/fils.db"),
            2,
            "there is no nowhere/fils.db: run the command where",
        ),
        (("attention", "--database", "postgresql://host/db"), 2, "the mode must be said"),
        (
            ("evidence", "pay_none", "--config", "gone.toml"),
            2,
            "the file of settings gone.toml cannot be read",
        ),
    ],
)
def test_a_wrong_call_is_told_what_to_do(
    fils: FilsProcess, arguments: tuple[str, ...], exit_code: int, said: str
) -> None:
    ended = payments(fils, *arguments)
    assert (ended.returncode, ended.stdout) == (exit_code, "")
    assert said in ended.stderr


def test_a_command_in_the_wrong_folder_makes_nothing(tmp_path: Path) -> None:
    ended = run_fils("payments", "attention", folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("fils: there is no fils-data/fils.sqlite3: run the command where")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_citation_is_refused(fils: FilsProcess) -> None:
    payment_id = listed(fils)[0]
    ended = payments(fils, "resolve", payment_id, "--captured", "--evidence", " \n")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "fils: say what it rests on, such as the line of the bank's report that shows it\n"
    assert status(fils, payment_id) == "Pending"


def test_raw_messages_are_read_only_by_somebody_with_a_reason(fils: FilsProcess) -> None:
    confirmed = Shop(fils.base_url).confirmed()
    Customer().pay(link_of(confirmed))
    name = str(confirmed["id"])
    sealed = payments(fils, "evidence", name)
    assert sealed.stdout.startswith(f"Payment {name} is Captured, with 3 pieces of evidence.\n")
    assert "KNET said CAPTURED, which means captured" in sealed.stdout
    assert "<result>" not in sealed.stdout
    refused = payments(fils, "evidence", name, "--raw")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "fils: say with --why what the raw messages have to be read for\n"
    opened = payments(fils, "evidence", name, "--raw", "--why", "the bank asked", "--by", "Noura")
    assert "<result>CAPTURED</result>" in opened.stdout
    recorded = json.loads(payments(fils, "evidence", name, "--json").stdout)
    assert [(item["by"], item["why"]) for item in recorded["raw_readings"]] == [("Noura", "the bank asked")]
    assert all(entry["raw"] is None for entry in recorded["evidence"])


# On a terminal


def on_a_terminal(fils: FilsProcess, payment_id: str, typed: str) -> tuple[int, str]:
    """Run ``resolve`` on a terminal where somebody types *typed*; returns the exit code and what was shown."""
    terminal, inside = os.openpty()
    words = command("payments", "resolve", payment_id, "--captured", *WORD)
    process = subprocess.Popen(
        words, cwd=fils.folder, env=clean_environment(), stdin=inside, stdout=inside, stderr=inside
    )
    os.close(inside)
    shown = b""
    try:
        while b"[y/N]" not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, typed.encode())
        while octets := _read(terminal):
            shown += octets
        return process.wait(timeout=20), shown.decode().replace("\r\n", "\n")
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side has gone
        return b""


def test_a_person_at_a_terminal_is_shown_the_effect_and_asked(fils: FilsProcess, payment_id: str) -> None:
    exit_code, shown = on_a_terminal(fils, payment_id, "n\n")
    assert exit_code == 1
    assert f"  Payment    {payment_id}, Pending, reference ORD-5023-4E89\n" in shown
    assert "  Said by    Noura\n" in shown
    assert "its payment becomes Captured" in shown
    assert shown.endswith("fils: nothing was changed\n")
    assert status(fils, payment_id) == "Pending"
    exit_code, shown = on_a_terminal(fils, payment_id, "y\n")
    assert exit_code == 0
    assert shown.endswith(f"Recorded. Payment {payment_id} is Captured.\n")


# At the same time


def test_of_two_operators_at_once_one_wins_and_the_other_is_told(fils: FilsProcess, payment_id: str) -> None:
    with ThreadPoolExecutor() as pool:
        both = [
            pool.submit(
                payments, fils, "resolve", payment_id, "--captured", "--evidence", "report", "--by", name
            )
            for name in ("Noura", "Salem")
        ]
    won, told = sorted((each.result() for each in both), key=lambda ended: ended.returncode)
    assert (won.returncode, told.returncode) == (0, 1)
    assert re.search(r"already captured and needs no person: (Noura|Salem) resolved it at", told.stderr)
    assert status(fils, payment_id) == "Captured"


def test_many_requests_at_one_moment_record_one_word(fils: FilsProcess, payment_id: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: through_the_door(fils, payment_id), range(12)))
    assert sum(isinstance(answer, ResolutionEffect) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, Refused)} == {"nothing_to_resolve"}


# Kills


def test_a_word_that_was_answered_survives_a_kill_and_the_door_comes_back(
    own_fils: FilsProcess,
) -> None:
    [payment_id] = needing_a_person(own_fils)
    own_fils.start()
    assert isinstance(through_the_door(own_fils, payment_id), ResolutionEffect)
    own_fils.kill()
    assert (own_fils.folder / f"{DATABASE}.door").is_socket()
    with pytest.raises(DoorClosed):
        through_the_door(own_fils, payment_id)
    assert listed(own_fils) == []
    own_fils.start()
    assert status(own_fils, payment_id) == "Captured"
    refused = through_the_door(own_fils, payment_id)
    assert isinstance(refused, Refused)
    assert "Noura resolved it" in refused.text


def test_a_kill_before_the_answer_leaves_it_unknown_and_the_command_says_so(
    own_fils: FilsProcess,
) -> None:
    [payment_id] = needing_a_person(own_fils)
    own_fils.start()
    os.kill(own_fils.pid, signal.SIGSTOP)
    words = command("payments", "resolve", payment_id, "--captured", *WORD)
    asking = subprocess.Popen(
        words, cwd=own_fils.folder, env=clean_environment(), stderr=subprocess.PIPE, text=True
    )
    _wait_for_a_request(own_fils)
    own_fils.kill()
    _, said = asking.communicate(timeout=20)
    assert asking.returncode == 3
    assert said.startswith("fils: Fils ended before it answered, so it may be done or not.")
    own_fils.start()
    assert listed(own_fils) == [payment_id]
    assert payments(own_fils, "resolve", payment_id, "--captured", *WORD).returncode == 0


def _wait_for_a_request(fils: FilsProcess) -> None:
    """Until somebody is connected to the door of the stopped process."""
    deadline = time.monotonic() + 20
    door = str((fils.folder / f"{DATABASE}.door").resolve())
    while time.monotonic() < deadline:
        sockets = Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()
        if sum(line.endswith(door) for line in sockets) > 1:
            return
        time.sleep(0.02)
    raise AssertionError("nobody asked")


def test_a_kill_at_any_moment_leaves_the_word_whole_or_absent(own_fils: FilsProcess) -> None:
    delays_ms = (0, 2, 8)
    for payment_id, delay_ms in zip(needing_a_person(own_fils, len(delays_ms)), delays_ms, strict=True):
        own_fils.start()
        was_told = _is_told_before_a_kill(own_fils, payment_id, delay_ms=delay_ms)
        # Without a running Fils the command reads what is on disk.
        needs_person = payment_id in listed(own_fils)
        assert not (was_told and needs_person)
        assert payments(own_fils, "resolve", payment_id, "--captured", *WORD).returncode == int(
            not needs_person
        )


def _is_told_before_a_kill(fils: FilsProcess, payment_id: str, *, delay_ms: int) -> bool:
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(through_the_door, fils, payment_id)
        time.sleep(delay_ms / 1000)
        fils.kill()
        try:
            return isinstance(asking.result(), ResolutionEffect)
        except (Unanswered, DoorClosed):
            return False
