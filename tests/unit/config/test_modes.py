"""Production is said, whole and nothing else; a sandbox is never taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fils.config import SETTINGS, Mode, read_settings
from fils.domain.errors import ConfigurationError

PRODUCTION = {
    "FILS_MODE": "production",
    "FILS_BASE_URL": "https://pay.example",
    "FILS_DATABASE_URL": "postgresql://fils:hunter2@db/payments",
    "FILS_MASTER_KEY_FILE": "/srv/fils/master.key",
}


def refusal(environment: dict[str, str], **options: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(environment, **options)
    assert "hunter2" not in str(caught.value)
    return str(caught.value)


def test_production_is_read() -> None:
    settings = read_settings(PRODUCTION)
    assert settings.mode is Mode.PRODUCTION
    assert settings.base_url == "https://pay.example"
    assert settings.master_key_file == Path("/srv/fils/master.key")


def test_production_may_be_said_in_a_file(folder: Path) -> None:
    file = folder / "fils.toml"
    file.write_text(
        "mode = 'production'\nbase_url = 'https://pay.example'\n"
        "database = '/srv/fils.sqlite3'\nmaster_key_file = '/srv/master.key'\n"
    )
    file.chmod(0o644)
    assert read_settings({}).mode is Mode.PRODUCTION


def test_without_its_mode_nothing_makes_a_production() -> None:
    assert read_settings({"FILS_BASE_URL": "https://pay.example"}).mode is Mode.SANDBOX


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"FILS_DATABASE_URL": "postgresql://fils:hunter2@db/payments"}, "with PostgreSQL"),
        ({"FILS_DATABASE_URL": "postgres://db/payments"}, "with PostgreSQL"),
        ({"FILS_MASTER_KEY_FILE": "/srv/master.key"}, "with FILS_MASTER_KEY_FILE"),
    ],
)
def test_what_smells_of_real_payments_wants_the_mode_said(environment: dict[str, str], reason: str) -> None:
    assert refusal(environment) == (
        f"{reason} the mode must be said: add --mode sandbox or --mode production, or set FILS_MODE"
    )
    assert read_settings({**environment, "FILS_MODE": "sandbox"}).mode is Mode.SANDBOX


@pytest.mark.parametrize("missing", ["FILS_BASE_URL", "FILS_DATABASE_URL", "FILS_MASTER_KEY_FILE"])
def test_production_guesses_nothing(missing: str) -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}
    text = refusal(environment)
    assert text.startswith("mode production wants FILS_")
    assert [name for name in PRODUCTION if name in text] == [missing]


def test_all_that_production_lacks_is_told_at_once() -> None:
    assert refusal({"FILS_MODE": "production"}).startswith(
        "mode production wants FILS_BASE_URL, FILS_DATABASE_URL, FILS_MASTER_KEY_FILE (in fils.toml: base_url, "
        "database, master_key_file): nothing of it is guessed. Nothing was done"
    )


@pytest.mark.parametrize("url", ["http://pay.example", "http://10.0.0.1", "http://localhost.example"])
def test_production_is_not_reached_in_clear(url: str) -> None:
    text = refusal({**PRODUCTION, "FILS_BASE_URL": url})
    assert text.startswith(f"FILS_BASE_URL is {url!r}: in production it must start with https://")


@pytest.mark.parametrize("url", ["http://127.0.0.1:4140", "http://localhost:4140", "http://[::1]:4140"])
def test_a_rehearsal_of_production_may_be_on_loopback(url: str) -> None:
    assert read_settings({**PRODUCTION, "FILS_BASE_URL": url}).base_url == url


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("FILS_SANDBOX_KEY", "sk_sbox_abcdefghijklmnopqrstuvwxyz2"),
        ("FILS_PLAIN_HTTP_HOSTS", "web"),
    ],
)
def test_what_only_a_sandbox_has_stops_a_production(variable: str, text: str) -> None:
    assert refusal({**PRODUCTION, variable: text}) == (
        f"{variable} is for mode sandbox alone, and this is production: leave it out"
    )
    assert read_settings({variable: text}).mode is Mode.SANDBOX


def test_the_table_says_which_settings_only_a_sandbox_has() -> None:
    assert {setting.name for setting in SETTINGS if setting.in_mode} == {"sandbox_key", "plain_http_hosts"}
