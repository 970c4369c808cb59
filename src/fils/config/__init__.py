"""
Settings: what a person may choose when Fils starts, read once.

This is the only package that looks at the environment of the process. Every setting stands in one table,
``SETTINGS``, from which the command line takes its options and ``docs/reference/settings.md`` is printed. Reading
opens nothing but the file of settings: whether a port is free or a database can be read shows when it is used.
"""

from __future__ import annotations

from fils.config.addresses import Listen, is_loopback, read_base_url
from fils.config.given import Origin
from fils.config.setting import ConfirmAnswer, Kind, LogFormat, LogLevel, Mode, Setting
from fils.config.settings import (
    Settings,
    chosen_sandbox_key,
    process_environment,
    read_options,
    read_settings,
    wants_colour,
)
from fils.config.shown import HIDDEN, SettingLine, show_settings
from fils.config.table import (
    DEFAULT_BASE_URL,
    DEFAULT_DATABASE,
    DEFAULT_HOST,
    DEFAULT_PORT,
    SANDBOX_BROWSER_CHANNEL,
    SANDBOX_CHANNEL,
    SANDBOX_KEY,
    SETTINGS,
)

__all__ = [
    "DEFAULT_BASE_URL",
    "DEFAULT_DATABASE",
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "HIDDEN",
    "SANDBOX_BROWSER_CHANNEL",
    "SANDBOX_CHANNEL",
    "SANDBOX_KEY",
    "SETTINGS",
    "ConfirmAnswer",
    "Kind",
    "Listen",
    "LogFormat",
    "LogLevel",
    "Mode",
    "Origin",
    "Setting",
    "SettingLine",
    "Settings",
    "chosen_sandbox_key",
    "is_loopback",
    "process_environment",
    "read_base_url",
    "read_options",
    "read_settings",
    "show_settings",
    "wants_colour",
]
