"""
The table of settings: what each is called, what may be written, what holds when nothing is said, what it is for.

The command line takes its options from it, and ``docs/reference/settings.md`` is printed from it. Whoever adds a
setting adds its line here, its reader in ``values`` and its field in ``settings``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

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
DEFAULT_DATA_DIR: Final = "fils-data"
PREFIX: Final = "FILS_"
"""How the environment variables of Fils begin."""
WAIT_MAX_S: Final = 7 * 24 * 3600


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
        variable=PREFIX + name.upper(),
        default=str(default_s),
        form=f"Whole seconds, from 1 to {WAIT_MAX_S}.",
        reason=reason,
    )


WAITS: Final = (
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
        default=f"the folder of the SQLite file; {DEFAULT_DATA_DIR} with PostgreSQL",
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
    *WAITS,
)
"""Every setting there is."""

BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
"""The same, by name."""
