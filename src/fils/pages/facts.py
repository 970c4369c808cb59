"""The lines about a payment that stand under its message: a few while it waits, all that the bank wants at its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fils.application.receipts import Receipt
from fils.domain.payment import Payment
from fils.pages.texts import Texts, knet_result, kuwait_time
from fils.pages.writing import shown


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about the payment."""

    label: str
    value: str
    is_code: bool = False
    """Whether it is an identifier, shown left to right in any language."""


def payment_facts(texts: Texts, payment: Payment) -> tuple[Fact, ...]:
    """What the shop called the payment."""
    return _known(
        (
            (texts.reference, payment.reference),
            (texts.description, payment.description),
        ),
        codes=((texts.payment_id, payment.id),),
    )


def receipt_facts(texts: Texts, receipt: Receipt) -> tuple[Fact, ...]:
    """Everything a receipt has to show beside the amount (K-064, section 8), as far as it is known."""
    payment, said = receipt.payment, receipt.said
    ended_at = payment.voided_at or payment.processed_at
    end = _known(
        (
            (texts.decided_on, kuwait_time(texts, ended_at) if ended_at else None),
            (texts.knet_result, knet_result(texts, receipt.outcome) if receipt.outcome else None),
            (texts.merchant, receipt.merchant),
        )
    )
    of_bank = _known(
        codes=(
            (texts.knet_payment_id, said.knet_payment_id if said else None),
            (texts.track_id, receipt.track_id),
            (texts.bank_reference, said.bank_reference if said else None),
            (texts.transaction_id, said.transaction_id if said else None),
            (texts.auth_code, said.auth_code if said else None),
        )
    )
    return (*end, *of_bank, *payment_facts(texts, payment))


Line = tuple[str, str | None]


def _known(words: Iterable[Line] = (), *, codes: Iterable[Line] = ()) -> tuple[Fact, ...]:
    """The lines that have a value, made fit to be shown."""
    facts = (
        *(Fact(label, shown(value or "")) for label, value in words),
        *(Fact(label, shown(value or ""), is_code=True) for label, value in codes),
    )
    return tuple(fact for fact in facts if fact.value)
