"""``fils accounts``: the merchants of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from fils.cli.asking import EXIT_CODES, ask, by_option, installation, operator_options, person, show
from fils.cli.screen import plain
from fils.cli.tables import day_text, facts, table, time_text

if TYPE_CHECKING:
    from fils.operations.messages.accounts import AccountEntry, AccountList, LogList

_LOOK: Final = "fils accounts list"


@click.group(short_help="Make, list and change merchants' accounts.", epilog=EXIT_CODES)
def accounts() -> None:
    """
    Make, list and change merchants' accounts.

    An account has channels, keys and terminals of its own, and nothing of it is visible to another. Wherever a command
    takes an account, its id, its prefix (the first eight characters after cli_) or its name will do.
    """


@accounts.command(short_help="Make an account.")
@click.argument("name")
@click.option(
    "--last-digit-zero/--no-last-digit-zero",
    default=False,
    help="Whether amounts in KWD must end in 0, as one page of Checkout.com's says. Default: no.",
)
@click.option("--success-url", metavar="URL", help="Where browsers go after success if a setup names no url.")
@click.option("--failure-url", metavar="URL", help="The same after a failure.")
@by_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def create(
    name: str,
    *,
    last_digit_zero: bool,
    success_url: str | None,
    failure_url: str | None,
    by: str | None,
    as_json: bool,
    **options: str | None,
) -> None:
    """
    Make an account called NAME. Its id and the prefix of its base url are random.

    In production it begins an installation: where there is no database yet, it makes one and says so on standard error.
    """
    from fils.operations.messages.accounts import AccountList, CreateAccount

    request = CreateAccount(
        name=name,
        by=person(by),
        default_success_url=success_url,
        default_failure_url=failure_url,
        last_digit_zero=last_digit_zero,
    )
    made = ask(
        installation(**options),
        request,
        AccountList,
        look=_LOOK,
        on_new_database=lambda label: click.echo(f"made the new database {plain(label)}", err=True),
    )
    show(made, lambda: _account_text(made.accounts[0]), as_json=as_json)


@accounts.command("list", short_help="List the accounts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def list_(*, as_json: bool, **options: str | None) -> None:
    """List every account."""
    from fils.operations.messages.accounts import AccountList, ListAccounts

    found = ask(installation(**options), ListAccounts(), AccountList, look=_LOOK)
    show(found, lambda: _list_text(found), as_json=as_json)


@accounts.command("show", short_help="Show one account.")
@click.argument("account")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def show_(account: str, *, as_json: bool, **options: str | None) -> None:
    """Show ACCOUNT: an id, a prefix or a name."""
    from fils.operations.messages.accounts import AccountList, ListAccounts

    found = ask(installation(**options), ListAccounts(account), AccountList, look=_LOOK)
    show(found, lambda: _account_text(found.accounts[0]), as_json=as_json)


@accounts.command("set", short_help="Change an account.")
@click.argument("account")
@click.option("--name", metavar="NAME", help="What it is called from now on.")
@click.option(
    "--last-digit-zero/--no-last-digit-zero", default=None, help="Whether amounts in KWD must end in 0."
)
@click.option(
    "--success-url",
    metavar="URL",
    help="Where browsers go after success if a setup names no url; '' for none.",
)
@click.option("--failure-url", metavar="URL", help="The same after a failure.")
@by_option
@operator_options
def set_(
    account: str,
    *,
    name: str | None,
    last_digit_zero: bool | None,
    success_url: str | None,
    failure_url: str | None,
    by: str | None,
    **options: str | None,
) -> None:
    """Change what is given about ACCOUNT, and leave the rest as it is. Payments under way keep what they began with."""
    from fils.operations.messages.accounts import AccountList, ChangeAccount

    request = ChangeAccount(
        account=account,
        by=person(by),
        name=name,
        default_success_url=success_url,
        default_failure_url=failure_url,
        last_digit_zero=last_digit_zero,
    )
    changed = ask(installation(**options), request, AccountList, look=f"fils accounts show {account}")
    click.echo(_account_text(changed.accounts[0]))


@accounts.command("log", short_help="Show what people did to an account.")
@click.argument("account", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def log(account: str | None, *, as_json: bool, **options: str | None) -> None:
    """
    Show who did what to ACCOUNT, its channels, keys and terminals, and when; also who replaced the master key.

    ACCOUNT may be left out if there is only one. Who read the raw messages about a payment stands in
    `fils payments evidence`.
    """
    from fils.operations.messages.accounts import LogList, ShowLog

    found = ask(installation(**options), ShowLog(account), LogList, look=_LOOK)
    show(found, lambda: _log_text(found), as_json=as_json)


def _list_text(found: AccountList) -> str:
    if not found.accounts:
        return "There is no account yet. Make one: fils accounts create NAME"
    rows = ((item.prefix, item.id, day_text(item.created_at), item.name) for item in found.accounts)
    return table(("PREFIX", "ID", "MADE", "NAME"), rows)


def _account_text(account: AccountEntry) -> str:
    return facts(
        {
            "Account": account.name,
            "Id": account.id,
            "Prefix": account.prefix,
            "Made": time_text(account.created_at),
            "Success url": account.default_success_url or "none, so each payment setup names its own",
            "Failure url": account.default_failure_url or "none, so each payment setup names its own",
            "KWD amounts": "must end in 0" if account.last_digit_zero else "may end in any digit",
        }
    )


def _log_text(found: LogList) -> str:
    if not found.entries:
        return "Nothing was done to it by a command."
    rows = (
        (f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.by, entry.act.replace("_", " "), entry.subject_id)
        for entry in found.entries
    )
    lines = table(("TIME (UTC)", "WHO", "DID", "TO"), rows).split("\n")
    told = [lines[0]]
    for line, entry in zip(lines[1:], found.entries, strict=True):
        told.append(line)
        if entry.what:
            told.append(facts({"": entry.what}))
    return "\n".join(told)
