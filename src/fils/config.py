"""
Settings: what a person may choose when Fils starts, read once.

This is the only module that looks at the environment of the process. Every setting stands in one table,
``SETTINGS``, from which the command line takes its options and ``docs/reference/settings.md`` is printed. Reading
opens no file and no socket: whether a port is free or a database can be read shows when it is used.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from fils.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from fils.domain.knowing import Timing

SANDBOX_KEY: Final = "sk_sbox_filssandboxkeyforlocaltests"
"""The secret key that the documentation prints, and that everybody knows."""
SANDBOX_CHANNEL: Final = "pc_wzjki6hw5puepb5fnvqlizj2e4"
"""The processing channel of the documented request (Checkout.com, KNET, Payment Setup API)."""
SANDBOX_BROWSER_CHANNEL: Final = "pc_filstestbrowserformchannel"
"""The processing channel of the sandbox's terminal in KNET's older mode, where the browser carries the news."""
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 4140
DEFAULT_DATABASE: Final = "fils-data/fils.sqlite3"
DEFAULT_BASE_URL: Final = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
"""Where a Fils that was started without settings is found."""

_PREFIX: Final = "FILS_"
_DEFAULT_DATA_DIR: Final = "fils-data"
_PORT_MAX: Final = 65535
_WAIT_MAX_S: Final = 7 * 24 * 3600
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_URL_TEXT: Final = re.compile(r"[\x21-\x5b\x5d-\x7e]+")
"""Visible ASCII without the backslash, which browsers read as a slash."""
_SQLITE_URL: Final = "sqlite:///"
_POSTGRESQL_URLS: Final = ("postgresql://", "postgres://")


class Mode(StrEnum):
    """What Fils is started for. It is always said, never inferred."""

    SANDBOX = "sandbox"
    """The bank is the simulator inside; no money moves."""
    PRODUCTION = "production"
    """The bank is KNET. Not in this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One line of the table: what a setting is called and what it is for."""

    name: str
    """The field of ``Settings``."""
    variable: str
    """The environment variable."""
    option: str | None = None
    """The option of ``fils serve``, if it has one. An option wins over the environment."""
    default: str
    """What holds when nothing is said, in words."""
    form: str
    """What may be written, with its unit where it has one."""
    reason: str
    """What it is for."""

    @property
    def summary(self) -> str:
        """One paragraph of help."""
        return f"{self.reason} {self.form} Default: {self.default}. [{self.variable}]"


def _wait(name: str, default_s: int, reason: str) -> Setting:
    return Setting(
        name=name,
        variable=_PREFIX + name.upper(),
        default=str(default_s),
        form=f"Whole seconds, from 1 to {_WAIT_MAX_S}.",
        reason=reason,
    )


_WAITS: Final = (
    _wait(
        "link_lifetime", 1800, "How long after its confirm a payment's link lets the customer start paying."
    ),
    _wait("payment_lifetime", 3600, "When a payment that nobody finished expires, at the earliest."),
    _wait("setup_lifetime", 86400, "How long after its creation a payment setup can be confirmed."),
    _wait(
        "page_limit", 900, "How long KNET's page is taken to wait for its customer; KNET publishes no figure."
    ),
    _wait("host_margin", 300, "How long after that the bank's host is given to answer."),
    _wait(
        "reversal_window",
        300,
        "How long KNET is taken to be able to reverse a capture whose notification it could not deliver.",
    ),
)
"""The waits of ``fils.domain.knowing.Timing`` that a person may choose."""

SETTINGS: Final = (
    Setting(
        name="host",
        variable="FILS_HOST",
        option="--host",
        default=DEFAULT_HOST,
        form="An IP address or host name of this machine; 0.0.0.0 is all of its addresses.",
        reason="The address Fils listens on.",
    ),
    Setting(
        name="port",
        variable="FILS_PORT",
        option="--port",
        default=str(DEFAULT_PORT),
        form="A TCP port from 0 to 65535; 0 takes any free one.",
        reason="The port Fils listens on.",
    ),
    Setting(
        name="database",
        variable="FILS_DATABASE_URL",
        option="--database",
        default=f"{DEFAULT_DATABASE} in the current folder",
        form="The path of an SQLite file, or postgresql://USER:PASSWORD@HOST/NAME.",
        reason="Where payments are kept.",
    ),
    Setting(
        name="base_url",
        variable="FILS_BASE_URL",
        option="--base-url",
        default="made from host and port, such as http://127.0.0.1:4140",
        form="http:// or https://, a host, and a port if it is not the usual one; no path.",
        reason="The address under which browsers and shops reach Fils; every link starts with it.",
    ),
    Setting(
        name="mode",
        variable="FILS_MODE",
        option="--mode",
        default="sandbox",
        form="sandbox, the only one of this version. It must be said when the database is PostgreSQL.",
        reason="What Fils is started for, so that a sandbox is never taken for the real thing.",
    ),
    Setting(
        name="sandbox_key",
        variable="FILS_SANDBOX_KEY",
        default=f"{SANDBOX_KEY} on loopback, a random key for each start beyond it",
        form="sk_sbox_ and 27 characters: a to z and 2 to 7, the last one also * # $ or =.",
        reason="The secret key with which a shop calls the API of the sandbox.",
    ),
    Setting(
        name="data_dir",
        variable="FILS_DATA_DIR",
        default=f"the folder of the SQLite file; {_DEFAULT_DATA_DIR} with PostgreSQL",
        form="The path of a folder, made if it is missing.",
        reason="Where the master key and the simulator's books are kept.",
    ),
    Setting(
        name="result_page",
        variable="FILS_RESULT_PAGE",
        default="off",
        form="on or off.",
        reason="Whether the customer is shown how the payment ended, with every fact the bank wants on a receipt, "
        "before going back to the shop.",
    ),
    *_WAITS,
)
"""Every setting there is."""

_BY_NAME: Final = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was chosen. Made by ``read_settings``; checked, and the same until the process ends."""

    host: str
    port: int
    """A TCP port; 0 is any free one."""
    database: str = field(repr=False)
    """The path of an SQLite file, or a PostgreSQL url, which may hold a password."""
    base_url: str | None
    """Without a slash at its end; None when it follows from host and port."""
    mode: Mode
    sandbox_key: str | None = field(repr=False)
    """None when it was left to Fils."""
    data_dir: Path
    result_page: bool = False
    """Whether every door shows how the payment ended before it leads to the shop."""
    timing: Timing
    """How long Fils waits before it believes something."""

    @property
    def sqlite_file(self) -> Path | None:
        """The SQLite file; None if the database is PostgreSQL."""
        return None if self.database.startswith(_POSTGRESQL_URLS) else Path(self.database)

    @property
    def database_label(self) -> str:
        """The database as people may see it: without user, password and parameters."""
        if not self.database.startswith(_POSTGRESQL_URLS):
            return self.database
        parts = urlsplit(self.database)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class _Given:
    """What somebody wrote, and where, so that a refusal can name both."""

    source: str
    text: str = field(repr=False)

    def refusal(self, advice: str, *, shows: bool = True) -> ConfigurationError:
        said = f"{self.source} is {self.text!r}" if shows else f"{self.source} cannot be used"
        return ConfigurationError(f"{said}: {advice}")


def process_environment() -> Mapping[str, str]:
    """The environment of this process. Nothing else of Fils asks for it."""
    return os.environ


def wants_colour(environment: Mapping[str, str]) -> bool:
    """Whether coloured output is welcome on a terminal; see https://no-color.org."""
    return not environment.get("NO_COLOR")


def chosen_sandbox_key(environment: Mapping[str, str]) -> str:
    """The secret key that a command of this machine uses when none is given: the environment's, else the documented."""
    return environment.get(_BY_NAME["sandbox_key"].variable) or SANDBOX_KEY


def read_settings(environment: Mapping[str, str], **options: str | int | None) -> Settings:
    """
    Read every setting.

    Args:
        environment: Variables by name. An empty one counts as not set.
        options: By the name of the setting, as ``Settings`` has it; one that is not None wins over the environment.

    Raises:
        ConfigurationError: If a value cannot be used, or a variable that starts with ``FILS_`` is no setting.
    """
    strange = options.keys() - _BY_NAME.keys()
    if strange:
        raise TypeError(f"no such setting: {', '.join(sorted(strange))}")
    _refuse_unknown_variables(environment)
    given = {setting.name: _find(setting, environment, options) for setting in SETTINGS}
    mode = _read_mode(given["mode"])
    database = _read_database(given["database"])
    if database.startswith(_POSTGRESQL_URLS) and given["mode"] is None:
        # Whoever has a server for the database may well expect real payments: nobody starts a sandbox unknowingly.
        raise ConfigurationError(
            "with PostgreSQL the mode must be said: this version has the sandbox only, so add --mode sandbox "
            "or set FILS_MODE=sandbox"
        )
    return Settings(
        host=_read_host(given["host"]),
        port=_read_port(given["port"]),
        database=database,
        base_url=_read_optional_base_url(given["base_url"]),
        mode=mode,
        sandbox_key=_read_sandbox_key(given["sandbox_key"]),
        data_dir=_read_data_dir(given["data_dir"], database),
        result_page=_read_switch(given["result_page"]),
        timing=_read_timing(given),
    )


def read_base_url(text: str, *, source: str) -> str:
    """
    Read the address of a Fils, such as ``http://127.0.0.1:4140``. A slash at the end is forgiven.

    Args:
        text: As somebody wrote it.
        source: The option or variable, for the message.

    Raises:
        ConfigurationError: If it is anything but scheme, host and port.
    """
    given = _Given(source, text)
    if not _URL_TEXT.fullmatch(text):
        raise given.refusal("write an address of plain characters, such as http://127.0.0.1:4140")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise given.refusal(
            "its host or port cannot be read; write it as in http://127.0.0.1:4140"
        ) from error
    if "@" in parts.netloc:
        # The text may hold a password, so it is not repeated.
        raise given.refusal("the address must not hold a user name or password", shows=False)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise given.refusal("start it with http:// or https:// and a host, as in http://127.0.0.1:4140")
    if parts.path not in {"", "/"} or "?" in text or "#" in text:
        raise given.refusal(f"leave out what follows the host, as in {parts.scheme}://{parts.netloc}")
    if port == 0 or not _is_host(parts.hostname):
        raise given.refusal("its host or port cannot be used; write it as in http://127.0.0.1:4140")
    return _write_base_url(parts)


def _write_base_url(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    usual_port = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, usual_port} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {setting.variable for setting in SETTINGS}
    unknown = sorted(name for name in environment if name.startswith(_PREFIX) and name not in known)
    if not unknown:
        return
    import difflib

    # Only what follows the common prefix is compared, or everything would look alike.
    endings = {variable.removeprefix(_PREFIX): variable for variable in sorted(known)}
    nearest = difflib.get_close_matches(unknown[0].removeprefix(_PREFIX), endings, n=1)
    advice = f"did you mean {endings[nearest[0]]}?" if nearest else f"there are {', '.join(endings.values())}"
    raise ConfigurationError(f"{unknown[0]} is no setting of Fils; {advice}")


def _find(
    setting: Setting, environment: Mapping[str, str], options: Mapping[str, str | int | None]
) -> _Given | None:
    option = options.get(setting.name)
    if option is not None:
        return _Given(setting.option or setting.name, str(option))
    text = environment.get(setting.variable)
    return _Given(setting.variable, text) if text else None


def _read_mode(given: _Given | None) -> Mode:
    if given is None or given.text == Mode.SANDBOX:
        return Mode.SANDBOX
    if given.text == Mode.PRODUCTION:
        raise given.refusal(
            "this version has no production mode yet and moves no real money; it comes with a later one. "
            "Nothing was started"
        )
    raise given.refusal("write sandbox, the only mode of this version")


def _read_host(given: _Given | None) -> str:
    if given is None:
        return DEFAULT_HOST
    host = given.text.removeprefix("[").removesuffix("]")
    if not _is_host(host):
        raise given.refusal("write an IP address or a host name alone, such as 127.0.0.1 or 0.0.0.0")
    return host


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # Four numbers that are no address would otherwise pass for a name.
        return _HOST_NAME.fullmatch(text) is not None and not re.fullmatch(r"[0-9.]+", text)
    return True


def _read_port(given: _Given | None) -> int:
    if given is None:
        return DEFAULT_PORT
    if not re.fullmatch(r"[0-9]{1,5}", given.text) or int(given.text) > _PORT_MAX:
        raise given.refusal(f"write a port from 0 to {_PORT_MAX}; 0 takes any free one")
    return int(given.text)


def _read_database(given: _Given | None) -> str:
    if given is None:
        return DEFAULT_DATABASE
    if given.text.startswith(_POSTGRESQL_URLS):
        try:
            urlsplit(given.text)
        except ValueError:
            # The cause is left out: its text may hold the password.
            raise given.refusal("write it as postgresql://USER:PASSWORD@HOST/NAME", shows=False) from None
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


def _read_optional_base_url(given: _Given | None) -> str | None:
    return None if given is None else read_base_url(given.text, source=given.source)


def _read_sandbox_key(given: _Given | None) -> str | None:
    if given is None:
        return None
    # Imported here because the command line needs this module early and the use cases only to serve.
    from fils.application.authentication import is_secret_key

    if not given.text.startswith("sk_sbox_") or not is_secret_key(given.text):
        raise given.refusal(
            f"write {_BY_NAME['sandbox_key'].form} The documented one is {SANDBOX_KEY}", shows=False
        )
    return given.text


def _read_data_dir(given: _Given | None, database: str) -> Path:
    if given is not None:
        return Path(given.text)
    return Path(_DEFAULT_DATA_DIR) if database.startswith(_POSTGRESQL_URLS) else Path(database).parent


def _read_switch(given: _Given | None) -> bool:
    if given is None or given.text == "off":
        return False
    if given.text != "on":
        raise given.refusal("write on or off")
    return True


def _read_timing(given: Mapping[str, _Given | None]) -> Timing:
    # Imported here for the same reason.
    from fils.domain.knowing import Timing

    waits = {
        wait.name: timedelta(seconds=_read_wait(given[wait.name] or _Given("the default", wait.default)))
        for wait in _WAITS
    }
    return Timing(
        link_lifetime=waits["link_lifetime"],
        payment_lifetime=waits["payment_lifetime"],
        setup_lifetime=waits["setup_lifetime"],
        page_limit=waits["page_limit"],
        host_margin=waits["host_margin"],
        reversal_window=waits["reversal_window"],
    )


def _read_wait(given: _Given) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", given.text) or not 1 <= int(given.text) <= _WAIT_MAX_S:
        raise given.refusal(f"write whole seconds from 1 to {_WAIT_MAX_S}")
    return int(given.text)
