"""
The table of settings: what each is called, what may be written, what holds when nothing is said, what it is for.

The command line takes its options from it, and ``docs/reference/settings.md`` is printed from it. Whoever adds a
setting adds its line here, its reader in ``values`` and its field in ``settings``.
"""

from __future__ import annotations

from typing import Final

from fils.config.setting import Kind, Mode, Secrecy, Setting

SANDBOX_KEY: Final = "sk_sbox_filssandboxkeyforlocaltests"
"""The secret key that the documentation prints, and that everybody knows."""
SANDBOX_CHANNEL: Final = "pc_wzjki6hw5puepb5fnvqlizj2e4"
"""The processing channel of the documented request (Checkout.com, KNET, Payment Setup API)."""
SANDBOX_BROWSER_CHANNEL: Final = "pc_filstestbrowserformchannel"
"""The processing channel of the sandbox's terminal in KNET's older mode, where the browser carries the news."""
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 4140
DEFAULT_DATABASE: Final = "fils-data/fils.sqlite3"
DEFAULT_DATABASE_CONNECTIONS: Final = 5
DATABASE_CONNECTIONS_MIN: Final = 2
"""One for writes and one for reads."""
DATABASE_CONNECTIONS_MAX: Final = 100
DEFAULT_BASE_URL: Final = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
"""Where a Fils that was started without settings is found."""
DEFAULT_DATA_DIR: Final = "fils-data"
DEFAULT_FILE: Final = "fils.toml"
"""The file of settings that is read if nobody named one and it is there."""
PREFIX: Final = "FILS_"
"""How the environment variables of Fils begin."""
WAIT_MAX_S: Final = 7 * 24 * 3600
STOP_DELAY_MAX_S: Final = 300


def _wait(name: str, default_s: int, reason: str) -> Setting:
    return Setting(
        name=name,
        variable=PREFIX + name.upper(),
        default=str(default_s),
        form=f"Whole seconds, from 1 to {WAIT_MAX_S}.",
        reason=reason,
        kind=Kind.WHOLE_NUMBER,
    )


WAITS: Final = (
    _wait(
        "link_lifetime", 1800, "How long after its confirm a payment's link lets the customer start paying."
    ),
    _wait(
        "payment_lifetime",
        3600,
        "How long after its confirm a payment that nobody finished expires, at the earliest.",
    ),
    _wait("setup_lifetime", 86400, "How long after its creation a payment setup can be confirmed."),
    _wait(
        "page_limit", 900, "How long KNET's page is taken to wait for its customer; KNET publishes no figure."
    ),
    _wait("host_margin", 300, "How long after the page limit the bank's host is given to answer."),
    _wait(
        "reversal_window",
        300,
        "How long KNET is taken to be able to reverse a capture whose notification it could not deliver.",
    ),
)
"""The waits of ``fils.domain.knowing.Timing`` that a person may choose."""

SETTINGS: Final = (
    Setting(
        name="config",
        variable="FILS_CONFIG",
        option="--config",
        default=f"{DEFAULT_FILE} in the current folder, if there is one",
        form="The path of a TOML file that holds settings by their names; the file cannot name another.",
        reason="The file of settings. What it says gives way to the environment, and that to options.",
        in_file=False,
    ),
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
        kind=Kind.WHOLE_NUMBER,
    ),
    Setting(
        name="database",
        variable="FILS_DATABASE_URL",
        option="--database",
        default=f"{DEFAULT_DATABASE} in the current folder",
        form="The path of an SQLite file, or postgresql://USER:PASSWORD@HOST/NAME; as an option without the password, "
        "which other users of the machine could read there.",
        reason="Where payments are kept. Production wants it said.",
        secrecy=Secrecy.LABELLED,
    ),
    Setting(
        name="database_connections",
        variable="FILS_DATABASE_CONNECTIONS",
        default=str(DEFAULT_DATABASE_CONNECTIONS),
        form=f"A whole number from {DATABASE_CONNECTIONS_MIN} to {DATABASE_CONNECTIONS_MAX}.",
        reason="How many connections to PostgreSQL this process has at most: one for writes, the others for reads.",
        kind=Kind.WHOLE_NUMBER,
    ),
    Setting(
        name="base_url",
        variable="FILS_BASE_URL",
        option="--base-url",
        default="made from host and port, such as http://127.0.0.1:4140",
        form="http:// or https://, a host, and a port if it is not the usual one; no path. Production wants https://, "
        "except on loopback.",
        reason="The address under which browsers, shops and the bank reach Fils; every link starts with it.",
    ),
    Setting(
        name="prefix_links",
        variable="FILS_PREFIX_LINKS",
        default="off",
        form="on or off. It wants a base url whose host is a name.",
        reason="Whether links of the API carry their account's prefix, as in https://vkuhvk4v.pay.example. Links for "
        "browsers never do. Requests may carry it either way.",
        kind=Kind.SWITCH,
    ),
    Setting(
        name="extra_hosts",
        variable="FILS_EXTRA_HOSTS",
        default="none",
        form="Host names without ports, with commas between them: fils.internal.example.",
        reason="Further names that requests may call Fils by, beside the host of the base url, addresses and names "
        "without a dot; any other is answered 421.",
        kind=Kind.LIST,
    ),
    Setting(
        name="mode",
        variable="FILS_MODE",
        option="--mode",
        default="sandbox",
        form="sandbox or production. It must be said when the database is PostgreSQL or a master key file is named.",
        reason="What Fils is started for, so that a sandbox is never taken for the real thing.",
    ),
    Setting(
        name="sandbox_key",
        variable="FILS_SANDBOX_KEY",
        default=f"{SANDBOX_KEY} on loopback, a random key for each start beyond it",
        form="sk_sbox_ and 27 characters: a to z and 2 to 7, the last one also * # $ or =.",
        reason="The secret key with which a shop calls the API of the sandbox.",
        secrecy=Secrecy.HIDDEN,
        in_mode=Mode.SANDBOX,
    ),
    Setting(
        name="plain_http_hosts",
        variable="FILS_PLAIN_HTTP_HOSTS",
        default="none beside localhost, 127.0.0.1, ::1, host.docker.internal and the host of the base url",
        form="Host names or addresses without ports, with commas between them: web, shop.test.",
        reason="Shops of a sandbox that have no certificate: return urls may name these hosts with http://.",
        kind=Kind.LIST,
        in_mode=Mode.SANDBOX,
    ),
    Setting(
        name="trusted_proxies",
        variable="FILS_TRUSTED_PROXIES",
        default="none",
        form="IP addresses or networks, with commas between them: 127.0.0.1, 10.0.0.0/24.",
        reason="The proxies in front of Fils. Only what these say in X-Forwarded-For or Forwarded counts, and only for "
        "whom a request comes from.",
        kind=Kind.LIST,
    ),
    Setting(
        name="data_dir",
        variable="FILS_DATA_DIR",
        default=f"the folder of the SQLite file; {DEFAULT_DATA_DIR} with PostgreSQL",
        form="The path of a folder, made if it is missing.",
        reason="Where a sandbox keeps its master key and the books of its simulator.",
    ),
    Setting(
        name="master_key_file",
        variable="FILS_MASTER_KEY_FILE",
        option="--master-key-file",
        default="master.key in the data folder, made at the first start of a sandbox",
        form="The path of a file that only its owner can read. Production wants it said, and it must exist there; "
        "whoever says it says the mode too.",
        reason="The master key, under which secrets are stored. Without it a database cannot be read.",
    ),
    Setting(
        name="result_page",
        variable="FILS_RESULT_PAGE",
        default="off",
        form="on or off.",
        reason="Whether the customer is shown how the payment ended, with every fact the bank wants on a receipt, "
        "before going back to the shop.",
        kind=Kind.SWITCH,
    ),
    Setting(
        name="confirm_answer",
        variable="FILS_CONFIRM_ANSWER",
        default="payment",
        form="payment or setup.",
        reason="What a confirm is answered with: the payment and 202, as Checkout.com's KNET page shows it, or the "
        "setup with its latest_payment and 200, as Checkout.com's newer clients read it.",
    ),
    Setting(
        name="log_level",
        variable="FILS_LOG_LEVEL",
        option="--log-level",
        default="warning in a sandbox, info in production",
        form="debug, info, warning or error.",
        reason="From which level on lines are written to standard error. With info each request is one line.",
    ),
    Setting(
        name="log_format",
        variable="FILS_LOG_FORMAT",
        default="text in a sandbox, json in production",
        form="text or json.",
        reason="Whether a line of the log is text for a person or a JSON object for a collector.",
    ),
    Setting(
        name="metrics_listen",
        variable="FILS_METRICS_LISTEN",
        default="none: there are no metrics",
        form="An IP address or host name of this machine and a TCP port: 127.0.0.1:9140, [::1]:9140.",
        reason="Where Prometheus finds /metrics, on a listener of its own. Metrics tell a merchant's turnover to "
        "whoever reaches it.",
    ),
    Setting(
        name="stop_delay",
        variable="FILS_STOP_DELAY",
        default="0",
        form=f"Whole seconds, from 0 to {STOP_DELAY_MAX_S}.",
        reason="How long Fils goes on taking requests once it is told to stop, while /ready says no already, so that "
        "a load balancer can turn to other nodes.",
        kind=Kind.WHOLE_NUMBER,
    ),
    *WAITS,
)
"""Every setting there is."""

BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
"""The same, by name."""
