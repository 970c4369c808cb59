"""``fils serve``: run Fils as a sandbox or in production, and tell what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import click

from fils import __version__
from fils.cli.screen import plain
from fils.cli.setting_options import setting_options
from fils.config import Mode, process_environment, read_settings

if TYPE_CHECKING:
    from fils.bootstrap import production, sandbox

_SANDBOX_BANNER: Final = """\
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

_PRODUCTION_BANNER: Final = """\
%(title)s
No simulator is inside: at terminals of KNET's live system real money moves.

  Base url    %(base_url)s
  Listens on  %(listening_on)s
  Database    %(database)s
  Accounts    %(accounts)d
  Terminals   %(terminals)d

%(state)s

Stop with Ctrl-C."""

_STEPS: Final[Mapping[str, str]] = {
    "account": "fils accounts create NAME",
    "terminal": "fils terminals add NAME --bank test, or --bank production",
    "channel": "fils channels create NAME",
    "key": "fils keys create --name NAME",
}
"""What to run for each thing that the first payment lacks; every command tells more with --help."""

_OPEN_KEY: Final = "Everybody knows this key, the documented one: it is for this machine alone."
_OWN_KEY: Final = "Only those who have the key can call the API; FILS_SANDBOX_KEY chooses it."


def sandbox_banner(ready: sandbox.Ready) -> str:
    """What a person reads when a sandbox listens."""
    return _SANDBOX_BANNER % {
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


def production_banner(ready: production.Ready) -> str:
    """What a person reads when a production listens; no secret is among it."""
    installation = ready.installation
    return _PRODUCTION_BANNER % {
        "title": click.style(f"Fils {__version__} is ready, in production.", bold=True),
        "base_url": ready.base_url,
        "listening_on": ready.listening_on,
        "database": plain(ready.database),
        "accounts": installation.account_count,
        "terminals": installation.terminal_count,
        "state": _state(installation.lacks),
    }


def _state(lacks: Sequence[str]) -> str:
    if not lacks:
        return "It can take payments. `fils payments attention` shows what needs a person."
    lines = [f"  {name:<10}  {_STEPS[name]}" for name in lacks]
    return "\n".join(["It cannot take a payment yet. What is missing, and what makes it:", *lines])


@click.command(short_help="Run Fils, as a sandbox or in production.")
@setting_options()
def serve(**options: str | None) -> None:
    """
    Run Fils until Ctrl-C: as a sandbox with a KNET simulator inside, or with --mode production.

    A sandbox prints its address, its key, a request to copy, and the link of a demo shop. A production prints what is
    set up and what the first payment lacks. Payments are kept in the database and go on when Fils starts again. What
    is in brackets is the environment variable of the same meaning.
    """
    settings = read_settings(process_environment(), **options)
    if settings.mode is Mode.PRODUCTION:
        from fils.bootstrap import production

        production.run(settings, on_ready=lambda ready: click.echo(production_banner(ready)))
    else:
        from fils.bootstrap import sandbox

        sandbox.run(settings, on_ready=lambda ready: click.echo(sandbox_banner(ready)))
    click.echo("\nFils has stopped. Payments under way go on when it starts again.")
