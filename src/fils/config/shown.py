"""What ``fils config`` shows: every setting, its value as people may see it, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from fils.config.addresses import Listen
from fils.config.given import Given, Origin
from fils.config.setting import Secrecy, Setting
from fils.config.settings import Settings, find_all, settings_of
from fils.config.table import SETTINGS

HIDDEN: Final = "(hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingLine:
    """One setting as it stands."""

    name: str
    value: str
    """For people: a secret is hidden, and what follows from something else is told in words."""
    origin: Origin
    source: str
    """The option, the variable or the place in the file; empty for a default."""


def show_settings(
    environment: Mapping[str, str], **options: str | int | None
) -> tuple[Settings, tuple[SettingLine, ...]]:
    """
    Read every setting as ``read_settings`` does, and tell where each came from.

    Raises:
        ConfigurationError: As ``read_settings``.
    """
    file, given = find_all(environment, options)
    settings = settings_of(given, config=file)
    return settings, tuple(_line(setting, settings, given[setting.name]) for setting in SETTINGS)


def _line(setting: Setting, settings: Settings, given: Given | None) -> SettingLine:
    return SettingLine(
        name=setting.name,
        value=_value(setting, settings, is_given=given is not None),
        origin=Origin.DEFAULT if given is None else given.origin,
        source="" if given is None else given.source,
    )


def _value(setting: Setting, settings: Settings, *, is_given: bool) -> str:
    if setting.in_mode not in {None, settings.mode}:
        return f"not in mode {settings.mode}"
    if setting.secrecy is Secrecy.HIDDEN:
        return HIDDEN if is_given else setting.default
    if setting.secrecy is Secrecy.LABELLED:
        return settings.database_label
    holder = settings.timing if hasattr(settings.timing, setting.name) else settings
    value = getattr(holder, setting.name)
    match value:
        case None:
            return setting.default
        case bool():
            return "on" if value else "off"
        case timedelta():
            return str(int(value.total_seconds()))
        case Path() | str() | int() | Listen():
            return str(value)
        case _:
            return ", ".join(sorted(map(str, value))) or setting.default
