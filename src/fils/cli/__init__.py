"""
The command line: one module for each command.

A command imports what it needs when it runs, so that help comes at once. Errors that a person can mend end in one
line and an exit code, never in a traceback.
"""

from __future__ import annotations

import errno
from typing import Final

import click

from fils.cli.accounts import accounts
from fils.cli.asking import OutcomeUnknown, RequestRefused
from fils.cli.backup import backup
from fils.cli.channels import channels
from fils.cli.codes import codes
from fils.cli.config import config
from fils.cli.keys import keys
from fils.cli.master_key import master_key
from fils.cli.migrate import migrate
from fils.cli.openapi import openapi
from fils.cli.pay import pay
from fils.cli.payments import payments
from fils.cli.restore import restore
from fils.cli.screen import CommandFailed, Interrupted
from fils.cli.serve import serve
from fils.cli.simulator import simulator
from fils.cli.streams import open_closed_streams
from fils.cli.terminals import terminals
from fils.cli.verify import verify
from fils.cli.version import show_version, version
from fils.config import process_environment, wants_colour
from fils.domain.errors import ConfigurationError

__all__ = ["main"]

_OUTPUT_LOST: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
"""What a write to standard output fails with that no part of Fils has answered for. A pipe that ends is none of it."""


class _Program(click.Group):
    """The commands, with the one place where what ends them early becomes a line and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            raise CommandFailed(str(error)) from error
        except click.Abort as error:
            # Questions come before anything is done.
            click.echo(err=True)
            raise RequestRefused("stopped at a question: nothing was changed") from error
        except KeyboardInterrupt as error:
            click.echo(err=True)
            raise Interrupted from error
        except OSError as error:
            if error.errno not in _OUTPUT_LOST:
                raise
            raise OutcomeUnknown(
                f"the output cannot be written: {error.strerror}. What was asked may be done all the same: look "
                "before you repeat it"
            ) from error


@click.group(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `fils serve` and open the address it prints. `fils COMMAND --help` tells more.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=show_version,
    help="Same as fils version.",
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """
    Fils takes KNET payments.

    It speaks Checkout.com's Payment Setup API. As a sandbox it brings KNET with it: a simulator, so that a shop can be
    tried whole on one machine, with no account, no internet and no real money. In production it takes payments with
    your bank's terminals.
    """
    open_closed_streams()
    if not wants_colour(process_environment()):
        ctx.color = False


main.add_command(serve)
main.add_command(simulator)
main.add_command(pay)
main.add_command(payments)
main.add_command(accounts)
main.add_command(channels)
main.add_command(keys)
main.add_command(terminals)
main.add_command(codes)
main.add_command(config)
main.add_command(migrate)
main.add_command(backup)
main.add_command(restore)
main.add_command(verify)
main.add_command(master_key)
main.add_command(openapi)
main.add_command(version)
