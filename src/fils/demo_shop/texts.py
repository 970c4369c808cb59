"""
Every word the shop says, in English and Arabic.

Pages hold no words of their own, so that neither language can miss one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fils.demo_shop.outcome import Outcome


class Problem(StrEnum):
    """Why the shop cannot show what was asked for."""

    NOT_STARTED = "not started"
    """The API did not create or confirm the payment; the customer never left the shop."""
    NOT_ASKED = "not asked"
    """The API did not tell what happened to a payment."""
    UNKNOWN_PAYMENT = "unknown payment"
    NO_PAYMENT_NAMED = "no payment named"
    FOREIGN_FORM = "foreign form"


@dataclass(frozen=True, slots=True)
class Message:
    """A heading and what it means for the reader."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All texts of one language."""

    language: str
    direction: str
    other_language: str
    other_language_name: str
    dinars: str
    shop_name: str
    skip: str
    demo: str
    colophon: str
    product_kind: str
    product: str
    product_note: str
    pay: str
    pay_note: str
    try_title: str
    try_outcomes: tuple[tuple[str, str, str], ...]
    """Kind of badge, the outcome's name, how to get it."""
    steps_title: str
    steps: tuple[tuple[str, str], ...]
    """What happens, and the call that does it (or nothing)."""
    amount: str
    reference: str
    reason: str
    payment_id: str
    knet_payment_id: str
    knet_track_id: str
    knet_transaction_id: str
    bank_reference: str
    auth_code: str
    http_status: str
    error_codes: str
    request_id: str
    no_answer: str
    asked: str
    not_captured_at_success: str
    captured_at_failure: str
    looks_again: str
    may_close: str
    look_again: str
    back: str
    outcomes: Mapping[Outcome, Message]
    problems: Mapping[Problem, Message]


ENGLISH: Final = Texts(
    language="en",
    direction="ltr",
    other_language="ar",
    other_language_name="العربية",
    dinars="KWD",
    shop_name="The Demo Roastery",
    skip="Skip to the content",
    demo="Demo shop, no real money",
    colophon="A shop to try payments with. It talks to the payment API over HTTP, as your own shop would.",
    product_kind="Today's roast",
    product="Roasted coffee beans",
    product_note="Medium roast with hints of cardamom, date and dark chocolate. A bag of 250 g.",
    pay="Pay with KNET",
    pay_note="Next comes the KNET simulator's payment page.",
    try_title="Try every outcome",
    try_outcomes=(
        ("good", "Paid", "Card 888888 and any ten digits, expiry 09/2030, any four digits as the PIN."),
        ("bad", "Declined", "The same card with any other expiry."),
        ("calm", "Cancelled", "Press Cancel on the payment page."),
    ),
    steps_title="What the button does",
    steps=(
        ("The shop creates a payment setup.", "POST /payments/setups"),
        ("It confirms the setup and gets a link.", "POST /payments/setups/{id}/confirm/knet"),
        ("You pay on KNET's page and come back here.", ""),
        ("The shop asks what happened, and believes only that.", "GET /payments/{id}"),
    ),
    amount="Amount",
    reference="Order",
    reason="Response",
    payment_id="Payment id",
    knet_payment_id="KNET payment id",
    knet_track_id="Track id",
    knet_transaction_id="KNET transaction id",
    bank_reference="Bank reference",
    auth_code="Authorisation code",
    http_status="HTTP status",
    error_codes="Error codes",
    request_id="Request id",
    no_answer="no answer",
    asked="What the API says:",
    not_captured_at_success="You came back by the success address, but the API says that this payment is not "
    "captured. The shop goes by the API.",
    captured_at_failure="You came back by the failure address, but the API says that this payment is "
    "captured. The shop goes by the API.",
    looks_again="This page looks again by itself every five seconds.",
    may_close="You may close this page: the payment is settled without it. Or look again whenever you like.",
    look_again="Look again",
    back="Back to the shop",
    outcomes={
        Outcome.PAID: Message("Paid, thank you", "We have your payment and are preparing your coffee."),
        Outcome.CANCELLED: Message(
            "Payment cancelled", "You cancelled on the payment page. The shop was not paid."
        ),
        Outcome.DECLINED: Message(
            "Payment declined",
            "The bank did not approve it, and the shop was not paid. You can try another card.",
        ),
        Outcome.EXPIRED: Message("Payment expired", "The time to pay ran out. The shop was not paid."),
        Outcome.UNDECIDED: Message(
            "Not decided yet",
            "We are waiting to hear what happened to your payment. Please do not pay again.",
        ),
        Outcome.RETURNED: Message(
            "Payment given back", "This payment was made, and all or part of it has been returned since."
        ),
        Outcome.MISMATCHED: Message(
            "Not the price of this order",
            "The payment exists, but its amount is not what this order costs. The shop does not accept it.",
        ),
        Outcome.UNFAMILIAR: Message(
            "Status not recognised",
            "The API gave a status that this shop does not know. It counts as not paid until somebody "
            "has looked.",
        ),
    },
    problems={
        Problem.NOT_STARTED: Message(
            "The payment could not be started",
            "The payment API refused it or did not answer. You were not charged and have not left the shop.",
        ),
        Problem.NOT_ASKED: Message(
            "We could not look up your payment",
            "The payment API did not answer as it should, so we do not know yet what happened. Please do not "
            "pay again; look again in a moment.",
        ),
        Problem.UNKNOWN_PAYMENT: Message(
            "No such payment",
            "The API knows no payment with this id, so the shop cannot say that it was paid.",
        ),
        Problem.NO_PAYMENT_NAMED: Message(
            "This address names no payment",
            "It may have been cut short or changed on the way. Nothing was looked up.",
        ),
        Problem.FOREIGN_FORM: Message(
            "This did not come from our shop", "To be safe, start the payment from the shop's own page."
        ),
    },
)

ARABIC: Final = Texts(
    language="ar",
    direction="rtl",
    other_language="en",
    other_language_name="English",
    dinars="د.ك",
    shop_name="محمصة التجربة",
    skip="انتقل إلى المحتوى",
    demo="متجر تجريبي، بدون مبالغ حقيقية",
    colophon="متجر لتجربة الدفع، يتصل بواجهة الدفع (API) عبر HTTP كما يفعل متجرك.",
    product_kind="محصول اليوم",
    product="حبوب قهوة محمصة",
    product_note="تحميص متوسط بإيحاءات الهيل والتمر والشوكولاتة الداكنة. كيس 250 غرام.",
    pay="ادفع عن طريق كي نت",
    pay_note="ستنتقل إلى صفحة الدفع في محاكي كي نت.",
    try_title="جرّب كل النتائج",
    try_outcomes=(
        (
            "good",
            "مدفوعة",
            "رقم البطاقة 888888 ثم أي عشرة أرقام، تاريخ الانتهاء 09/2030، والرقم السري أي أربعة أرقام.",
        ),
        ("bad", "مرفوضة", "نفس البطاقة مع أي تاريخ انتهاء آخر."),
        ("calm", "ملغاة", "اضغط «إلغاء» في صفحة الدفع."),
    ),
    steps_title="ماذا يحدث عند الضغط على الزر؟",
    steps=(
        ("ينشئ المتجر طلب الدفع.", "POST /payments/setups"),
        ("يؤكد الطلب ويستلم رابط الدفع.", "POST /payments/setups/{id}/confirm/knet"),
        ("تدفع في صفحة كي نت ثم ترجع إلى هنا.", ""),
        ("يسأل المتجر عن النتيجة، ويعتمد على الجواب وحده.", "GET /payments/{id}"),
    ),
    amount="المبلغ",
    reference="رقم الطلب",
    reason="الرد",
    payment_id="رقم العملية",
    knet_payment_id="رقم الدفع في كي نت",
    knet_track_id="رقم التتبع",
    knet_transaction_id="رقم المعاملة في كي نت",
    bank_reference="الرقم المرجعي للبنك",
    auth_code="رقم الموافقة",
    http_status="رمز HTTP",
    error_codes="رموز الخطأ",
    request_id="رقم طلب الـ API",
    no_answer="لا يوجد رد",
    asked="جواب واجهة الدفع:",
    not_captured_at_success="رجعت عن طريق رابط النجاح، لكن واجهة الدفع تقول إن المبلغ لم يُحصّل. "
    "المتجر يعتمد على واجهة الدفع.",
    captured_at_failure="رجعت عن طريق رابط الفشل، لكن واجهة الدفع تقول إن المبلغ حُصّل. "
    "المتجر يعتمد على واجهة الدفع.",
    looks_again="تتحدّث هذه الصفحة تلقائياً كل خمس ثوانٍ.",
    may_close="يمكنك إغلاق هذه الصفحة، فالنتيجة ستُحسم من دونها، أو تحقق من جديد متى شئت.",
    look_again="تحقق من جديد",
    back="الرجوع إلى المتجر",
    outcomes={
        Outcome.PAID: Message("تم الدفع، شكراً لك", "استلمنا المبلغ، ونجهّز قهوتك الآن."),
        Outcome.CANCELLED: Message(
            "تم إلغاء الدفع", "ألغيت العملية في صفحة الدفع، ولم يستلم المتجر أي مبلغ."
        ),
        Outcome.DECLINED: Message(
            "لم تتم الموافقة على الدفع",
            "لم يوافق البنك على العملية، ولم يستلم المتجر أي مبلغ. يمكنك تجربة بطاقة أخرى.",
        ),
        Outcome.EXPIRED: Message(
            "انتهت مهلة الدفع", "لم تكتمل العملية في الوقت المحدد، ولم يستلم المتجر أي مبلغ."
        ),
        Outcome.UNDECIDED: Message("النتيجة لم تصل بعد", "ننتظر نتيجة عمليتك. يرجى عدم الدفع مرة أخرى."),
        Outcome.RETURNED: Message("تم استرجاع المبلغ", "دُفعت هذه العملية، ثم أُعيد المبلغ كله أو جزء منه."),
        Outcome.MISMATCHED: Message(
            "المبلغ لا يطابق سعر الطلب",
            "العملية موجودة، لكن مبلغها غير سعر هذا الطلب، لذلك لا يقبلها المتجر.",
        ),
        Outcome.UNFAMILIAR: Message(
            "حالة غير معروفة", "جاء الرد بحالة لا يعرفها المتجر. لا تُعد العملية مدفوعة حتى تتم مراجعتها."
        ),
    },
    problems={
        Problem.NOT_STARTED: Message(
            "تعذّر بدء الدفع", "رفضت واجهة الدفع الطلب أو لم ترد. لم يُخصم منك أي مبلغ ولم تغادر المتجر."
        ),
        Problem.NOT_ASKED: Message(
            "تعذّر التحقق من العملية",
            "لم ترد واجهة الدفع كما يجب، لذلك لا نعرف النتيجة بعد. يرجى عدم الدفع مرة أخرى، "
            "وتحقق من جديد بعد قليل.",
        ),
        Problem.UNKNOWN_PAYMENT: Message(
            "لا توجد عملية بهذا الرقم", "لا تعرف واجهة الدفع عملية بهذا الرقم، فلا يمكن للمتجر أن يؤكد دفعها."
        ),
        Problem.NO_PAYMENT_NAMED: Message(
            "الرابط لا يحدد أي عملية", "قد يكون الرابط ناقصاً أو تغيّر في الطريق. لم يتم البحث عن أي عملية."
        ),
        Problem.FOREIGN_FORM: Message(
            "هذا الطلب لم يأتِ من متجرنا", "لسلامتك، ابدأ الدفع من صفحة المتجر نفسها."
        ),
    },
)
