"""The readers of all settings but addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fils.config.given import Given, Origin
from fils.config.setting import ConfirmAnswer, LogFormat, LogLevel, Mode
from fils.config.table import (
    BY_NAME,
    DATABASE_CONNECTIONS_MAX,
    DATABASE_CONNECTIONS_MIN,
    DEFAULT_DATA_DIR,
    DEFAULT_DATABASE,
    DEFAULT_DATABASE_CONNECTIONS,
    SANDBOX_KEY,
    STOP_DELAY_MAX_S,
    WAIT_MAX_S,
    WAITS,
)

if TYPE_CHECKING:
    from fils.domain.knowing import Timing

_SQLITE_URL: Final = "sqlite:///"
POSTGRESQL_URLS: Final = ("postgresql://", "postgres://")
"""How the url of a PostgreSQL database begins; anything else is a file."""
_HOST_AND_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:[0-9]{1,5})?")
"""One of the hosts, of which there may be several, divided by commas."""


def read_mode(given: Given | None) -> Mode:
    """What Fils is started for."""
    if given is None:
        return Mode.SANDBOX
    try:
        return Mode(given.text)
    except ValueError:
        raise given.refusal("write sandbox or production") from None


def read_database(given: Given | None) -> str:
    """The path of an SQLite file, or a PostgreSQL url as it was written."""
    if given is None:
        return DEFAULT_DATABASE
    if given.text.startswith(POSTGRESQL_URLS):
        if given.origin is Origin.OPTION and holds_password(given.text):
            raise given.refusal(
                "every user of this machine can read the password in it while the command runs; leave the password "
                "out and keep it in ~/.pgpass or the file that PGPASSFILE names, or write the whole url into "
                "FILS_DATABASE_URL or fils.toml",
                shows=False,
            )
        if not _is_postgresql_url(given.text):
            raise given.refusal(
                "write it as postgresql://USER:PASSWORD@HOST/NAME, with / ? # and @ in the password "
                "percent-encoded as %2F %3F %23 and %40",
                shows=False,
            )
        return given.text
    path = given.text.removeprefix(_SQLITE_URL)
    if "://" in path:
        # Whatever it is, it may hold a password.
        raise given.refusal(
            "write the path of an SQLite file, or postgresql://USER:PASSWORD@HOST/NAME", shows=False
        )
    if not path or path == ":memory:" or "\0" in path:
        raise given.refusal("write the path of a file; Fils keeps payments where they outlive it")
    return path


def holds_password(url: str) -> bool:
    """Whether there is a password in the url of a database, also in one that is written wrongly."""
    user, at, _ = url.partition("://")[2].rpartition("@")
    return bool(at and ":" in user) or "password=" in url


def _is_postgresql_url(text: str) -> bool:
    """Whether *text* has each part where it belongs; a password that is not encoded would be taken for host or name."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    hosts = parts.netloc.rpartition("@")[2].split(",")
    return (
        "#" not in text
        and "@" not in parts.path + parts.query
        and all(_HOST_AND_PORT.fullmatch(host) for host in hosts)
    )


def read_database_connections(given: Given | None) -> int:
    """How many connections a process has to PostgreSQL at most."""
    if given is None:
        return DEFAULT_DATABASE_CONNECTIONS
    low, high = DATABASE_CONNECTIONS_MIN, DATABASE_CONNECTIONS_MAX
    if not re.fullmatch(r"[0-9]{1,3}", given.text) or not low <= int(given.text) <= high:
        raise given.refusal(f"write a whole number from {low} to {high}")
    return int(given.text)


def read_sandbox_key(given: Given | None) -> str | None:
    """The key of the sandbox; None leaves it to Fils."""
    if given is None:
        return None
    # Imported here because the command line needs this module early and the use cases only to serve.
    from fils.application.authentication import is_secret_key

    if not given.text.startswith("sk_sbox_") or not is_secret_key(given.text):
        raise given.refusal(
            f"write {BY_NAME['sandbox_key'].form} The documented one is {SANDBOX_KEY}", shows=False
        )
    return given.text


def read_data_dir(given: Given | None, database: str) -> Path:
    """The folder of key and books; beside the SQLite file if nobody chose one."""
    if given is not None:
        return Path(given.text)
    return Path(DEFAULT_DATA_DIR) if database.startswith(POSTGRESQL_URLS) else Path(database).parent


def read_master_key_file(given: Given | None, data_dir: Path) -> Path:
    """The file of the master key; in the data folder if nobody named one."""
    return data_dir / "master.key" if given is None else Path(given.text)


def read_switch(given: Given | None) -> bool:
    """On or off; off if nobody chose."""
    if given is None or given.text == "off":
        return False
    if given.text != "on":
        raise given.refusal("write on or off")
    return True


def read_confirm_answer(given: Given | None) -> ConfirmAnswer:
    """What a confirm is answered with; the payment if nobody chose."""
    if given is None:
        return ConfirmAnswer.PAYMENT
    try:
        return ConfirmAnswer(given.text)
    except ValueError:
        raise given.refusal("write payment or setup") from None


def read_log_level(given: Given | None, mode: Mode) -> LogLevel:
    """From which level on lines are written; a sandbox is quiet if nobody chose."""
    if given is None:
        return LogLevel.INFO if mode is Mode.PRODUCTION else LogLevel.WARNING
    try:
        return LogLevel(given.text)
    except ValueError:
        raise given.refusal("write debug, info, warning or error") from None


def read_log_format(given: Given | None, mode: Mode) -> LogFormat:
    """How a line is written; for a person in a sandbox if nobody chose."""
    if given is None:
        return LogFormat.JSON if mode is Mode.PRODUCTION else LogFormat.TEXT
    try:
        return LogFormat(given.text)
    except ValueError:
        raise given.refusal("write text or json") from None


def read_stop_delay(given: Given | None) -> int:
    """How many seconds requests are taken after the word to stop."""
    if given is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,3}", given.text) or int(given.text) > STOP_DELAY_MAX_S:
        raise given.refusal(f"write whole seconds from 0 to {STOP_DELAY_MAX_S}")
    return int(given.text)


def read_timing(given: Mapping[str, Given | None]) -> Timing:
    """All waits, by the names of their settings."""
    # Imported here for the same reason.
    from fils.domain.knowing import Timing

    waits = {
        wait.name: timedelta(seconds=read_wait(given[wait.name] or Given("the default", wait.default)))
        for wait in WAITS
    }
    return Timing(
        link_lifetime=waits["link_lifetime"],
        payment_lifetime=waits["payment_lifetime"],
        setup_lifetime=waits["setup_lifetime"],
        page_limit=waits["page_limit"],
        host_margin=waits["host_margin"],
        reversal_window=waits["reversal_window"],
    )


def read_wait(given: Given) -> int:
    """One wait, in seconds."""
    if not re.fullmatch(r"[0-9]{1,6}", given.text) or not 1 <= int(given.text) <= WAIT_MAX_S:
        raise given.refusal(f"write whole seconds from 1 to {WAIT_MAX_S}")
    return int(given.text)
