"""``fils pay``: take one payment on a running Fils, and wait for its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

import click

from fils.cli.screen import (
    INTERRUPTED,
    CommandFailed,
    LiveLine,
    duration_text,
    is_terminal,
    plain,
    show_qr_code,
)
from fils.config import (
    DEFAULT_BASE_URL,
    SANDBOX_CHANNEL,
    SANDBOX_KEY,
    chosen_sandbox_key,
    is_loopback,
    process_environment,
    read_base_url,
)
from fils.domain.money import KWD, Currency, Money, MoneyTextInvalid

if TYPE_CHECKING:
    from fils.cli.payments_api import ApiRefused, Order, Payment, PaymentsApi, StartedPayment

_SECONDS_OF: Final = {"s": 1, "m": 60, "h": 3600}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})([smh])")
_TOO_FEW_DECIMALS: Final = re.compile(r"([0-9]{1,6})(?:\.([0-9]{0,2}))?")


def _read_amount(_context: click.Context, _parameter: click.Parameter, text: str) -> Money:
    try:
        return Money.from_text(text, KWD)
    except MoneyTextInvalid as error:
        found = _TOO_FEW_DECIMALS.fullmatch(text)
        # A guess about money is shown, never taken: 1.5 may be a slip for 0.150.
        right = f"{found[1]}.{found[2] or '':0<3}" if found else "1.000"
        raise click.BadParameter(f"write dinars with three decimals, as in {right}") from error


def _read_timeout(_context: click.Context, _parameter: click.Parameter, text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise click.BadParameter("write a number and s, m or h, as in 30m")
    return int(found[1]) * _SECONDS_OF[found[2]]


def _read_url(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    return read_base_url(text, source="--url")


def _read_key(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str:
    key = text or chosen_sandbox_key(process_environment())
    if not (key.isascii() and key.isprintable()):
        raise click.BadParameter("a key has plain ASCII characters only")
    return key


@click.command(short_help="Take a payment on a running Fils, and wait for its end.")
@click.argument("amount", callback=_read_amount)
@click.option(
    "--url",
    default=DEFAULT_BASE_URL,
    show_default=True,
    callback=_read_url,
    help="The base url that `fils serve` printed.",
)
@click.option(
    "--key",
    callback=_read_key,
    help="The secret key that `fils serve` printed. Default: the documented one. [FILS_SANDBOX_KEY]",
)
@click.option("--channel", default=SANDBOX_CHANNEL, show_default=True, help="The processing channel.")
@click.option(
    "--language",
    type=click.Choice(["en", "ar"]),
    default="en",
    show_default=True,
    help="The language of KNET's page.",
)
@click.option("--reference", help="Your own name for the payment, such as an order number.")
@click.option("--success-url", help="Where a customer who paid is sent. Default: the demo shop of that Fils.")
@click.option("--failure-url", help="Where one who did not is sent. Default: the demo shop of that Fils.")
@click.option(
    "--timeout",
    "timeout_s",
    metavar="TIME",
    default="30m",
    show_default=True,
    callback=_read_timeout,
    help="How long to wait: a number and s, m or h.",
)
@click.option("--no-qr", is_flag=True, help="Print the link alone, without the QR code.")
@click.pass_context
def pay(
    ctx: click.Context,
    amount: Money,
    url: str,
    key: str,
    channel: str,
    language: str,
    reference: str | None,
    success_url: str | None,
    failure_url: str | None,
    timeout_s: int,
    no_qr: bool,
) -> None:
    """
    Take a payment of AMOUNT Kuwaiti dinars, such as 1.000, and wait for its end.

    It creates and confirms the payment on a running Fils, prints the link that the customer opens, with a QR code on
    a terminal, and waits. Nothing more is needed to try it than `fils serve` in another terminal.

    \b
    Exit codes:
      0    paid
      1    not paid: cancelled, declined or expired
      2    wrong call, or Fils was not reached or refused: no link was printed
      3    undecided: the time is up, or nobody can tell
      130  stopped with Ctrl-C; the payment goes on
    """
    from fils.cli.payments_api import Order, PaymentsApi

    order = Order(
        amount_minor=amount.amount,
        currency=amount.currency,
        processing_channel_id=channel,
        language=language,
        success_url=success_url or f"{url}/shop/success?lang={language}",
        failure_url=failure_url or f"{url}/shop/failure?lang={language}",
        reference=reference,
    )
    api = PaymentsApi(url, key)
    started = _start(api, order)
    _show_started(started, amount, with_qr_code=not no_qr)
    ctx.exit(_wait(api, started.id, timeout_s))


def _start(api: PaymentsApi, order: Order) -> StartedPayment:
    from fils.cli.payments_api import ApiRefused, ApiUnreachable

    try:
        return api.start_payment(order)
    except ApiUnreachable as error:
        raise CommandFailed(
            f"no Fils answers at {api.base_url} ({error}). Start one with `fils serve`, or say where it is with --url"
        ) from error
    except ApiRefused as refused:
        raise CommandFailed(explain_refusal(refused, api.base_url)) from refused


def explain_refusal(refused: ApiRefused, base_url: str) -> str:
    """Say in plain words what the API's refusal means for whoever called it at *base_url*."""
    if refused.status == 401:
        text = "Fils does not know this key (401). Pass the one that `fils serve` printed with --key"
    elif refused.status == 422:
        text = f"Fils refused the payment (422): {', '.join(refused.error_codes) or 'no reason given'}"
    elif refused.status == 421:
        text = (
            f"Fils does not go by the address {base_url} (421). Pass the base url that it printed with --url"
        )
    elif refused.may_pass:
        text = f"Fils cannot take the payment now ({refused.status}). Try again in a moment"
    else:
        text = f"what {base_url} answers ({refused.status}) cannot be understood. Is it a Fils?"
    return f"{text} (request id {refused.request_id})" if refused.request_id else text


def _show_started(started: StartedPayment, amount: Money, *, with_qr_code: bool) -> None:
    click.echo(f"Payment  {started.id}")
    click.echo(f"Amount   {amount}")
    click.echo(f"Link     {started.link}")
    if with_qr_code:
        show_qr_code(started.link)
    parts = urlsplit(started.link)
    if is_loopback(parts.hostname or ""):
        click.echo(
            f"\nA phone cannot open this link: {parts.hostname} is this machine itself.\n"
            "For phones start Fils with\n"
            f"  fils serve --host 0.0.0.0 --base-url http://YOUR-LAN-ADDRESS:{parts.port or 80}\n"
            "and give fils pay the url and the key that it prints, with --url and --key."
        )
    click.echo()


def _wait(api: PaymentsApi, payment_id: str, timeout_s: int) -> int:
    import time

    from fils.cli.outcome import UNDECIDED, judge, wait_for_decision
    from fils.cli.payments_api import ApiRefused

    line = LiveLine(rewrites=is_terminal())
    try:
        payment = wait_for_decision(
            lambda: api.get_payment(payment_id),
            timeout_s=timeout_s,
            tell=lambda text, elapsed_s: line.show(text, elapsed_s=elapsed_s),
            seconds=time.monotonic,
            pause=time.sleep,
        )
    except KeyboardInterrupt:
        line.end()
        _leave(api, payment_id, "You stopped waiting.", INTERRUPTED)
    except ApiRefused as refused:
        line.end()
        _leave(api, payment_id, plain(explain_refusal(refused, api.base_url)) + ".", UNDECIDED)
    line.end()
    if payment is None:
        _leave(api, payment_id, f"Undecided after {duration_text(timeout_s)}.", UNDECIDED)
    verdict = judge(payment)
    _show_end(payment, plain(verdict.words))
    return verdict.exit_code


def _leave(api: PaymentsApi, payment_id: str, words: str, exit_code: int) -> NoReturn:
    """Stop waiting for a payment that goes on, and say how to look at it."""
    # Only the key that everybody knows is shown.
    key = SANDBOX_KEY if api.secret_key == SANDBOX_KEY else "YOUR-KEY"
    click.echo(f"\n{words} The payment goes on; see how it stands with")
    click.echo(f"  curl -sS '{api.base_url}/payments/{payment_id}' \\")
    click.echo(f"    -H 'Authorization: Bearer {key}'")
    raise SystemExit(exit_code)


def _show_end(payment: Payment, words: str) -> None:
    code, summary = payment.response
    rows = {
        "Amount": _amount_text(payment),
        "Payment": payment.id,
        "KNET payment id": payment.source.knet_payment_id,
        "KNET reference": payment.source.bank_reference,
        "Response": f"{code} {summary}".strip(),
    }
    click.echo("\n" + click.style(words, bold=True))
    for name, value in rows.items():
        if value:
            click.echo(f"  {name:<16} {plain(value)}")


def _amount_text(payment: Payment) -> str:
    currency = Currency.__members__.get(payment.currency)
    if currency is None:
        return f"{payment.amount} minor units of {payment.currency}"
    return str(Money(payment.amount, currency))
