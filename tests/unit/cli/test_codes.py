"""``fils codes``: what a person is told about a code."""

from __future__ import annotations

from click.testing import CliRunner, Result

from fils.cli import main
from fils.knet.guide import ARABIC, ENGLISH, Remedy


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["codes", *arguments])


def told(result: Result) -> str:
    """What was written, without its line breaks."""
    return " ".join(result.output.split())


def test_a_code_is_explained_with_what_to_do() -> None:
    result = run("IPAY0100158")
    advice = ENGLISH[Remedy.HOST_TIMEOUT]
    assert result.exit_code == 0
    assert told(result) == f"IPAY0100158: the host did not answer in time {advice.title} {advice.body}"
    assert max(map(len, result.output.splitlines())) <= 100


def test_it_speaks_arabic_too() -> None:
    result = run("--language", "ar", "IPAY0100158")
    advice = ARABIC[Remedy.HOST_TIMEOUT]
    assert told(result) == f"IPAY0100158: لم يرد المضيف في الوقت المحدد {advice.title} {advice.body}"


def test_several_codes_and_whole_messages_will_do() -> None:
    result = run("!ERROR!-IPAY0100263-Transaction not found.", "ipay0200001")
    assert "IPAY0100263: there is no such transaction" in result.output
    assert "\n\nIPAY0200001: the gateway's own tables failed: terminal" in result.output


def test_a_code_nobody_knows_is_refused_in_one_line() -> None:
    result = run("IPAY0100158", "IPAY0300001\x1b[2J")
    assert result.exit_code == 2
    assert result.output.startswith("fils: KNET's manual has no code 'IPAY0300001")
    assert "\x1b" not in result.output
    assert len(result.output.splitlines()) == 1
