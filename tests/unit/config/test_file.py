"""The file of settings: what it may say, what wins over it, and what is refused with which place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from fils.config import SETTINGS, Mode, read_options, read_settings
from fils.domain.errors import ConfigurationError

SECRET_URL = "postgresql://fils:hunter2@db/payments"
WHOLE = """
host = "0.0.0.0"
port = 8080
database = "books/fils.sqlite3"
base_url = "https://pay.example"
mode = "sandbox"
sandbox_key = "sk_sbox_abcdefghijklmnopqrstuvwxyz2"
plain_http_hosts = ["web", "shop.test"]
trusted_proxies = ["127.0.0.1", "10.0.0.0/24"]
result_page = true
reversal_window = 2
"""


def write(folder: Path, text: str | bytes, *, name: str = "fils.toml", permissions: int = 0o600) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(permissions)
    return file


def refusal(environment: dict[str, str] | None = None, **options: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(environment or {}, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_in_the_current_folder_is_read(folder: Path) -> None:
    write(folder, WHOLE)
    settings = read_settings({})
    assert (settings.host, settings.port, settings.database) == ("0.0.0.0", 8080, "books/fils.sqlite3")
    assert settings.plain_http_hosts == {"web", "shop.test"}
    assert settings.trusted_proxies == (ip_network("127.0.0.1"), ip_network("10.0.0.0/24"))
    assert settings.result_page
    assert settings.timing.reversal_window == timedelta(seconds=2)
    assert settings.config == Path("fils.toml")


def test_a_file_elsewhere_is_named_by_option_or_variable_and_then_it_alone_is_read(folder: Path) -> None:
    write(folder, "port = 1")
    named = str(write(folder, "port = 2", name="other.toml"))
    also = str(write(folder, "port = 3", name="third.toml"))
    assert read_settings({"FILS_CONFIG": named}).port == 2
    assert read_settings({"FILS_CONFIG": named}, config=also).port == 3


def test_the_environment_wins_over_the_file_and_an_option_over_both(folder: Path) -> None:
    write(folder, "port = 1\nhost = '127.0.0.2'")
    assert read_settings({}).port == 1
    assert read_settings({"FILS_PORT": "2"}).port == 2
    assert read_settings({"FILS_PORT": "2"}, port="3").port == 3
    assert read_settings({"FILS_PORT": ""}).port == 1


def test_options_alone_are_read_without_file_and_environment(folder: Path) -> None:
    write(folder, "port = 1\nmode = 'live'")
    settings = read_options(host="::1")
    assert (settings.host, settings.port, settings.mode) == ("::1", 4140, Mode.SANDBOX)
    assert settings.config is None


def test_every_setting_but_the_files_own_name_may_stand_in_it(folder: Path) -> None:
    for setting in SETTINGS:
        write(folder, f"{setting.name} = {{}}")
        text = refusal()
        if setting.in_file:
            assert text == f"fils.toml, line 1: {setting.name}: {setting.kind.value}"
        else:
            assert text.startswith("fils.toml, line 1: 'config' is no setting of a file; there are host")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("host = '::1'\nprot = 1", "fils.toml, line 2: 'prot' is no setting of a file; did you mean port?"),
        ("[server]\nport = 1", "fils.toml, line 1: 'server' is no setting of a file; there are host, port"),
        ("port = '80'", "fils.toml, line 1: port: write a whole number, without quotes"),
        ("port = true", "fils.toml, line 1: port: write a whole number, without quotes"),
        ("port = 80.0", "fils.toml, line 1: port: write a whole number, without quotes"),
        ("result_page = 'on'", "fils.toml, line 1: result_page: write true or false, without quotes"),
        ("host = 1", "fils.toml, line 1: host: write a text in quotes"),
        (
            "trusted_proxies = '127.0.0.1'",
            "fils.toml, line 1: trusted_proxies: write a list of texts in quotes",
        ),
        ("trusted_proxies = [1]", "fils.toml, line 1: trusted_proxies: write a list of texts in quotes"),
        ("[[port]]\na = 1", "fils.toml, line 1: port: write a whole number, without quotes"),
        ("\n\nport = 70000", "fils.toml, line 3: port is '70000': write a port from 0 to 65535"),
        ("host = ''", "fils.toml, line 1: host is '': write an IP address"),
        ("mode = 'live'", "fils.toml, line 1: mode is 'live': write sandbox or production"),
        ("port = 1\nport = 2", "fils.toml is no TOML: Cannot overwrite a value (at line 2, column 9)"),
        ("port", "fils.toml is no TOML: "),
        (b"host = '\xff'", "the file of settings fils.toml is not written in UTF-8"),
        ("#" * 70_000, "the file of settings fils.toml is longer than 64 KiB"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_place(folder: Path, text: str | bytes, words: str) -> None:
    write(folder, text)
    assert refusal().startswith(words)


def test_a_value_of_another_kind_is_not_repeated(folder: Path) -> None:
    write(folder, "sandbox_key = ['hunter2']")
    assert "hunter2" not in refusal()


def test_a_named_file_that_is_not_there_is_refused() -> None:
    assert refusal(config="gone.toml") == (
        "the file of settings gone.toml cannot be read: No such file or directory"
    )


def test_a_folder_is_no_file(folder: Path) -> None:
    (folder / "fils.toml").mkdir()
    assert refusal() == "the file of settings fils.toml cannot be read: Is a directory"


@pytest.mark.parametrize(
    "line",
    [
        "sandbox_key = 'sk_sbox_abcdefghijklmnopqrstuvwxyz2'",
        f"mode = 'sandbox'\ndatabase = '{SECRET_URL}'",
        "mode = 'sandbox'\ndatabase = 'postgresql://db/payments?user=fils&password=hunter2'",
        "mode = 'sandbox'\ndatabase = 'postgresql://fils:hunter2@[db/payments'",
        "mode = 'sandbox'\ndatabase = 'postgresql://fils:hunter2/a@db/payments'",
    ],
)
def test_a_secret_that_every_user_can_read_stops_the_start(folder: Path, line: str) -> None:
    write(folder, line, permissions=0o644)
    text = refusal()
    assert text.startswith("fils.toml holds a secret (")
    assert text.endswith("that every user of this machine can read: run chmod o-rwx fils.toml")
    assert "hunter2" not in text
    assert "sk_sbox" not in text


def test_a_secret_may_be_read_by_a_group_and_what_is_no_secret_by_all(folder: Path) -> None:
    write(folder, f"mode = 'sandbox'\ndatabase = '{SECRET_URL}'", permissions=0o640)
    assert read_settings({}).database == SECRET_URL
    # Their passwords stand in ~/.pgpass.
    for url in ("postgresql://db/payments?user=fils", "postgresql://fils@db/payments"):
        write(folder, f"mode = 'sandbox'\ndatabase = '{url}'", permissions=0o644)
        assert read_settings({}).database == url


def test_there_may_be_no_file_although_one_is_there(folder: Path) -> None:
    write(folder, "port = 1")
    assert read_settings({}, config="/dev/null") == replace(read_options(), config=Path("/dev/null"))


def test_a_file_that_every_user_can_change_stops_the_start(folder: Path) -> None:
    write(folder, "port = 1", permissions=0o606)
    assert refusal() == "every user of this machine can change fils.toml: run chmod o-rwx fils.toml"
