"""Structured lines: what they hold, how they are written, and that nothing unfit gets in."""

from __future__ import annotations

import json
import logging

import pytest

from fils.telemetry import lines, start_logging
from fils.telemetry.lines import FIELDS, LINES, tell
from fils.telemetry.logs import JsonFormatter, TextFormatter, dropped_line_count
from tests.support.watching import KeptLines

ANSWERED: dict[str, str | float] = {
    "route": "/payments/{payment_id}",
    "method": "GET",
    "status": 200,
    "duration_ms": 3.125,
    "request_id": "0b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    "account_id": "cli_vkuhvk4vjn2edkps7dfsq6emqm",
    "payment_id": "pay_4gubyq2w335upc54dx7a4257lq",
    "source": "2001:db8::1",
}


def test_a_line_as_json(kept: KeptLines) -> None:
    tell(lines.REQUEST, **ANSWERED)
    document = json.loads(JsonFormatter().format(kept.lines[0]))
    assert document.pop("time").endswith("+00:00")
    assert document == {"level": "info", "event": "request", "text": "answered", **ANSWERED}


def test_a_line_as_text(kept: KeptLines) -> None:
    tell(lines.ATTENTION_NEEDED, why="the customer paid twice", payment_id="pay_4gubyq2w335upc54dx7a4257lq")
    text = TextFormatter().format(kept.lines[0])
    time, _, rest = text.partition(" ")
    assert len(time) == len("2026-04-30T10:00:00+0300")
    assert rest == (
        "WARNING a person has to look: fils payments attention"
        ' why="the customer paid twice" payment_id=pay_4gubyq2w335upc54dx7a4257lq'
    )


def test_a_plain_record_as_json() -> None:
    try:
        raise ValueError("4111111111111111")
    except ValueError as error:
        triple = (type(error), error, error.__traceback__)
    record = logging.LogRecord("fils", logging.ERROR, "", 1, "it %s", ("failed",), triple)
    document = json.loads(JsonFormatter().format(record))
    assert (document["event"], document["text"], document["logger"]) == ("message", "it failed", "fils")
    assert document["error"].endswith("ValueError")


@pytest.mark.parametrize("name", [field.name for field in FIELDS if field.form is not None])
@pytest.mark.parametrize(
    "value",
    [
        "sk_sbox_filssandboxkeyforlocaltests",
        "tok_4gubyq2w335upc54dx7a4257lq",
        "888888 0000000001",
        "a\nb",
        "AB" * 64,
        "%2e" * 50,
    ],
)
def test_a_value_of_another_form_is_not_written(kept: KeptLines, name: str, value: str) -> None:
    line = lines.Line("probe", logging.INFO, "probed", (name,), "Only here.")
    tell(line, **{name: value})
    assert kept.lines[0].values == {name: "?"}


def test_words_are_masked(kept: KeptLines) -> None:
    tell(lines.ATTENTION_NEEDED, why="card 8888880000000001\nand more")
    assert kept.lines[0].values == {"why": "card [card] and more"}


def test_words_with_a_quote_pass_for_no_other_field(kept: KeptLines) -> None:
    tell(lines.ATTENTION_NEEDED, why='said "x" payment_id=y')
    tell(lines.ATTENTION_NEEDED, why="payment_id=y")
    told = [TextFormatter().format(line).partition(" why=")[2] for line in kept.lines]
    assert told == [r'"said \"x\" payment_id=y"', '"payment_id=y"']


def test_what_a_line_has_no_place_for_is_left_out(kept: KeptLines) -> None:
    tell(lines.INQUIRY, result="captured", payment_id="pay_4gubyq2w335upc54dx7a4257lq", track_id=None)
    assert kept.lines[0].values == {"result": "captured"}


def test_below_the_level_nothing_is_written(kept: KeptLines) -> None:
    logging.getLogger("fils").setLevel(logging.WARNING)
    tell(lines.REQUEST, **ANSWERED)
    tell(lines.CAPTURE_SURPLUS)
    assert [line.event for line in kept.lines] == ["capture_surplus"]


def test_every_line_has_a_name_of_its_own_and_known_fields() -> None:
    assert len({line.event for line in LINES}) == len(LINES)
    assert {name for line in LINES for name in line.fields} == {field.name for field in FIELDS}


def test_the_level_is_of_our_lines_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    level = logging.getLogger("fils").level
    try:
        start_logging("debug", as_json=True)
        logging.getLogger("fils").debug("heard")
        logging.getLogger("aiohttp").info("not heard")
        assert dropped_line_count() == 0
    finally:
        logging.getLogger("fils").setLevel(level)
        logging.basicConfig(handlers=before, force=True)
    written = [json.loads(line)["text"] for line in capsys.readouterr().err.splitlines()]
    assert written == ["heard"]
