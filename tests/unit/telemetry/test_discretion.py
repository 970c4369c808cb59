"""What a line may say: no words of others, nothing that looks like a secret, nothing that is not seen."""

from __future__ import annotations

import asyncio
import logging

import pytest

from fils.domain.errors import StorageUnavailable
from fils.telemetry.discretion import (
    CHAIN_MAX,
    FRAMES_MAX,
    TEXT_LENGTH_MAX,
    masked,
    on_one_line,
    told_error,
    words_of,
)
from fils.telemetry.logs import TextFormatter, report_loop_trouble

SECRET = "888888 0000000001"


def told(error: BaseException) -> str:
    try:
        raise error
    except BaseException as raised:
        return told_error(raised)


def record(name: str, message: object, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "", 1, message, arguments, None)


def test_an_error_that_is_not_ours_is_told_by_its_kind_and_place() -> None:
    text = told(ValueError(SECRET))
    assert text.endswith("ValueError")
    assert "test_discretion.py" in text
    assert SECRET not in text


def test_an_error_of_ours_speaks_and_its_cause_does_not() -> None:
    error = StorageUnavailable("the disk is full")
    error.__cause__ = KeyError(SECRET)
    text = told(error)
    assert text.endswith("StorageUnavailable: the disk is full")
    assert text.index("KeyError") < text.index("StorageUnavailable")
    assert SECRET not in text


def test_the_words_of_an_error_of_ours_are_masked_too() -> None:
    assert told(StorageUnavailable(f"no such row: {SECRET}")).endswith(
        "StorageUnavailable: no such row: [card]"
    )


def test_errors_that_lead_to_each_other_are_told_once() -> None:
    first, second = ValueError(SECRET), KeyError(SECRET)
    first.__cause__, second.__cause__ = second, first
    text = told(first)
    assert (text.count("ValueError"), text.count("KeyError")) == (1, 1)


def test_an_error_from_deep_within_and_many_that_led_to_it_fill_no_log() -> None:
    def even(depth: int) -> None:
        odd(depth - 1)

    def odd(depth: int) -> None:
        if depth < 0:
            raise ValueError(SECRET)
        even(depth - 1)

    with pytest.raises(ValueError, match=SECRET) as caught:
        even(500)
    text = told_error(caught.value)
    assert text.count(" in odd") + text.count(" in even") == FRAMES_MAX
    assert text.endswith("ValueError")

    latest: BaseException = StorageUnavailable("the disk is full")
    error = latest
    for _ in range(100):
        error.__cause__ = error = KeyError(SECRET)
    text = told_error(latest)
    assert text.count("KeyError") == CHAIN_MAX - 1
    assert text.endswith("StorageUnavailable: the disk is full")


async def test_trouble_of_the_loop_is_told_without_what_its_tasks_hold(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(fail(), name=SECRET)
    await asyncio.wait([task])
    context = {"message": "Task exception was never retrieved", "future": task, "exception": task.exception()}
    report_loop_trouble(loop, context)
    (found,) = caplog.records
    text = TextFormatter().format(found)
    assert "Task exception was never retrieved" in text
    assert "ValueError" in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key sk_sbox_filssandboxkeyforlocaltests!", "key [key]!"),
        ("key pk_live_abcdefghijklmnopqrstuvwxyz2*", "key [key]"),
        ("/redirect/tok_" + "b" * 26 + "/pay", "/redirect/[token]"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: [token]"),
        ("card 888888-0000000001", "card [card]"),
        ("card 8888880000000001", "card [card]"),
        ("card 8888 8800 0000 0001, more", "card [card], more"),
        ("trandata " + "AB" * 40, "trandata [hex]"),
        ("postgresql://fils:hunter2@db/fils", "postgresql://[password]@db/fils"),
        ("return /x/aB3dE6gH9jK2mN5pQ8sT1v", "return /x/[secret]"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "payment pay_4gubyq2w335upc54dx7a4257lq of cli_vkuhvk4vjn2edkps7dfsq6emqm",
        "request 0b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d answered 503",
        '  File "/opt/fils/lib/python3.11/site-packages/fils/knet/endpoints.py", line 100, in _answer',
        "StorageUnavailable: the database did not take the batch (57014)",
        "2026-04-30T10:00:00.250+00:00",
        "the result of payment 100600100000000001 is not taken",
    ],
)
def test_what_people_need_to_read_is_not_masked(text: str) -> None:
    assert masked(text) == text


def test_a_text_stays_on_its_line_and_turns_nothing_around() -> None:
    assert (
        on_one_line("a\r\n2026 ERROR forged\x1b[31m \u202egnp.exe\u2066\u2028b\0")
        == "a 2026 ERROR forged[31m gnp.exe b"
    )
    assert on_one_line("مدفوع") == "مدفوع"
    assert len(on_one_line("x" * (TEXT_LENGTH_MAX + 1))) == TEXT_LENGTH_MAX


def test_our_own_lines_are_masked_and_on_one_line() -> None:
    assert words_of(record("fils", "no %s\nhere", "sk_sbox_abcdefgh")) == "no [key] here"


@pytest.mark.parametrize(
    ("message", "arguments", "told"),
    [
        ("Executing %s took %.3f seconds", ("Handle <tok_x>", 0.2), "Executing … took 0.200 seconds"),
        ("socket.send() raised exception.", (), "socket.send() raised exception."),
        ("%d of them", ("not a number",), "%d of them"),
        ("%(name)s", ({"name": "secret"},), "%(name)s"),
        (ValueError("secret"), (), "ValueError"),
    ],
)
def test_of_a_library_only_its_constant_words_and_numbers_are_told(
    message: object, arguments: tuple[object, ...], told: str
) -> None:
    assert words_of(record("aiohttp.client", message, *arguments)) == told
