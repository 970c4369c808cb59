"""What somebody wrote as a setting, and where, so that a refusal can name both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fils.config.table import PREFIX, SETTINGS, Setting
from fils.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Given:
    """One value, as text."""

    source: str
    """The option or variable."""
    text: str = field(repr=False)

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
    setting: Setting, environment: Mapping[str, str], options: Mapping[str, str | int | None]
) -> Given | None:
    """What was said about *setting*: its option, else its variable, else None."""
    option = options.get(setting.name)
    if option is not None:
        return Given(setting.option or setting.name, str(option))
    text = environment.get(setting.variable)
    return Given(setting.variable, text) if text else None


def refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    """Refuse what looks like a setting and is none, with the nearest that is one."""
    known = {setting.variable for setting in SETTINGS}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if not unknown:
        return
    import difflib

    # Only what follows the common prefix is compared, or everything would look alike.
    endings = {variable.removeprefix(PREFIX): variable for variable in sorted(known)}
    nearest = difflib.get_close_matches(unknown[0].removeprefix(PREFIX), endings, n=1)
    advice = f"did you mean {endings[nearest[0]]}?" if nearest else f"there are {', '.join(endings.values())}"
    raise ConfigurationError(f"{unknown[0]} is no setting of Fils; {advice}")
