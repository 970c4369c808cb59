"""
Every word a customer reads on Fils' payment pages, in English and Arabic.

The messages are few. Each says what is known, what to do, and nothing else; none claims that money did or did not
move unless that is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fils.domain.money import KWD, Money
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_setup import Language
from fils.domain.response_codes import CUSTOMER_CANCELLATION


class Notice(StrEnum):
    """What a page can have to say."""

    PAID = "paid"
    CANCELLED = "cancelled"
    NOT_APPROVED = "not_approved"
    REVERSED = "reversed"
    EXPIRED = "expired"
    WAITING = "waiting"
    WAITING_LONG = "waiting_long"
    NOT_STARTED = "not_started"
    LINK_CLOSED = "link_closed"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


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
    reference: str
    description: str
    payment_id: str
    moves_on: str
    """Said while waiting: the page needs no help."""
    returns: str
    """Said where the browser goes to the shop by itself."""
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
    reference="Order",
    description="For",
    payment_id="Payment id",
    moves_on="This page moves on by itself.",
    returns="You will be taken back to the shop in a few seconds.",
    back_to_shop="Back to the shop",
    pay="Pay with KNET",
    unfinished="Did KNET's page show an error, or did you leave it before paying?",
    pay_again="Go to KNET's page again",
    messages={
        Notice.PAID: Message("Paid", "This payment is complete. There is no need to pay again."),
        Notice.CANCELLED: Message("Payment cancelled", "It was cancelled, and nothing was paid."),
        Notice.NOT_APPROVED: Message(
            "Payment declined",
            "The bank did not approve it, and nothing was paid. To try again, start from the shop.",
        ),
        Notice.REVERSED: Message(
            "Payment reversed",
            "KNET took this payment back, so the shop was not paid. If money left your account, your bank "
            "returns it.",
        ),
        Notice.EXPIRED: Message(
            "The time to pay is over", "The payment was not finished in time, and nothing was paid."
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
            "It is no longer valid. We have not heard of any payment through it, but that is not final yet. "
            "To pay, please go back to the shop.",
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
    reference="رقم الطلب",
    description="الوصف",
    payment_id="رقم العملية",
    moves_on="ستنتقل هذه الصفحة تلقائياً.",
    returns="ستعود إلى المتجر تلقائياً خلال ثوانٍ.",
    back_to_shop="الرجوع إلى المتجر",
    pay="ادفع عن طريق كي نت",
    unfinished="هل ظهر خطأ في صفحة كي نت، أو خرجت منها قبل إتمام الدفع؟",
    pay_again="العودة إلى صفحة كي نت",
    messages={
        Notice.PAID: Message("تم الدفع", "اكتملت هذه العملية، ولا حاجة إلى الدفع مرة أخرى."),
        Notice.CANCELLED: Message("تم إلغاء الدفع", "أُلغيت العملية ولم يُدفع أي مبلغ."),
        Notice.NOT_APPROVED: Message(
            "لم تتم الموافقة على الدفع",
            "لم يوافق البنك على العملية ولم يُدفع أي مبلغ. للمحاولة مرة أخرى، ابدأ من المتجر.",
        ),
        Notice.REVERSED: Message(
            "تم عكس العملية",
            "ألغت كي نت هذه العملية بعد تنفيذها، فلم يستلم المتجر المبلغ. إذا خُصم مبلغ من حسابك فسيعيده البنك.",
        ),
        Notice.EXPIRED: Message("انتهت مهلة الدفع", "لم تكتمل العملية في الوقت المحدد ولم يُدفع أي مبلغ."),
        Notice.WAITING: Message(
            "نتحقق من عملية الدفع", "لم تصلنا النتيجة من كي نت بعد. يرجى عدم الدفع مرة أخرى."
        ),
        Notice.WAITING_LONG: Message(
            "ما زلنا نتحقق من عملية الدفع",
            "لم تصلنا النتيجة من كي نت بعد. يرجى عدم الدفع مرة أخرى. يمكنك إغلاق هذه الصفحة، وسنبلغ المتجر بالنتيجة.",
        ),
        Notice.NOT_STARTED: Message("لم يُدفع أي مبلغ بعد", "يمكنك الدفع الآن في صفحة كي نت."),
        Notice.LINK_CLOSED: Message(
            "هذا الرابط لم يعد يعمل",
            "انتهت صلاحية الرابط. لم يصلنا ما يفيد بدفع أي مبلغ من خلاله، لكن النتيجة ليست نهائية بعد. للدفع، يرجى "
            "الرجوع إلى المتجر.",
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

_BY_STATUS: Final = {
    PaymentStatus.CAPTURED: Notice.PAID,
    PaymentStatus.DECLINED: Notice.REVERSED,
    PaymentStatus.EXPIRED: Notice.EXPIRED,
}


def notice_of(payment: Payment) -> Notice:
    """What a customer is told about a decided payment."""
    if payment.status is PaymentStatus.CANCELED:
        # Canceled is also the status of a payment that the bank declined; the response code tells them apart.
        return Notice.CANCELLED if payment.response == CUSTOMER_CANCELLATION else Notice.NOT_APPROVED
    if payment.status is None or payment.status not in _BY_STATUS:
        raise ValueError("the payment is not decided")
    return _BY_STATUS[payment.status]


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
