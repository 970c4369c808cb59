"""What one setting is, and the words that some of them may be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Mode(StrEnum):
    """What Fils is started for. It is always said, never inferred."""

    SANDBOX = "sandbox"
    """The bank is the simulator inside; no money moves."""
    PRODUCTION = "production"
    """The bank is KNET, and money moves."""


class ConfirmAnswer(StrEnum):
    """What a confirm is answered with. Checkout.com documents both."""

    PAYMENT = "payment"
    SETUP = "setup"


class LogLevel(StrEnum):
    """From which level on lines of Fils are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    """For a person."""
    JSON = "json"
    """For a collector: one object a line."""


class Kind(Enum):
    """What a setting's value is in a TOML file. In the environment and as an option everything is text."""

    TEXT = "write a text in quotes"
    WHOLE_NUMBER = "write a whole number, without quotes"
    SWITCH = "write true or false, without quotes"
    LIST = "write a list of texts in quotes"


class Secrecy(Enum):
    """What people may see of a setting."""

    OPEN = "open"
    HIDDEN = "hidden"
    """Nothing of it."""
    LABELLED = "labelled"
    """What identifies it; it may hold a password, which is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One line of the table: what a setting is called and what it is for."""

    name: str
    """The field of ``Settings``."""
    variable: str
    """The environment variable."""
    option: str | None = None
    """The option of ``fils serve``, if it has one."""
    default: str
    """What holds when nothing is said, in words."""
    form: str
    """What may be written, with its unit where it has one."""
    reason: str
    """What it is for."""
    kind: Kind = Kind.TEXT
    secrecy: Secrecy = Secrecy.OPEN
    in_mode: Mode | None = None
    """The only mode that has this setting; None if both do."""
    in_file: bool = True
    """Whether a file of settings may hold it."""

    @property
    def summary(self) -> str:
        """One paragraph of help."""
        return f"{self.reason} {self.form} Default: {self.default}. [{self.variable}]"
