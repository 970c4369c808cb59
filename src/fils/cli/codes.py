"""``fils codes``: what an error code of KNET means, and what to do about it."""

from __future__ import annotations

import click

from fils.cli.screen import CommandFailed

_WIDTH = 100
"""Characters; what a person reads is not wider than this."""


@click.command(short_help="Explain KNET's error codes.")
@click.argument("codes", metavar="CODE...", nargs=-1, required=True)
@click.option(
    "--language",
    type=click.Choice(["en", "ar"]),
    default="en",
    show_default=True,
    help="English or Arabic.",
)
def codes(codes: tuple[str, ...], language: str) -> None:
    """
    Explain error codes of KNET, such as IPAY0100158: what each means and what to do about it.

    A whole message that holds a code will do as well. A code never says whether money moved: Fils asks KNET for that.
    """
    explanations = [_explain(code, language) for code in codes]
    click.echo("\n\n".join(explanations))


def _explain(text: str, language: str) -> str:
    from fils.knet.guide import ARABIC, ENGLISH, find_guidance

    found = find_guidance(text)
    if found is None:
        raise CommandFailed(
            f"KNET's manual has no code {text!r}; write it as in IPAY0100158. A code that nobody knows says nothing "
            "about the money"
        )
    is_arabic = language == "ar"
    advice = (ARABIC if is_arabic else ENGLISH)[found.remedy]
    meaning = found.arabic_meaning if is_arabic else found.meaning
    body = click.wrap_text(advice.body, width=_WIDTH, initial_indent="  ", subsequent_indent="  ")
    return f"{found.code}: {meaning}\n  {click.style(advice.title, bold=True)}\n{body}"
