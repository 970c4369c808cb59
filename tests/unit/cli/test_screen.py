"""What reaches a person's screen."""

from __future__ import annotations

import click
import pytest
import segno

from fils.cli.screen import LiveLine, duration_text, plain, qr_code

LINK = "http://192.168.1.5:4140/knet-external/redirect/tok_tl6kftlhdpzephqelsbpyovl4i/pay"


@pytest.mark.parametrize(
    "hidden", ["\x1b", "\r", "\n", "\0", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\ud800"]
)
def test_controls_and_bidi_marks_are_taken_out(hidden: str) -> None:
    assert plain(f"Paid{hidden}.") == "Paid."


def test_letters_of_every_language_stay() -> None:
    assert plain("Captured كي نت é 1.000") == "Captured كي نت é 1.000"


def test_durations_are_minutes_and_seconds() -> None:
    assert [duration_text(seconds) for seconds in (0, 65, 3600)] == ["0:00", "1:05", "60:00"]


def test_a_live_line_is_rewritten_in_place_and_leaves_nothing_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = LiveLine(rewrites=True)
    line.show("Fils does not answer", elapsed_s=1)
    line.show("Waiting", elapsed_s=2)
    line.end()
    assert capsys.readouterr().out == f"\rFils does not answer  0:01\r{'Waiting  0:02':<26}\n"


def test_a_log_gets_a_line_a_minute_and_one_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    line = LiveLine(rewrites=False)
    for elapsed_s in (0, 1, 59, 60, 61):
        line.show("Waiting", elapsed_s=elapsed_s)
    line.show("Fils does not answer", elapsed_s=62)
    line.end()
    assert capsys.readouterr().out.splitlines() == [
        "Waiting  0:00",
        "Waiting  1:00",
        "Fils does not answer  1:02",
    ]


def test_a_line_that_never_showed_needs_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    LiveLine(rewrites=True).end()
    assert capsys.readouterr().out == ""


def modules_drawn(drawing: str) -> list[list[int]]:
    """The drawing as dark (1) and light (0) modules."""
    halves = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    rows: list[list[int]] = []
    for line in click.unstyle(drawing).splitlines():
        pairs = [halves[character] for character in line]
        rows += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    return rows


@pytest.mark.parametrize("text", [LINK, "http://a.example/1"])
def test_the_qr_code_has_every_module_and_a_light_border(text: str) -> None:
    drawing = qr_code(text, columns=80)
    assert drawing is not None
    expected = [list(row) for row in segno.make_qr(text, error="l").matrix_iter(border=2)]
    drawn = modules_drawn(drawing)
    assert drawn[: len(expected)] == expected
    assert not any(any(row) for row in drawn[len(expected) :])


def test_the_qr_code_brings_its_own_colours_for_dark_and_light_screens() -> None:
    drawing = qr_code(LINK, columns=80)
    assert drawing is not None
    assert all(line.startswith("\x1b[97m\x1b[40m") for line in drawing.splitlines())


def test_a_screen_that_is_too_narrow_gets_no_broken_qr_code() -> None:
    assert qr_code(LINK, columns=40) is None
    assert qr_code(LINK, columns=41) is not None
