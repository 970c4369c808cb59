"""Settings: what may be chosen, what wins, and what is refused with which words."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from fils.config import (
    SANDBOX_KEY,
    SETTINGS,
    ConfirmAnswer,
    LogFormat,
    LogLevel,
    Mode,
    Settings,
    chosen_sandbox_key,
    is_loopback,
    read_base_url,
    read_settings,
    wants_colour,
)
from fils.config.addresses import Listen
from fils.domain.errors import ConfigurationError
from fils.domain.knowing import Timing

OWN_KEY = "sk_sbox_abcdefghijklmnopqrstuvwxyz2"
POSTGRESQL = "postgresql://fils:hunter2@db.example:5432/payments?sslmode=require"


def refusal(environment: dict[str, str] | None = None, **options: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(environment or {}, **options)
    return str(caught.value)


def test_nothing_said_is_a_sandbox_of_this_machine_in_the_current_folder() -> None:
    assert read_settings({}) == Settings(
        host="127.0.0.1",
        port=4140,
        database="fils-data/fils.sqlite3",
        base_url=None,
        mode=Mode.SANDBOX,
        sandbox_key=None,
        data_dir=Path("fils-data"),
        master_key_file=Path("fils-data/master.key"),
        result_page=False,
        log_level=LogLevel.WARNING,
        log_format=LogFormat.TEXT,
        metrics_listen=None,
        stop_delay=0,
        timing=Timing(),
    )


def test_the_table_has_a_line_for_each_setting_and_no_other() -> None:
    names = [field.name for field in fields(Settings)]
    timing = names.index("timing")
    waits = [
        "link_lifetime",
        "payment_lifetime",
        "setup_lifetime",
        "page_limit",
        "host_margin",
        "reversal_window",
    ]
    assert [setting.name for setting in SETTINGS] == names[:timing] + waits + names[timing + 1 :]


def test_the_defaults_of_the_waits_are_those_of_the_rules() -> None:
    waits = {setting.name: setting.default for setting in SETTINGS if hasattr(Timing, setting.name)}
    assert waits
    for name, default in waits.items():
        assert timedelta(seconds=int(default)) == getattr(Timing(), name), name


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "five", "604801", "9999999"])
def test_a_wait_is_whole_seconds_within_a_week(text: str) -> None:
    assert "write whole seconds from 1 to 604800" in refusal({"FILS_REVERSAL_WINDOW": text})


def test_every_variable_of_the_table_is_read() -> None:
    settings = read_settings(
        {
            "FILS_HOST": "0.0.0.0",
            "FILS_PORT": "8080",
            "FILS_DATABASE_URL": "/srv/fils/payments.sqlite3",
            "FILS_DATABASE_CONNECTIONS": "12",
            "FILS_BASE_URL": "https://pay.example",
            "FILS_MODE": "sandbox",
            "FILS_SANDBOX_KEY": OWN_KEY,
            "FILS_PLAIN_HTTP_HOSTS": "web, Shop.Test,[::2]",
            "FILS_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/24,2001:db8::/32,",
            "FILS_MASTER_KEY_FILE": "/srv/master.key",
            "FILS_DATA_DIR": "/srv/keys",
            "FILS_RESULT_PAGE": "on",
            "FILS_CONFIRM_ANSWER": "setup",
            "FILS_LOG_LEVEL": "error",
            "FILS_LOG_FORMAT": "json",
            "FILS_METRICS_LISTEN": "[::1]:9140",
            "FILS_STOP_DELAY": "5",
            "FILS_LINK_LIFETIME": "60",
            "FILS_PAYMENT_LIFETIME": "120",
            "FILS_SETUP_LIFETIME": "180",
            "FILS_PAGE_LIMIT": "30",
            "FILS_HOST_MARGIN": "10",
            "FILS_REVERSAL_WINDOW": "2",
        }
    )
    assert settings == Settings(
        host="0.0.0.0",
        port=8080,
        database="/srv/fils/payments.sqlite3",
        database_connections=12,
        base_url="https://pay.example",
        mode=Mode.SANDBOX,
        sandbox_key=OWN_KEY,
        plain_http_hosts=frozenset({"web", "shop.test", "::2"}),
        trusted_proxies=(
            ip_network("127.0.0.1"),
            ip_network("10.0.0.0/24"),
            ip_network("2001:db8::/32"),
        ),
        data_dir=Path("/srv/keys"),
        master_key_file=Path("/srv/master.key"),
        result_page=True,
        confirm_answer=ConfirmAnswer.SETUP,
        log_level=LogLevel.ERROR,
        log_format=LogFormat.JSON,
        metrics_listen=Listen("::1", 9140),
        stop_delay=5,
        timing=Timing(
            link_lifetime=timedelta(minutes=1),
            payment_lifetime=timedelta(minutes=2),
            setup_lifetime=timedelta(minutes=3),
            page_limit=timedelta(seconds=30),
            host_margin=timedelta(seconds=10),
            reversal_window=timedelta(seconds=2),
        ),
    )


@pytest.mark.parametrize("text", ["1", "101", "0", "-5", "five", "5.0", "1000"])
def test_a_process_has_from_two_to_a_hundred_connections(text: str) -> None:
    assert refusal({"FILS_DATABASE_CONNECTIONS": text}) == (
        f"FILS_DATABASE_CONNECTIONS is {text!r}: write a whole number from 2 to 100"
    )


@pytest.mark.parametrize(("text", "expected"), [("on", True), ("off", False), ("", False)])
def test_the_result_page_is_on_or_off(text: str, expected: bool) -> None:
    assert read_settings({"FILS_RESULT_PAGE": text}).result_page is expected


@pytest.mark.parametrize("text", ["yes", "1", "ON", "true"])
def test_nothing_else_is_a_switch(text: str) -> None:
    assert refusal({"FILS_RESULT_PAGE": text}) == f"FILS_RESULT_PAGE is {text!r}: write on or off"


def test_a_confirm_is_answered_with_the_payment_or_the_setup() -> None:
    assert read_settings({}).confirm_answer is ConfirmAnswer.PAYMENT
    assert read_settings({"FILS_CONFIRM_ANSWER": "payment"}).confirm_answer is ConfirmAnswer.PAYMENT
    assert refusal({"FILS_CONFIRM_ANSWER": "both"}) == "FILS_CONFIRM_ANSWER is 'both': write payment or setup"


def test_an_option_wins_over_the_environment() -> None:
    assert read_settings({"FILS_PORT": "8080"}, port="9090").port == 9090


def test_an_option_that_was_not_given_leaves_the_environment_alone() -> None:
    assert read_settings({"FILS_PORT": "8080"}, port=None).port == 8080


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings({"FILS_PORT": "", "FILS_BASE_URL": ""}).port == 4140


def test_other_programs_variables_are_none_of_our_business() -> None:
    read_settings({"PATH": "/bin", "FILSTER_PORT": "1"})


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("FILS_PROT", "FILS_PROT is no setting of Fils; did you mean FILS_PORT?"),
        ("FILS_DATABASE", "did you mean FILS_DATABASE_URL?"),
        ("FILS_BASEURL", "did you mean FILS_BASE_URL?"),
        ("FILS_MASTER_KEY", "did you mean FILS_MASTER_KEY_FILE?"),
        ("FILS_XYZ", "there are FILS_BASE_URL, FILS_CONFIG"),
        ("FILS_TERMINAL_PASSWORD", "FILS_SANDBOX_KEY"),
    ],
)
def test_an_unknown_variable_stops_the_start_and_names_the_nearest(variable: str, words: str) -> None:
    text = refusal({variable: "hunter2"})
    assert words in text
    assert "hunter2" not in text


def test_an_unknown_option_is_our_own_mistake() -> None:
    with pytest.raises(TypeError, match="prot"):
        read_settings({}, prot="1")


def test_an_unfamiliar_mode_is_refused() -> None:
    assert refusal(mode="live") == "--mode is 'live': write sandbox or production"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("proxy", "'proxy' is neither an IP address nor a network"),
        ("10.0.0.1/24", "whose last bits are 0"),
        ("0.0.0.0/0", "a network of all addresses would let everybody say who they are"),
        ("10.0.0.1,::/0", "a network of all addresses"),
        ("10.0.0.1;10.0.0.2", "neither"),
        ("*", "neither"),
    ],
)
def test_trusted_proxies_are_addresses_and_networks_and_never_all(text: str, words: str) -> None:
    assert words in refusal({"FILS_TRUSTED_PROXIES": text})


@pytest.mark.parametrize("text", ["http://web", "web:3000", "a b", "1.2.3", "*"])
def test_hosts_for_plain_http_are_hosts(text: str) -> None:
    assert "is no host; write names or addresses alone" in refusal({"FILS_PLAIN_HTTP_HOSTS": text})


@pytest.mark.parametrize("port", ["0", "1", "65535"])
def test_every_tcp_port_is_taken(port: str) -> None:
    assert read_settings({}, port=port).port == int(port)


@pytest.mark.parametrize("port", ["65536", "-1", "http", "80.0", "٨٠", "", " 80"])
def test_what_is_no_port_is_refused_by_name(port: str) -> None:
    assert refusal(port=port) == f"--port is {port!r}: write a port from 0 to 65535; 0 takes any free one"


@pytest.mark.parametrize(
    ("host", "read"),
    [
        ("localhost", "localhost"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("192.168.1.5", "192.168.1.5"),
        ("web", "web"),
    ],
)
def test_a_host_is_an_address_or_a_name(host: str, read: str) -> None:
    assert read_settings({}, host=host).host == read


@pytest.mark.parametrize(
    "host", ["http://localhost", "localhost:80", "1.2.3", "256.1.1.1", "a b", "", "-a", "é"]
)
def test_what_is_no_host_is_refused_by_name(host: str) -> None:
    assert refusal(host=host).startswith(f"--host is {host!r}: write an IP address or a host name alone")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("http://127.0.0.1:4140", "http://127.0.0.1:4140"),
        ("http://127.0.0.1:4140/", "http://127.0.0.1:4140"),
        ("HTTPS://Pay.Example", "https://pay.example"),
        ("https://pay.example:443", "https://pay.example"),
        ("http://pay.example:443", "http://pay.example:443"),
        ("http://[::1]:4140", "http://[::1]:4140"),
    ],
)
def test_a_base_url_is_kept_in_one_form(text: str, read: str) -> None:
    assert read_base_url(text, source="--base-url") == read
    assert read_settings({}, base_url=text).base_url == read


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:4140",
        "ftp://pay.example",
        "http://",
        "http:///path",
        "https://pay.example/fils",
        "https://pay.example?",
        "https://pay.example/#x",
        "http://pay.example:0",
        "http://pay.example:99999",
        "http://pay.example:x",
        "http://[::1",
        "http://pay.example\\@evil.example",
        "http://pay .example",
        "http://pay.example\n",
        "http://пример.example",
        "http://a'b",
        "http://999.1.1.1",
        "",
    ],
)
def test_what_is_no_base_url_is_refused_by_name(text: str) -> None:
    assert refusal(base_url=text).startswith(f"--base-url is {text!r}: ")


def test_a_base_url_with_a_password_is_refused_without_repeating_it() -> None:
    text = refusal({"FILS_BASE_URL": "https://me:hunter2@pay.example"})
    assert text.startswith("FILS_BASE_URL cannot be used: the address must not hold a user name or password")
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("database", "path", "folder"),
    [
        ("books/fils.sqlite3", "books/fils.sqlite3", "books"),
        ("fils.sqlite3", "fils.sqlite3", "."),
        ("sqlite:///books/fils.sqlite3", "books/fils.sqlite3", "books"),
        ("sqlite:////srv/fils.sqlite3", "/srv/fils.sqlite3", "/srv"),
    ],
)
def test_keys_and_books_live_beside_the_sqlite_file(database: str, path: str, folder: str) -> None:
    settings = read_settings({}, database=database)
    assert (settings.database, settings.data_dir) == (path, Path(folder))


@pytest.mark.parametrize("database", ["", ":memory:", "sqlite:///", "sqlite:///:memory:"])
def test_a_database_that_would_forget_is_refused(database: str) -> None:
    assert "write the path of a file" in refusal(database=database)


def test_a_database_of_another_kind_is_refused_without_repeating_its_password() -> None:
    text = refusal({"FILS_DATABASE_URL": "mysql://fils:hunter2@db/payments"})
    assert text.startswith("FILS_DATABASE_URL cannot be used: write the path of an SQLite file")
    assert "hunter2" not in text


def test_a_postgresql_url_that_cannot_be_read_is_refused_without_repeating_its_password() -> None:
    text = refusal({"FILS_DATABASE_URL": "postgresql://fils:hunter2@[db/payments", "FILS_MODE": "sandbox"})
    assert "write it as postgresql://" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://fils:hun/ter2@db/payments",
        "postgresql://fils:hun?ter2@db/payments",
        "postgresql://fils:hun#ter2@db/payments",
        "postgresql://fils:@hun/ter2@db/payments",
        "postgresql://fils:hunter2@db/payments#ter2",
        "postgres://fils:/hunter2",
        "postgresql://db:hunter2/payments",
        "postgresql://db/payments?user=fils&password=hun@ter2",
    ],
)
def test_a_password_that_is_not_encoded_is_refused_and_not_repeated(url: str) -> None:
    text = refusal({"FILS_DATABASE_URL": url, "FILS_MODE": "sandbox"})
    assert text.endswith("with / ? # and @ in the password percent-encoded as %2F %3F %23 and %40")
    assert "hun" not in text
    assert "ter2" not in text


def test_a_password_may_have_any_character_if_it_is_encoded() -> None:
    url = "postgresql://fils:hun%2F%3F%23%40ter2@[::1]:5432/payments"
    settings = read_settings({"FILS_DATABASE_URL": url, "FILS_MODE": "sandbox"})
    assert (settings.database, settings.database_label) == (url, "postgresql://[::1]:5432/payments")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://fils:hunter2@db/payments",
        "postgres://fils:hun/ter2@db/payments",
        "postgresql://fils:hunter2@[db/payments",
        "postgresql://db/payments?user=fils&password=hunter2",
        "postgresql://fils@db/payments?sslpassword=hunter2",
    ],
)
def test_a_password_as_an_option_is_refused_because_other_users_can_read_it(url: str) -> None:
    assert refusal(database=url, mode="sandbox") == (
        "--database cannot be used: every user of this machine can read the password in it while the command runs; "
        "leave the password out and keep it in ~/.pgpass or the file that PGPASSFILE names, or write the whole url "
        "into FILS_DATABASE_URL or fils.toml"
    )


@pytest.mark.parametrize(
    "url", ["postgresql://fils@db/payments", "postgresql://[::1]:5432/payments?user=fils"]
)
def test_a_postgresql_url_without_a_password_may_be_an_option(url: str) -> None:
    assert read_settings({}, database=url, mode="sandbox").database == url


def test_with_postgresql_keys_and_books_live_in_a_folder_of_their_own() -> None:
    settings = read_settings({"FILS_DATABASE_URL": POSTGRESQL, "FILS_MODE": "sandbox"})
    assert (settings.database, settings.data_dir) == (POSTGRESQL, Path("fils-data"))


def test_people_see_the_database_without_its_password() -> None:
    settings = read_settings({"FILS_DATABASE_URL": POSTGRESQL, "FILS_MODE": "sandbox"})
    assert settings.database_label == "postgresql://db.example:5432/payments"


def test_several_postgresql_hosts_are_shown_as_written() -> None:
    several = "postgres://fils:hunter2@one:5432,two:5433/payments?target_session_attrs=read-write"
    assert (
        read_settings({"FILS_DATABASE_URL": several, "FILS_MODE": "sandbox"}).database_label
        == "postgresql://one:5432,two:5433/payments"
    )


@pytest.mark.parametrize(
    "key",
    ["sk_sbox_short", OWN_KEY.upper(), OWN_KEY + "a", "sk_" + "a" * 27, "hunter2", OWN_KEY[:-1] + "1"],
)
def test_a_malformed_sandbox_key_is_refused_without_repeating_it(key: str) -> None:
    text = refusal({"FILS_SANDBOX_KEY": key})
    assert text.startswith("FILS_SANDBOX_KEY cannot be used: write sk_sbox_ and 27 characters")
    assert key not in text.replace(SANDBOX_KEY, "")


def test_settings_show_no_secret_when_printed() -> None:
    settings = read_settings({"FILS_SANDBOX_KEY": OWN_KEY, "FILS_DATABASE_URL": POSTGRESQL}, mode="sandbox")
    assert OWN_KEY not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_a_command_uses_the_environments_key_or_the_documented_one() -> None:
    assert chosen_sandbox_key({"FILS_SANDBOX_KEY": OWN_KEY}) == OWN_KEY
    assert chosen_sandbox_key({}) == SANDBOX_KEY


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_is_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "192.168.1.10", "shop.test", "localhost.test", "[::1]"]
)
def test_what_others_reach_or_may_reach_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_no_color_is_honoured() -> None:
    assert wants_colour({})
    assert wants_colour({"NO_COLOR": ""})
    assert not wants_colour({"NO_COLOR": "1"})


@pytest.mark.parametrize(
    ("base_url", "text", "is_on"),
    [
        ("https://pay.example", "on", True),
        ("http://localhost:4140", "on", True),
        ("https://pay.example", "off", False),
        ("http://10.0.0.1:4140", "off", False),
    ],
)
def test_links_of_the_api_carry_a_prefix_where_a_name_allows_it(
    base_url: str, text: str, is_on: bool
) -> None:
    settings = read_settings({"FILS_PREFIX_LINKS": text, "FILS_BASE_URL": base_url})
    assert settings.prefix_links is is_on


@pytest.mark.parametrize("environment", [{}, {"FILS_BASE_URL": "http://[::1]:4140"}])
def test_a_prefix_cannot_stand_before_an_address(environment: dict[str, str]) -> None:
    said = refusal(environment | {"FILS_PREFIX_LINKS": "on"})
    assert "name a base url as in http://localhost:4140" in said


def test_further_hosts_are_names_in_lower_case() -> None:
    settings = read_settings({"FILS_EXTRA_HOSTS": "Fils.Internal.example, web"})
    assert settings.extra_hosts == {"fils.internal.example", "web"}
    assert "'http://x' is no host" in refusal({"FILS_EXTRA_HOSTS": "http://x"})


def test_production_logs_each_request_for_a_collector() -> None:
    settings = read_settings(
        {
            "FILS_MODE": "production",
            "FILS_DATABASE_URL": "/srv/fils/payments.sqlite3",
            "FILS_BASE_URL": "https://pay.example",
            "FILS_MASTER_KEY_FILE": "/srv/master.key",
        }
    )
    assert (settings.log_level, settings.log_format) == (LogLevel.INFO, LogFormat.JSON)


@pytest.mark.parametrize(
    ("variable", "text", "advice"),
    [
        ("FILS_LOG_LEVEL", "INFO", "write debug, info, warning or error"),
        ("FILS_LOG_LEVEL", "trace", "write debug, info, warning or error"),
        ("FILS_LOG_FORMAT", "xml", "write text or json"),
        ("FILS_STOP_DELAY", "-1", "write whole seconds from 0 to 300"),
        ("FILS_STOP_DELAY", "301", "write whole seconds from 0 to 300"),
        ("FILS_STOP_DELAY", "1.5", "write whole seconds from 0 to 300"),
    ],
)
def test_what_cannot_be_logged_or_waited_is_refused(variable: str, text: str, advice: str) -> None:
    assert refusal({variable: text}) == f"{variable} is {text!r}: {advice}"


@pytest.mark.parametrize(
    "text",
    [
        "9140",
        ":9140",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "::1:9140",
        "[127.0.0.1]:9140",
        "a b:1",
        "h:-1",
    ],
)
def test_the_listener_of_metrics_is_an_address_and_a_port(text: str) -> None:
    assert "write an address of this machine and a port" in refusal({"FILS_METRICS_LISTEN": text})


@pytest.mark.parametrize("text", ["127.0.0.1:9140", "[::1]:0", "metrics.internal:9140"])
def test_the_listener_of_metrics_is_shown_as_it_is_written(text: str) -> None:
    assert str(read_settings({"FILS_METRICS_LISTEN": text}).metrics_listen) == text
