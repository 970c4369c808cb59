"""
The file of settings, ``fils.toml``: settings by their names, at the top level and nowhere else.

It is read strictly: a name that is no setting, a value of another kind, a name written twice. What was written is
repeated only where the environment's would be, for it may be a secret in the wrong place.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fils.config.given import Given, Origin, nearest_name
from fils.config.setting import Kind, Secrecy, Setting
from fils.config.table import BY_NAME, DEFAULT_FILE
from fils.config.values import holds_password
from fils.domain.errors import ConfigurationError

_OCTETS_MAX: Final = 64 * 1024
_IN_FILE: Final = {name: setting for name, setting in BY_NAME.items() if setting.in_file}


def settings_file(named: Given | None) -> Path | None:
    """The file that was named, else the one in the current folder if it is there."""
    if named is not None:
        return Path(named.text)
    default = Path(DEFAULT_FILE)
    return default if default.exists() else None


def read_file(path: Path) -> Mapping[str, Given]:
    """
    What the file says, by the names of the settings.

    Raises:
        ConfigurationError: If it cannot be read, is no TOML, says what is no setting or says it in another kind, holds
            a secret that every user of the machine can read, or can be changed by every user.
    """
    # Imported here because most are started without a file.
    import tomllib

    text, permissions = _read_text(path)
    try:
        # With a line's end, or a mistake in the last line would be told as one at the end of the document.
        values = tomllib.loads(text + "\n")
    except tomllib.TOMLDecodeError as error:
        # Its words name the place, and at most a name that is written twice; never a value.
        raise ConfigurationError(f"{path} is no TOML: {error}") from error
    given = {name: _read_value(path, text, name, value) for name, value in values.items()}
    _refuse_open_file(path, permissions, given)
    return given


def _read_text(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb") as file:
            octets = file.read(_OCTETS_MAX + 1)
            mode = path.stat().st_mode
        # Nobody keeps anything in a pipe or in /dev/null, whose permissions are the system's.
        permissions = stat.S_IMODE(mode) if stat.S_ISREG(mode) else 0
        if len(octets) > _OCTETS_MAX:
            raise ConfigurationError(f"the file of settings {path} is longer than {_OCTETS_MAX // 1024} KiB")
        return octets.decode(), permissions
    except OSError as error:
        raise ConfigurationError(f"the file of settings {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"the file of settings {path} is not written in UTF-8") from error


def _read_value(path: Path, text: str, name: str, value: object) -> Given:
    place = f"{path}{_line_of(name, text)}"
    setting = _IN_FILE.get(name)
    if setting is None:
        nearest = nearest_name(name, _IN_FILE)
        advice = f"did you mean {nearest}?" if nearest else f"there are {', '.join(_IN_FILE)}"
        raise ConfigurationError(f"{place}: {name!r} is no setting of a file; {advice}")
    written = _as_text(setting, value)
    if written is None:
        raise ConfigurationError(f"{place}: {name}: {setting.kind.value}")
    return Given(f"{place}: {name}", written, Origin.FILE)


def _as_text(setting: Setting, value: object) -> str | None:
    """The value as the environment would have it; None if it is of another kind."""
    match setting.kind, value:
        case Kind.SWITCH, bool():
            return "on" if value else "off"
        case Kind.WHOLE_NUMBER, int() if not isinstance(value, bool):
            return str(value)
        case Kind.TEXT, str():
            return value
        case Kind.LIST, list() if all(isinstance(item, str) for item in value):
            return ", ".join(value)
    return None


def _line_of(name: str, text: str) -> str:
    """Where *name* is written, as nearly as can be told; TOML's reader does not say."""
    written = re.compile(rf"""[ \t]*\[*[ \t]*["']?{re.escape(name)}["']?[ \t]*[=.\]]""")
    for number, line in enumerate(text.splitlines(), start=1):
        if written.match(line):
            return f", line {number}"
    return ""


def _refuse_open_file(path: Path, permissions: int, given: Mapping[str, Given]) -> None:
    if permissions & stat.S_IWOTH:
        raise ConfigurationError(f"every user of this machine can change {path}: run chmod o-rwx {path}")
    secret_names = [name for name, value in given.items() if _holds_secret(BY_NAME[name], value.text)]
    if secret_names and permissions & stat.S_IROTH:
        raise ConfigurationError(
            f"{path} holds a secret ({', '.join(secret_names)}) that every user of this machine can read: "
            f"run chmod o-rwx {path}"
        )


def _holds_secret(setting: Setting, text: str) -> bool:
    if setting.secrecy is Secrecy.LABELLED:
        return holds_password(text)
    return setting.secrecy is Secrecy.HIDDEN
