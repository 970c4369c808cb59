"""``fils serve``: run Fils with its simulator, and tell a newcomer what to do first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from fils import __version__
from fils.cli.screen import plain
from fils.cli.setting_options import setting_options
from fils.config import Mode, process_environment, read_settings
from fils.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from fils.bootstrap.sandbox import Ready

_BANNER: Final = """\
%(title)s
No real money moves: KNET is a simulator that runs inside.

  Base url    %(base_url)s
  Secret key  %(secret_key)s
  Channel     %(channel_id)s
  Database    %(database)s

%(try_it)s
  English     %(shop_url)s?lang=en
  Arabic      %(shop_url)s?lang=ar
  Card        888888 0000000001, any PIN; expiry 09/2030 pays, another declines

%(call_it)s

%(curl)s

Then POST to /payments/setups/{id}/confirm/knet, and open the link it answers with.
%(key_note)s
Stop with Ctrl-C."""

_OPEN_KEY: Final = "Everybody knows this key, the documented one: it is for this machine alone."
_OWN_KEY: Final = "Only those who have the key can call the API; FILS_SANDBOX_KEY chooses it."


def banner(ready: Ready) -> str:
    """What a person reads when the server listens."""
    return _BANNER % {
        "title": click.style(f"Fils {__version__} is ready, as a sandbox.", bold=True),
        "base_url": ready.base_url,
        "secret_key": ready.secret_key,
        "channel_id": ready.channel_id,
        "database": plain(ready.database),
        "shop_url": ready.shop_url,
        "try_it": click.style("Pay 1.000 KWD in the demo shop, in your browser:", bold=True),
        "call_it": click.style("Or create a payment setup, as the API's documentation does:", bold=True),
        "curl": ready.create_call,
        "key_note": _OPEN_KEY if ready.documented_key else _OWN_KEY,
    }


@click.command(short_help="Run Fils with a KNET simulator inside.")
@setting_options()
def serve(**options: str | None) -> None:
    """
    Run Fils with a KNET simulator inside, until Ctrl-C.

    It prints its address, its key, a request to copy, and the link of a demo shop. Payments are kept in the database
    and go on when Fils starts again. What is in brackets is the environment variable of the same meaning.
    """
    settings = read_settings(process_environment(), **options)
    if settings.mode is Mode.PRODUCTION:
        raise ConfigurationError("production cannot be started yet")
    from fils.bootstrap.sandbox import run

    run(settings, on_ready=lambda ready: click.echo(banner(ready)))
    click.echo("\nFils has stopped. Payments under way go on when it starts again.")
