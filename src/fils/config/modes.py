"""What each mode wants said and cannot have: production is never inferred, and never half said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from fils.config.addresses import is_loopback_url
from fils.config.given import Given
from fils.config.setting import Mode
from fils.config.table import BY_NAME, SETTINGS
from fils.config.values import POSTGRESQL_URLS
from fils.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from fils.config.settings import Settings

_WANTED: Final = ("base_url", "database", "master_key_file")
"""What production has no default for: a guess could be somebody else's, or empty."""


def check_mode(settings: Settings, given: Mapping[str, Given | None]) -> None:
    """
    Refuse settings that do not fit the mode.

    Raises:
        ConfigurationError: If the mode must be said and is not, production lacks what it wants, its base url can be
            read on the way, or a setting belongs to the other mode.
    """
    if given["mode"] is None:
        _refuse_unsaid_mode(given)
    for setting in SETTINGS:
        found = given[setting.name]
        if found is not None and setting.in_mode not in {None, settings.mode}:
            raise ConfigurationError(
                f"{found.source} is for mode {setting.in_mode} alone, and this is {settings.mode}: leave it out"
            )
    if settings.mode is Mode.PRODUCTION:
        _check_production(settings, given)


def _refuse_unsaid_mode(given: Mapping[str, Given | None]) -> None:
    """Whoever has a server for the database or keeps a master key may well expect real payments."""
    database, master_key_file = given["database"], given["master_key_file"]
    if database is not None and database.text.startswith(POSTGRESQL_URLS):
        reason = "with PostgreSQL"
    elif master_key_file is not None:
        reason = f"with {master_key_file.source}"
    else:
        return
    raise ConfigurationError(
        f"{reason} the mode must be said: add --mode sandbox or --mode production, or set FILS_MODE"
    )


def _check_production(settings: Settings, given: Mapping[str, Given | None]) -> None:
    missing = [BY_NAME[name] for name in _WANTED if given[name] is None]
    if missing:
        names = ", ".join(setting.variable for setting in missing)
        in_file = ", ".join(setting.name for setting in missing)
        raise ConfigurationError(
            f"mode production wants {names} (in fils.toml: {in_file}): nothing of it is guessed. Nothing was done; "
            "docs/how-to/take-the-first-live-payment.md says what to write"
        )
    url = settings.base_url or ""
    if not url.startswith("https://") and not is_loopback_url(url):
        found = given["base_url"]
        source = found.source if found else ""
        raise ConfigurationError(
            f"{source} is {url!r}: in production it must start with https://, or everybody on the way could read and "
            "change what customers see; only a rehearsal on loopback does without"
        )
