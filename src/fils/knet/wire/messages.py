"""
The messages of a payment: the start the customer's browser carries, and KNET's answer to it.

Everything here is text in, text out; who sends it when is not known here. Messages in clear at the edges of a
payment (notification bodies, the acknowledgement, the error return) are in ``returns``, the server's own questions
in ``inquiry``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from fils.domain.money import KWD, Money
from fils.knet.wire import fields
from fils.knet.wire.cipher import TerminalKey, decrypt, encrypt
from fils.knet.wire.errors import MessageUnreadable
from fils.knet.wire.fields import Field, Language, find_language, parse_form, read_amount, write_amount

_PURCHASE: Final = "1"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """
    What starts a payment attempt (K-064, payment request). Action 1 and currency 414 are implied.

    Attributes:
        tranportal_id: The terminal's id, public: it stands in the customer's url.
        password: The terminal's password, secret; ``repr`` leaves it out.
        amount: Kuwaiti dinars, at most 999999.999.
        response_url: Where KNET notifies. Absolute, no query, at most 255 characters.
        error_url: Where KNET sends the browser after an error. Same rules.
        track_id: Ours, alphanumeric, at most 19, new for every attempt.
        udf1: Free words of letters, digits, blank, point, underscore and hyphen, echoed by KNET.
        udf2: The same.
        udf3: The same; on a KFAST terminal the customer's eight-digit token.
        udf4: The same.
        udf5: The same; on a PTLF terminal text for the acquiring bank's report.
    """

    tranportal_id: str
    password: str = field(repr=False)
    language: Language
    amount: Money
    response_url: str
    error_url: str
    track_id: str
    udf1: str = ""
    udf2: str = ""
    udf3: str = ""
    udf4: str = ""
    udf5: str = ""


@dataclass(frozen=True, slots=True)
class PaymentResponse:
    """
    KNET's answer to a payment (K-064, payment response). It is evidence, never proof: the cipher has no signature.

    Attributes:
        payment_id: KNET's order number, 18 digits in practice.
        result: KNET's word, blanks as blanks: ``CAPTURED``, ``NOT CAPTURED``, ``CANCELED`` and others.
        track_id: The request's, echoed.
        amount: Kuwaiti dinars.
        auth: The issuer's authorisation, ``000000`` on a decline, empty when the issuer was never asked.
        avr: Address check; always ``N``.
        ref: The network's reference, 12 digits.
        tran_id: KNET's transaction id, 15 digits.
        post_date: ``MMDD``, the bank's business date in Kuwait's time.
        auth_resp_code: The issuer's two digits; None on cancel and host timeout. Never a proof of success.
        udf1: The request's, echoed; so are ``udf2`` to ``udf5``.
    """

    payment_id: str
    result: str
    track_id: str
    amount: Money
    auth: str = ""
    avr: str = "N"
    ref: str = ""
    tran_id: str = ""
    post_date: str = ""
    auth_resp_code: str | None = None
    udf1: str = ""
    udf2: str = ""
    udf3: str = ""
    udf4: str = ""
    udf5: str = ""


def write_payment_request(message: PaymentRequest, key: TerminalKey) -> str:
    """
    Write and encrypt *message*: the ``trandata`` of a payment start, lower-case hexadecimal, values raw.

    Raises:
        MessageInvalid: If a value may not be written.
    """
    values = (
        *(message.tranportal_id, message.password, _PURCHASE, message.language.value, KWD.numeric),
        *(write_amount(message.amount), message.response_url, message.error_url, message.track_id),
        *(message.udf1, message.udf2, message.udf3, message.udf4, message.udf5),
    )
    return encrypt("&".join(_write(fields.REQUEST_FIELDS, values)), key)


def read_payment_request(trandata: str, key: TerminalKey) -> PaymentRequest:
    """
    Decrypt and read what ``write_payment_request`` writes; any order and KNET's other language words pass too.

    A bank that wants to say what is wrong with a start reads field by field with ``decrypt`` and ``parse_form``.

    Raises:
        MessageUnreadable: If anything at all is wrong with it.
    """
    form = _parse_known(decrypt(trandata, key), _REQUEST_NAMES)
    language = find_language(form.get("langid", ""))
    if form.get("action") != _PURCHASE or form.get("currencycode") != KWD.numeric or language is None:
        raise MessageUnreadable
    return PaymentRequest(
        _read(form, fields.TRANPORTAL_ID),
        _read(form, fields.PASSWORD),
        language,
        read_amount(form.get("amt", "")),
        _read(form, fields.RESPONSE_URL),
        _read(form, fields.ERROR_URL),
        _read(form, fields.TRACK_ID),
        *[_read(form, udf) for udf in fields.UDFS],
    )


def payment_start_url(base_url: str, message: PaymentRequest, key: TerminalKey) -> str:
    """
    Write the address that starts *message* when the customer's browser is sent there (302, GET).

    The terminal's id and both urls stand in it in clear and raw as KNET's sample has them, so that KNET can
    report an error back even when the encrypted part cannot be read. It is as secret as the message: never log it.

    Args:
        base_url: KNET's application without a slash at the end, such as ``https://kpay.com.kw/kpg``.

    Raises:
        MessageInvalid: If a value may not be written.
    """
    trandata = write_payment_request(message, key)
    return (
        f"{base_url}/PaymentHTTP.htm?param=paymentInit&trandata={trandata}&tranportalId={message.tranportal_id}"
        f"&responseURL={message.response_url}&errorURL={message.error_url}"
    )


def write_payment_response(message: PaymentResponse, key: TerminalKey) -> str:
    """
    Write and encrypt *message* as KNET does: upper-case hexadecimal, blanks as ``+``, an ``&`` at the end.

    Raises:
        MessageInvalid: If a value may not be written.
    """
    values = (
        *(message.payment_id, message.result, message.auth, message.avr, message.ref, message.tran_id),
        *(message.post_date, message.track_id),
        *(message.udf1, message.udf2, message.udf3, message.udf4, message.udf5),
        *(write_amount(message.amount), message.auth_resp_code),
    )
    # No value holds a plus of its own: every blank, and nothing else, becomes one.
    plaintext = "&".join((*_write(fields.RESPONSE_FIELDS, values), "")).replace(" ", "+")
    return encrypt(plaintext, key).upper()


def read_payment_response(trandata: str, key: TerminalKey) -> PaymentResponse:
    """
    Decrypt and read KNET's answer, strictly: known fields only, each once, ASCII, ids and result required.

    Its order does not matter and ``udf6`` to ``udf10`` are read past. A request of ours that somebody sends back
    as an answer holds ``password`` and ``action``, which no answer knows.

    Raises:
        MessageUnreadable: If anything at all is wrong with it; never which thing.
    """
    form = _parse_known(decrypt(trandata, key), _RESPONSE_NAMES)
    return PaymentResponse(
        _read(form, fields.PAYMENT_ID),
        _read(form, fields.RESULT),
        _read(form, fields.ECHOED_TRACK_ID),
        read_amount(form.get("amt", "")),
        _read(form, fields.AUTH),
        _read(form, fields.AVR),
        _read(form, fields.REFERENCE),
        _read(form, fields.TRAN_ID),
        _read(form, fields.POST_DATE),
        _read_auth_response_code(form),
        *[_read(form, udf) for udf in fields.ECHOED_UDFS],
    )


_REQUEST_NAMES: Final = fields.UNDOCUMENTED_UDF_NAMES.union(fields.REQUEST_FIELDS)
_RESPONSE_NAMES: Final = fields.UNDOCUMENTED_UDF_NAMES.union(
    fields.RESPONSE_FIELDS, fields.AUTH_RESPONSE_CODE_NAMES
)


def _write(rules: dict[str, Field], values: tuple[str | None, ...]) -> list[str]:
    """Write each value by its rule; a field whose value is None is left out."""
    return [
        f"{name}={rule.check_written(value)}"
        for (name, rule), value in zip(rules.items(), values, strict=True)
        if value is not None
    ]


def _parse_known(plaintext: str, names: frozenset[str]) -> dict[str, str]:
    """Parse a form of *names* only; values that are read past must be ASCII like all others."""
    form = parse_form(plaintext)
    if not form.keys() <= names or not all(map(str.isascii, form.values())):
        raise MessageUnreadable
    return form


def _read(form: dict[str, str], rule: Field) -> str:
    """Read one field; a missing one counts as empty, which the rule of a required field refuses."""
    return rule.check_read(form.get(rule.name, ""))


def _read_auth_response_code(form: dict[str, str]) -> str | None:
    present = [form[name] for name in fields.AUTH_RESPONSE_CODE_NAMES if form.get(name)]
    if len(present) > 1:
        raise MessageUnreadable
    return fields.AUTH_RESPONSE_CODE.check_read(present[0]) if present else None
