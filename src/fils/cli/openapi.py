"""``fils openapi``: the API's description, for generators and other tools."""

from __future__ import annotations

import click

from fils.cli.setting_options import setting_options
from fils.config import process_environment, read_settings


@click.command(short_help="Print the API's description in OpenAPI 3.1.")
@setting_options("base_url")
def openapi(**options: str | None) -> None:
    """
    Print the API's description in OpenAPI 3.1, as JSON.

    It is what a running Fils answers at /openapi.json, and shows to people at /docs. No server is needed.
    """
    from fils.bootstrap.api_document import api_document

    click.echo(api_document(read_settings(process_environment(), **options)), nl=False)
