"""``fils channels``: the processing channels of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from fils.cli.asking import EXIT_CODES, ask, by_option, installation, operator_options, person, show
from fils.cli.tables import by_account, facts, table

if TYPE_CHECKING:
    from fils.operations.messages.accounts import ChannelEntry, ChannelList

_LOOK: Final = "fils channels list"


@click.group(short_help="Make, list and change processing channels.", epilog=EXIT_CODES)
def channels() -> None:
    """
    Make, list and change processing channels.

    A channel is a way of an account to take payments, through one terminal. Shops name it as processing_channel_id.
    """


@channels.command(short_help="Make a channel.")
@click.argument("name")
@click.option(
    "--account", metavar="ACCOUNT", help="Whose it is: an id, a prefix or a name. Default: the only one."
)
@click.option(
    "--terminal",
    metavar="TERMINAL",
    help="What it takes payments through: an id or a name. Default: the account's only terminal; in a sandbox the "
    "simulator's terminal of mode N.",
)
@by_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def create(
    name: str,
    *,
    account: str | None,
    terminal: str | None,
    by: str | None,
    as_json: bool,
    **options: str | None,
) -> None:
    """Make a channel called NAME."""
    from fils.operations.messages.accounts import ChannelList, CreateChannel

    request = CreateChannel(name=name, by=person(by), account=account, terminal=terminal)
    made = ask(installation(**options), request, ChannelList, look=_LOOK)
    show(made, lambda: _channel_text(made.channels[0]), as_json=as_json)


@channels.command("set", short_help="Change a channel's name or terminal.")
@click.argument("channel")
@click.option(
    "--account", metavar="ACCOUNT", help="Whose it is: an id, a prefix or a name. Default: the only one."
)
@click.option("--name", metavar="NAME", help="What it is called from now on.")
@click.option("--terminal", metavar="TERMINAL", help="What new payments go through: an id or a name.")
@by_option
@operator_options
def set_(
    channel: str,
    *,
    account: str | None,
    name: str | None,
    terminal: str | None,
    by: str | None,
    **options: str | None,
) -> None:
    """
    Change what is given about CHANNEL (its id or name). Shops go on naming it as they do.

    Payments that were confirmed before end with the terminal that they began with.
    """
    from fils.operations.messages.accounts import ChangeChannel, ChannelList

    request = ChangeChannel(channel=channel, by=person(by), account=account, name=name, terminal=terminal)
    changed = ask(installation(**options), request, ChannelList, look=_LOOK)
    click.echo(_channel_text(changed.channels[0]))


@channels.command("list", short_help="List channels.")
@click.option("--account", metavar="ACCOUNT", help="Only those of this account: an id, a prefix or a name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def list_(*, account: str | None, as_json: bool, **options: str | None) -> None:
    """List channels, account by account."""
    from fils.operations.messages.accounts import ChannelList, ListChannels

    found = ask(installation(**options), ListChannels(account), ChannelList, look=_LOOK)
    show(found, lambda: _list_text(found), as_json=as_json)


def _channel_text(channel: ChannelEntry) -> str:
    return facts(
        {
            "Channel": channel.name,
            "Id": channel.id,
            "Account": f"{channel.account_name} ({channel.account_id})",
            "Terminal": channel.terminal_id,
        }
    )


def _list_text(found: ChannelList) -> str:
    if not found.channels:
        return "There is no channel yet. Make one: fils channels create NAME"
    parts = []
    for heading, group in by_account(found.channels):
        rows = ((item.id, item.terminal_id, item.name) for item in group)
        parts.append(f"{heading}\n{table(('ID', 'TERMINAL', 'NAME'), rows)}")
    return "\n\n".join(parts)
