"""``fils keys``: the secret keys with which shops call the API."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

import click

from fils.cli.asking import (
    EXIT_CODES,
    RequestRefused,
    ask,
    by_option,
    installation,
    operator_options,
    person,
    show,
)
from fils.cli.screen import is_terminal, plain
from fils.cli.tables import by_account, day_text, facts, table, time_text

if TYPE_CHECKING:
    from fils.operations.messages.keys import KeyEntry, KeyList

_LOOK: Final = "fils keys list"
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"([0-9]{1,7})([smhd])")

_SANDBOX_KEY = click.option(
    "--sandbox-key", is_flag=True, help="Also if it is the sandbox's own key, which the demo shop uses."
)


class _Duration(click.ParamType[int]):
    """A length of time, in seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = _DURATION.fullmatch(str(value))
        if found is None:
            self.fail("write a whole number and s, m, h or d: 30m, 24h, 7d", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


@click.group(short_help="Make, list, rotate and revoke API keys.", epilog=EXIT_CODES)
def keys() -> None:
    """
    Make, list, rotate and revoke the secret keys with which shops call the API.

    A key is shown once, when it is made; Fils keeps only a keyed hash of it.
    """


@keys.command(short_help="Make a key and show it, once.")
@click.option("--name", required=True, metavar="NAME", help="What it is for, such as the shop that gets it.")
@click.option(
    "--account", metavar="ACCOUNT", help="What it opens: an id, a prefix or a name. Default: the only one."
)
@click.option("--channel", metavar="CHANNEL", help="Bind it to this channel of the account, by id or name.")
@click.option("--quiet", is_flag=True, help="Print the key and nothing else.")
@by_option
@operator_options
def create(
    *,
    name: str,
    account: str | None,
    channel: str | None,
    quiet: bool,
    by: str | None,
    **options: str | None,
) -> None:
    """
    Make a key and show it, once.

    Into a file or a pipe only the key itself is written, so that it can go straight into a secret store; what is said
    about it goes to standard error.
    """
    from fils.bootstrap.operations import new_key
    from fils.operations.messages.keys import CreateKey, KeyChanged

    settings = installation(**options)
    secret_key = new_key(settings)
    request = CreateKey(name=name, secret_key=secret_key, by=person(by), account=account, channel=channel)
    made = ask(settings, request, KeyChanged, look=_LOOK)
    _hand_over(secret_key, _key_text(made.key), quiet=quiet)


@keys.command(short_help="Put a new key in the place of another.")
@click.argument("key")
@click.option(
    "--overlap",
    type=_Duration(),
    default="24h",
    show_default=True,
    help="How long the old key goes on: 30m, 24h, 7d. 0s ends it now.",
)
@click.option("--quiet", is_flag=True, help="Print the new key and nothing else.")
@_SANDBOX_KEY
@by_option
@operator_options
def rotate(
    key: str, *, overlap: int, quiet: bool, sandbox_key: bool, by: str | None, **options: str | None
) -> None:
    """
    Make a key in the place of KEY (its id or name), with its name, account and channel.

    The old key goes on for the overlap, so that shops can be given the new one first.
    """
    from fils.bootstrap.operations import new_key
    from fils.operations.messages.keys import KeyChanged, RotateKey

    settings = installation(**options)
    secret_key = new_key(settings)
    request = RotateKey(
        key=key, secret_key=secret_key, overlap_s=overlap, by=person(by), also_of_sandbox=sandbox_key
    )
    changed = ask(settings, request, KeyChanged, look=_LOOK)
    text = _key_text(changed.key)
    if changed.instead_of is not None:
        text += f"\n\nThe old key {changed.instead_of.id} {_state(changed.instead_of)}."
    _hand_over(secret_key, text, quiet=quiet)


@keys.command(short_help="End a key now.")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask before it is done.")
@_SANDBOX_KEY
@by_option
@operator_options
def revoke(key: str, *, yes: bool, sandbox_key: bool, by: str | None, **options: str | None) -> None:
    """
    End KEY (its id or name) now, on every node. It never opens anything again.

    \b
    Exit codes:
      0    revoked
      1    refused, or you said no: nothing was changed
      2    wrong call, or the database was not reached: nothing was changed
      3    Fils ended before it answered: look again before you repeat it
      130  stopped with Ctrl-C: the same
    """
    from fils.operations.messages.keys import KeyChanged, KeyPreview, PreviewRevocation, RevokeKey

    settings, who = installation(**options), person(by)
    if not yes and sys.stdin.isatty():
        preview = ask(settings, PreviewRevocation(key, sandbox_key), KeyPreview, look=_LOOK)
        click.echo(_key_text(preview.key))
        click.echo("\nEvery shop that uses this key is refused from now on. It never comes back.")
        if not click.confirm("Revoke it?"):
            raise RequestRefused("nothing was changed")
        # The key that was shown, whichever the name would mean by now.
        key = preview.key.id
    request = RevokeKey(key=key, by=who, also_of_sandbox=sandbox_key)
    ended = ask(settings, request, KeyChanged, look=_LOOK).key
    click.echo(
        f"Revoked. The key {ended.id} ({plain(ended.name)}) of {plain(ended.account_name)} opens nothing."
    )


@keys.command("list", short_help="List keys, without the keys themselves.")
@click.option("--account", metavar="ACCOUNT", help="Only those of this account: an id, a prefix or a name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def list_(*, account: str | None, as_json: bool, **options: str | None) -> None:
    """List keys, account by account, also those that have ended. No part of a key is stored, so none is shown."""
    from fils.operations.messages.keys import KeyList, ListKeys

    found = ask(installation(**options), ListKeys(account), KeyList, look=_LOOK)
    show(found, lambda: _list_text(found), as_json=as_json)


def _hand_over(secret_key: str, text: str, *, quiet: bool) -> None:
    """Show a new key: to a person with all that is said about it, to a program alone."""
    if quiet or not is_terminal():
        click.echo(secret_key)
        if not quiet:
            click.echo(text, err=True)
        return
    click.echo("This key is shown once. Store it where your shop reads its secrets:\n")
    click.echo(f"    {secret_key}\n")
    click.echo(text)


def _key_text(key: KeyEntry) -> str:
    return facts(
        {
            "Key": key.name,
            "Id": key.id,
            "Account": f"{key.account_name} ({key.account_id})",
            "Channel": key.channel_id or "any of the account's",
        }
    )


def _list_text(found: KeyList) -> str:
    if not found.keys:
        return "There is no key yet. Make one: fils keys create --name NAME"
    parts = []
    for heading, group in by_account(found.keys):
        rows = ((key.id, day_text(key.created_at), _state(key), _name(key)) for key in group)
        parts.append(f"{heading}\n{table(('ID', 'MADE', 'STATE', 'NAME'), rows)}")
    return "\n\n".join(parts)


def _name(key: KeyEntry) -> str:
    return key.name if key.channel_id is None else f"{key.name} (only {key.channel_id})"


def _state(key: KeyEntry) -> str:
    if key.ends_at is None:
        return "good"
    return f"{'ends' if key.is_good else 'ended'} {time_text(key.ends_at)}"
