"""What somebody wrote as a setting, and where, so that a refusal can name both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fils.config.setting import Setting
from fils.config.table import PREFIX, SETTINGS
from fils.domain.errors import ConfigurationError


class Origin(StrEnum):
    """Where a value came from. The first of them that has one wins."""

    OPTION = "option"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Given:
    """One value, as text."""

    source: str
    """The option, the variable, or the place in the file."""
    text: str = field(repr=False)
    origin: Origin = Origin.OPTION

    def refusal(self, advice: str, *, shows: bool = True) -> ConfigurationError:
        """
        The error that names the source.

        Args:
            advice: What to write instead.
            shows: Whether the text is repeated; never that of a secret, or of what may hold one.
        """
        said = f"{self.source} is {self.text!r}" if shows else f"{self.source} cannot be used"
        return ConfigurationError(f"{said}: {advice}")


def find(
    setting: Setting,
    environment: Mapping[str, str],
    options: Mapping[str, str | int | None],
    in_file: Mapping[str, Given],
) -> Given | None:
    """What was said about *setting*: its option, else its variable, else what the file says, else None."""
    option = options.get(setting.name)
    if option is not None:
        return Given(setting.option or setting.name, str(option))
    text = environment.get(setting.variable)
    if text:
        return Given(setting.variable, text, Origin.ENVIRONMENT)
    return in_file.get(setting.name)


def refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    """Refuse what looks like a setting and is none, with the nearest that is one."""
    known = {setting.variable for setting in SETTINGS}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if not unknown:
        return
    # Only what follows the common prefix is compared, or everything would look alike.
    endings = {variable.removeprefix(PREFIX): variable for variable in sorted(known)}
    nearest = nearest_name(unknown[0].removeprefix(PREFIX), endings)
    advice = f"did you mean {endings[nearest]}?" if nearest else f"there are {', '.join(endings.values())}"
    raise ConfigurationError(f"{unknown[0]} is no setting of Fils; {advice}")


def nearest_name(unknown: str, known: Collection[str]) -> str | None:
    """The name that was most likely meant, or None if none is like it."""
    # Imported here because it takes a while and hardly anybody needs it.
    import difflib

    return next(iter(difflib.get_close_matches(unknown, known, n=1)), None)
