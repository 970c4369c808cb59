"""``fils openapi``: the description without a server."""

from __future__ import annotations

import json

from click.testing import CliRunner

from fils.api.description import ApiDescription
from fils.cli import main
from fils.config import DEFAULT_BASE_URL


def test_it_prints_what_a_server_would_answer() -> None:
    result = CliRunner().invoke(main, ["openapi", "--base-url", "https://pay.example.com"])
    assert result.exit_code == 0
    assert result.output == ApiDescription("https://pay.example.com").text.decode()


def test_without_a_base_url_it_is_fils_usual_one() -> None:
    result = CliRunner(env={"FILS_BASE_URL": ""}).invoke(main, ["openapi"])
    assert json.loads(result.output)["servers"] == [{"url": DEFAULT_BASE_URL}]
