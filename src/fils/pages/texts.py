"""
Every word a customer reads on Fils' payment pages, in English and Arabic.

The messages are few. Each says what became of the money, what to do next, and nothing else: no code, no blame. None
claims that money did or did not move unless that is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from fils.domain.evidence import Outcome
from fils.domain.money import KWD, Money
from fils.domain.payment_setup import Language
from fils.pages.notices import Notice

_KUWAIT: Final = timezone(timedelta(hours=3))
"""Kuwait has no summer time."""

KNET_WORDS: Final[Mapping[Outcome, str]] = {
    Outcome.CAPTURED: "CAPTURED",
    Outcome.NOT_CAPTURED: "NOT CAPTURED",
    Outcome.CANCELED: "CANCELED",
    Outcome.DENIED_BY_RISK: "DENIED BY RISK",
    Outcome.HOST_TIMEOUT: "HOST TIMEOUT",
    Outcome.REVERSED: "VOIDED",
    Outcome.FAILED: "FAILURE",
}
"""KNET's own word for a result, as receipts show it. What is not here is no result."""


@dataclass(frozen=True, slots=True)
class Message:
    """A heading and what it means for the reader."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All words of one language."""

    language: Language
    direction: str
    dinar: str
    dinar_first: bool
    """Whether the sign of the dinar stands before the number."""
    skip: str
    secure: str
    """What these pages never ask for."""
    amount: str
    merchant: str
    reference: str
    """The shop's own name for the order."""
    description: str
    payment_id: str
    """The payment's id in the API."""
    decided_on: str
    """Names the time of Kuwait, which ``time_form`` does not."""
    time_form: str
    """How a moment is written: ``day``, ``month``, ``year`` and ``time`` of Kuwait."""
    months: tuple[str, ...]
    knet_result: str
    knet_results: Mapping[Outcome, str]
    """What stands beside KNET's own word, where the language has a usual one."""
    knet_payment_id: str
    track_id: str
    bank_reference: str
    transaction_id: str
    auth_code: str
    keep: str
    """Said where the page is a receipt."""
    moves_on: str
    """Said while waiting: the page needs no help."""
    back_to_shop: str
    pay: str
    unfinished: str
    """Asks a customer who waits whether KNET's page was left unfinished; the link beside it is ``pay_again``."""
    pay_again: str
    messages: Mapping[Notice, Message]


ENGLISH: Final = Texts(
    language=Language.ENGLISH,
    direction="ltr",
    dinar="KD",
    dinar_first=True,
    skip="Skip to the content",
    secure="This page never asks for your card or your PIN. Only KNET's own page does.",
    amount="Amount",
    merchant="Merchant",
    reference="Order",
    description="For",
    payment_id="Shop's payment id",
    decided_on="Date and time in Kuwait",
    time_form="{day} {month} {year}, {time}",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    knet_result="KNET's result",
    knet_results={},
    knet_payment_id="KNET payment id",
    track_id="Track id",
    bank_reference="Bank reference",
    transaction_id="Transaction id",
    auth_code="Authorisation code",
    keep="You can print this page or save it.",
    moves_on="This page moves on by itself.",
    back_to_shop="Back to the shop",
    pay="Pay with KNET",
    unfinished="Did KNET's page show an error, or did you leave it before paying?",
    pay_again="Go to KNET's page again",
    messages={
        Notice.PAID: Message("Paid", "Your payment is complete. There is no need to pay again."),
        Notice.CANCELLED: Message(
            "Payment cancelled",
            "It was cancelled, and nothing was paid. To pay after all, go back to the shop.",
        ),
        Notice.NOT_APPROVED: Message(
            "Payment declined",
            "It was not approved, and nothing was paid. You can go back to the shop and try another card, or ask "
            "your bank.",
        ),
        Notice.NOT_COMPLETED: Message(
            "Payment not completed",
            "It could not be completed, so the shop was not paid. If money left your account, your bank returns it. "
            "To try again, go back to the shop.",
        ),
        Notice.REVERSED: Message(
            "Payment reversed",
            "It was taken back, so the shop was not paid. If money left your account, your bank returns it. To pay, "
            "go back to the shop.",
        ),
        Notice.EXPIRED: Message(
            "The time to pay is over",
            "The payment was not finished in time, and nothing was paid. To pay, go back to the shop.",
        ),
        Notice.WAITING: Message(
            "Checking your payment",
            "KNET has not told us yet how your payment ended. Please do not pay again.",
        ),
        Notice.WAITING_LONG: Message(
            "Still checking your payment",
            "KNET has not told us yet how your payment ended. Please do not pay again. You may close this page: "
            "the shop will be told.",
        ),
        Notice.NOT_STARTED: Message("Nothing has been paid yet", "You can pay now, on KNET's own page."),
        Notice.LINK_CLOSED: Message(
            "This link no longer works",
            "We have not heard of any payment through it, but that is not final yet. To pay, please go back to the "
            "shop.",
        ),
        Notice.NOT_FOUND: Message(
            "No payment at this address",
            "The link may be incomplete. Please check it, or go back to the shop.",
        ),
        Notice.UNAVAILABLE: Message(
            "We cannot look just now",
            "Nothing is lost. Please do not pay again: this page tries again by itself in a few seconds.",
        ),
        Notice.FAILED: Message(
            "Something went wrong on our side",
            "We cannot show how your payment stands. Please do not pay again before you have asked the shop.",
        ),
    },
)

ARABIC: Final = Texts(
    language=Language.ARABIC,
    direction="rtl",
    dinar="د.ك",
    dinar_first=False,
    skip="انتقل إلى المحتوى",
    secure="لا تطلب هذه الصفحة بيانات بطاقتك ولا رقمك السري، فهي تُدخل في صفحة كي نت فقط.",
    amount="المبلغ",
    merchant="المستفيد",
    reference="رقم الطلب",
    description="الوصف",
    payment_id="رقم العملية لدى المتجر",
    decided_on="التاريخ والوقت في الكويت",
    time_form="{day} {month} {year}، {time}",
    months=(
        *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
        *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
    ),
    knet_result="النتيجة من كي نت",
    knet_results={
        Outcome.CAPTURED: "ناجحة",
        Outcome.NOT_CAPTURED: "فشلت",
        Outcome.CANCELED: "ملغية",
        Outcome.DENIED_BY_RISK: "غير موثوقة",
        Outcome.HOST_TIMEOUT: "انتهى الوقت",
        Outcome.REVERSED: "مبطلة",
        Outcome.FAILED: "فشلت",
    },
    knet_payment_id="رقم الدفع في كي نت",
    track_id="رقم التتبع",
    bank_reference="الرقم المرجعي للبنك",
    transaction_id="رقم المعاملة",
    auth_code="رمز الموافقة",
    keep="يمكنك طباعة هذه الصفحة أو حفظها.",
    moves_on="ستنتقل هذه الصفحة تلقائياً.",
    back_to_shop="الرجوع إلى المتجر",
    pay="ادفع عن طريق كي نت",
    unfinished="هل ظهر خطأ في صفحة كي نت، أو خرجت منها قبل إتمام الدفع؟",
    pay_again="العودة إلى صفحة كي نت",
    messages={
        Notice.PAID: Message("تم الدفع", "اكتملت عملية الدفع، ولا حاجة إلى الدفع مرة أخرى."),
        Notice.CANCELLED: Message(
            "تم إلغاء الدفع", "أُلغيت العملية ولم يُدفع أي مبلغ. إذا رغبت في الدفع، فيرجى الرجوع إلى المتجر."
        ),
        Notice.NOT_APPROVED: Message(
            "لم تُقبل عملية الدفع",
            "لم تتم الموافقة على العملية ولم يُدفع أي مبلغ. يمكنك الرجوع إلى المتجر والدفع ببطاقة أخرى، أو الاستفسار من "
            "البنك.",
        ),
        Notice.NOT_COMPLETED: Message(
            "لم تكتمل عملية الدفع",
            "تعذّر إتمام العملية، فلم يستلم المتجر أي مبلغ. إذا خُصم مبلغ من حسابك فسيعيده البنك. للمحاولة مرة أخرى، "
            "يرجى الرجوع إلى المتجر.",
        ),
        Notice.REVERSED: Message(
            "تم عكس عملية الدفع",
            "عُكست العملية بعد تنفيذها، فلم يستلم المتجر المبلغ. إذا خُصم مبلغ من حسابك فسيعيده البنك. للدفع، يرجى "
            "الرجوع إلى المتجر.",
        ),
        Notice.EXPIRED: Message(
            "انتهت مهلة الدفع",
            "لم تكتمل العملية في الوقت المحدد ولم يُدفع أي مبلغ. للدفع، يرجى الرجوع إلى المتجر.",
        ),
        Notice.WAITING: Message(
            "نتحقق من عملية الدفع", "لم تصلنا النتيجة من كي نت بعد. يرجى عدم الدفع مرة أخرى."
        ),
        Notice.WAITING_LONG: Message(
            "ما زلنا نتحقق من عملية الدفع",
            "لم تصلنا النتيجة من كي نت بعد. يرجى عدم الدفع مرة أخرى. يمكنك إغلاق هذه الصفحة، وسنبلغ المتجر بالنتيجة.",
        ),
        Notice.NOT_STARTED: Message("لم يُدفع أي مبلغ بعد", "يمكنك الدفع الآن في صفحة كي نت."),
        Notice.LINK_CLOSED: Message(
            "هذا الرابط لم يعد صالحاً",
            "لم يصلنا ما يفيد بدفع أي مبلغ من خلاله، لكن النتيجة ليست نهائية بعد. للدفع، يرجى الرجوع إلى المتجر.",
        ),
        Notice.NOT_FOUND: Message(
            "لا توجد عملية بهذا الرابط", "قد يكون الرابط ناقصاً. يرجى التحقق منه أو الرجوع إلى المتجر."
        ),
        Notice.UNAVAILABLE: Message(
            "يتعذّر الاطلاع على العملية الآن",
            "لم يضِع شيء. يرجى عدم الدفع مرة أخرى، فهذه الصفحة تعيد المحاولة تلقائياً خلال ثوانٍ.",
        ),
        Notice.FAILED: Message(
            "حدث خطأ من جهتنا",
            "لا يمكننا عرض حالة عمليتك. يرجى عدم الدفع مرة أخرى قبل سؤال المتجر.",
        ),
    },
)

TEXTS: Final[Mapping[Language, Texts]] = {Language.ENGLISH: ENGLISH, Language.ARABIC: ARABIC}

_OURS: Final = {language.value: language for language in Language}


def preferred_languages(accept_language: str) -> tuple[Language, ...]:
    """
    The one of our languages that a browser asks for first; both, if it asks for neither.

    Args:
        accept_language: The request header (RFC 9110, section 12.5.4), or nothing.
    """
    # Browsers list the languages they want most first, so the weights need no reading.
    for entry in accept_language.split(","):
        language = _OURS.get(entry.partition(";")[0].strip().lower().partition("-")[0])
        if language is not None:
            return (language,)
    return tuple(Language)


def amount_parts(texts: Texts, money: Money) -> tuple[str, str]:
    """The number and the sign of its currency: ``("1.000", "KD")``. Which stands first is ``dinar_first``."""
    return money.to_text(), texts.dinar if money.currency is KWD else str(money.currency)


def kuwait_time(texts: Texts, moment: datetime) -> str:
    """
    A moment in Kuwait as receipts show it: ``30 April 2026, 13:00:05``.

    Args:
        texts: The language.
        moment: An aware time.
    """
    local = moment.astimezone(_KUWAIT)
    month = texts.months[local.month - 1]
    return texts.time_form.format(day=local.day, month=month, year=local.year, time=f"{local:%H:%M:%S}")


def knet_result(texts: Texts, outcome: Outcome) -> str | None:
    """KNET's word for *outcome*, behind the usual one of the language if it has one; None if it is no result."""
    word = KNET_WORDS.get(outcome)
    usual = texts.knet_results.get(outcome)
    return f"{usual} ({word})" if usual else word
