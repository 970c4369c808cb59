"""Every setting as people see it: its value, where it came from, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from fils.config import SETTINGS, Origin, SettingLine, show_settings
from fils.config.setting import Kind
from fils.domain.errors import ConfigurationError

KEY = "sk_sbox_abcdefghijklmnopqrstuvwxyz2"
URL = "postgresql://fils:hunter2@db:5432/payments?password=hunter2&sslmode=require"


def lines(environment: dict[str, str] | None = None, **options: str) -> dict[str, SettingLine]:
    _, found = show_settings(environment or {}, **options)
    return {line.name: line for line in found}


def test_every_setting_has_a_line_in_the_order_of_the_table() -> None:
    assert list(lines()) == [setting.name for setting in SETTINGS]


def test_a_default_is_shown_as_it_holds() -> None:
    found = lines()
    assert {line.origin for line in found.values()} == {Origin.DEFAULT}
    assert {line.source for line in found.values()} == {""}
    assert (found["port"].value, found["result_page"].value) == ("4140", "off")
    assert (found["link_lifetime"].value, found["mode"].value) == ("1800", "sandbox")
    assert found["base_url"].value == "made from host and port, such as http://127.0.0.1:4140"
    assert found["trusted_proxies"].value == "none"
    assert found["master_key_file"].value == "fils-data/master.key"


def test_each_source_is_told(folder: Path) -> None:
    file = folder / "fils.toml"
    file.write_text("port = 1\nhost = '::1'\nresult_page = true\n")
    file.chmod(0o600)
    found = lines({"FILS_HOST": "127.0.0.2", "FILS_TRUSTED_PROXIES": "10.0.0.2, 10.0.0.1"}, mode="sandbox")
    assert found["mode"] == SettingLine(name="mode", value="sandbox", origin=Origin.OPTION, source="--mode")
    assert found["host"] == SettingLine(
        name="host", value="127.0.0.2", origin=Origin.ENVIRONMENT, source="FILS_HOST"
    )
    assert found["port"] == SettingLine(
        name="port", value="1", origin=Origin.FILE, source="fils.toml, line 1: port"
    )
    assert found["result_page"].value == "on"
    assert found["trusted_proxies"].value == "10.0.0.1/32, 10.0.0.2/32"
    assert found["config"].value == "fils.toml"


def test_no_secret_is_shown(folder: Path) -> None:
    environment = {"FILS_SANDBOX_KEY": KEY, "FILS_DATABASE_URL": URL, "FILS_MODE": "sandbox"}
    found = lines(environment)
    assert found["sandbox_key"].value == "(hidden)"
    assert found["database"].value == "postgresql://db:5432/payments"
    file = folder / "fils.toml"
    file.write_text(f"mode = 'sandbox'\nsandbox_key = '{KEY}'\ndatabase = '{URL}'\n")
    file.chmod(0o600)
    for shown in (found, lines()):
        assert KEY not in str(shown)
        assert "hunter2" not in str(shown)


def test_what_only_a_sandbox_has_is_told_as_such_in_production() -> None:
    found = lines(
        {
            "FILS_MODE": "production",
            "FILS_BASE_URL": "https://pay.example",
            "FILS_DATABASE_URL": "fils.sqlite3",
            "FILS_MASTER_KEY_FILE": "master.key",
        }
    )
    assert found["sandbox_key"].value == "not in mode production"
    assert lines()["sandbox_key"].value != "not in mode sandbox"


def test_every_setting_that_is_named_like_a_secret_is_hidden_or_labelled() -> None:
    named = ("sandbox_key", "password", "secret", "token", "credential", "database")
    for setting in SETTINGS:
        # A number is no secret, and opens nothing.
        if setting.kind is not Kind.WHOLE_NUMBER and any(word in setting.name for word in named):
            assert setting.secrecy.value in {"hidden", "labelled"}, setting.name


def test_a_wrong_setting_is_refused_as_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="FILS_PORT is 'x'"):
        show_settings({"FILS_PORT": "x"})
