"""The settings themselves: read once, checked, and the same until the process ends."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fils.config.addresses import (
    Listen,
    Network,
    read_host,
    read_hosts,
    read_listen,
    read_networks,
    read_optional_base_url,
    read_port,
    read_prefix_links,
)
from fils.config.file import read_file, settings_file
from fils.config.given import Given, find, refuse_unknown_variables
from fils.config.modes import check_mode
from fils.config.setting import ConfirmAnswer, LogFormat, LogLevel, Mode
from fils.config.table import BY_NAME, DEFAULT_DATABASE_CONNECTIONS, SANDBOX_KEY, SETTINGS
from fils.config.values import (
    POSTGRESQL_URLS,
    read_confirm_answer,
    read_data_dir,
    read_database,
    read_database_connections,
    read_log_format,
    read_log_level,
    read_master_key_file,
    read_mode,
    read_sandbox_key,
    read_stop_delay,
    read_switch,
    read_timing,
)

if TYPE_CHECKING:
    from fils.domain.knowing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was chosen. Made by ``read_settings``; checked, and the same until the process ends."""

    config: Path | None = None
    """The file of settings that was read, if there was one."""
    host: str
    port: int
    """A TCP port; 0 is any free one."""
    database: str = field(repr=False)
    """The path of an SQLite file, or a PostgreSQL url, which may hold a password."""
    database_connections: int = DEFAULT_DATABASE_CONNECTIONS
    """To PostgreSQL, at most."""
    base_url: str | None
    """Without a slash at its end; None when it follows from host and port."""
    prefix_links: bool = False
    """Whether links of the API carry their account's prefix."""
    extra_hosts: frozenset[str] = frozenset()
    """Further names Fils answers to, in lower case."""
    mode: Mode
    sandbox_key: str | None = field(repr=False)
    """None when it was left to Fils."""
    plain_http_hosts: frozenset[str] = frozenset()
    """Hosts that return urls may name with ``http``, beside those that every sandbox lists."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose forwarded headers count."""
    data_dir: Path
    master_key_file: Path
    result_page: bool = False
    """Whether every door shows how the payment ended before it leads to the shop."""
    confirm_answer: ConfirmAnswer = ConfirmAnswer.PAYMENT
    log_level: LogLevel = LogLevel.WARNING
    """Of our own lines."""
    log_format: LogFormat = LogFormat.TEXT
    metrics_listen: Listen | None = None
    """The listener for metrics; None if there is none."""
    stop_delay: int = 0
    """Seconds for which requests are taken after the word to stop."""
    timing: Timing
    """How long Fils waits before it believes something."""

    @property
    def sqlite_file(self) -> Path | None:
        """The SQLite file; None if the database is PostgreSQL."""
        return None if self.database.startswith(POSTGRESQL_URLS) else Path(self.database)

    @property
    def database_label(self) -> str:
        """The database as people may see it: without user, password and parameters."""
        if not self.database.startswith(POSTGRESQL_URLS):
            return self.database
        parts = urlsplit(self.database)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def process_environment() -> Mapping[str, str]:
    """The environment of this process. Nothing else of Fils asks for it."""
    return os.environ


def wants_colour(environment: Mapping[str, str]) -> bool:
    """Whether coloured output is welcome on a terminal; see https://no-color.org."""
    return not environment.get("NO_COLOR")


def chosen_sandbox_key(environment: Mapping[str, str]) -> str:
    """The secret key that a command of this machine uses when none is given: the environment's, else the documented."""
    return environment.get(BY_NAME["sandbox_key"].variable) or SANDBOX_KEY


def read_settings(environment: Mapping[str, str], **options: str | int | None) -> Settings:
    """
    Read every setting.

    Args:
        environment: Variables by name. An empty one counts as not set.
        options: By the name of the setting, as ``Settings`` has it; one that is not None wins over the environment,
            and that over the file of settings.

    Raises:
        ConfigurationError: If a value cannot be used, a variable that starts with ``FILS_`` is no setting, the file
            cannot be read, or the mode wants what was not said or cannot have what was.
    """
    file, given = find_all(environment, options)
    return settings_of(given, config=file)


def read_options(**options: str | int | None) -> Settings:
    """
    The settings if nothing is said but these options: neither the environment nor a file counts.

    Raises:
        ConfigurationError: As ``read_settings``.
    """
    given = {setting.name: find(setting, {}, options, {}) for setting in SETTINGS}
    return settings_of(given, config=None)


def find_all(
    environment: Mapping[str, str], options: Mapping[str, str | int | None]
) -> tuple[Path | None, Mapping[str, Given | None]]:
    """The file that was read, and what was said about each setting, by its name; None leaves the default."""
    strange = options.keys() - BY_NAME.keys()
    if strange:
        raise TypeError(f"no such setting: {', '.join(sorted(strange))}")
    refuse_unknown_variables(environment)
    named = find(BY_NAME["config"], environment, options, {})
    path = settings_file(named)
    in_file = {} if path is None else read_file(path)
    return path, {setting.name: find(setting, environment, options, in_file) for setting in SETTINGS}


def settings_of(given: Mapping[str, Given | None], *, config: Path | None) -> Settings:
    """The settings that *given* makes, checked one by one and together."""
    mode = read_mode(given["mode"])
    database = read_database(given["database"])
    data_dir = read_data_dir(given["data_dir"], database)
    base_url = read_optional_base_url(given["base_url"])
    settings = Settings(
        config=config,
        host=read_host(given["host"]),
        port=read_port(given["port"]),
        database=database,
        database_connections=read_database_connections(given["database_connections"]),
        base_url=base_url,
        prefix_links=read_prefix_links(given["prefix_links"], base_url),
        extra_hosts=read_hosts(given["extra_hosts"]),
        mode=mode,
        sandbox_key=read_sandbox_key(given["sandbox_key"]),
        plain_http_hosts=read_hosts(given["plain_http_hosts"]),
        trusted_proxies=read_networks(given["trusted_proxies"]),
        data_dir=data_dir,
        master_key_file=read_master_key_file(given["master_key_file"], data_dir),
        result_page=read_switch(given["result_page"]),
        confirm_answer=read_confirm_answer(given["confirm_answer"]),
        log_level=read_log_level(given["log_level"], mode),
        log_format=read_log_format(given["log_format"], mode),
        metrics_listen=read_listen(given["metrics_listen"]),
        stop_delay=read_stop_delay(given["stop_delay"]),
        timing=read_timing(given),
    )
    check_mode(settings, given)
    return settings
