"""
What to do about an error code, in a few kinds, each in English and Arabic.

The advice is for whoever runs the shop or Fils. What the customer reads follows from the outcome that KNET's inquiry
usually confirms in the end; the words for that are on the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fils.domain.evidence import Outcome


class Remedy(StrEnum):
    """Who can do what about an error code."""

    TERMINAL = "terminal"
    REQUEST = "request"
    BANK = "bank"
    RECEIVER = "receiver"
    PAGE = "page"
    TIME_OVER = "time_over"
    CANCELLED = "cancelled"
    CARD = "card"
    AUTHENTICATION = "authentication"
    RISK = "risk"
    HOST_TIMEOUT = "host_timeout"
    NOT_FOUND = "not_found"
    FOLLOW_UP = "follow_up"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Advice:
    """A few words for a table, and the whole of it."""

    title: str
    body: str


OUTCOMES: Final[Mapping[Remedy, Outcome]] = {
    # A start that was refused leaves nothing behind, so the inquiry finds nothing.
    Remedy.TERMINAL: Outcome.NOT_FOUND,
    Remedy.REQUEST: Outcome.NOT_FOUND,
    Remedy.BANK: Outcome.NOT_FOUND,
    Remedy.RECEIVER: Outcome.REVERSED,
    Remedy.PAGE: Outcome.UNKNOWN,
    Remedy.TIME_OVER: Outcome.NOT_FOUND,
    Remedy.CANCELLED: Outcome.CANCELED,
    Remedy.CARD: Outcome.NOT_CAPTURED,
    Remedy.AUTHENTICATION: Outcome.NOT_CAPTURED,
    Remedy.RISK: Outcome.DENIED_BY_RISK,
    Remedy.HOST_TIMEOUT: Outcome.HOST_TIMEOUT,
    Remedy.NOT_FOUND: Outcome.NOT_FOUND,
    Remedy.FOLLOW_UP: Outcome.UNKNOWN,
    Remedy.GATEWAY: Outcome.UNKNOWN,
}
"""What an inquiry usually says in the end. UNKNOWN: the code tells nothing about that."""

ENGLISH: Final[Mapping[Remedy, Advice]] = {
    Remedy.TERMINAL: Advice(
        "Check the terminal's credentials",
        "The Tranportal ID, its password and the resource key do not fit together, or belong to the other "
        "environment. Compare all three with what the bank gave you for test or for live. The key has exactly 16 "
        "characters and no blank at its end. No customer can pay until this is mended.",
    ),
    Remedy.REQUEST: Advice(
        "Check the settings, then report it",
        "KNET refused something in the message that Fils wrote. Check the base url (https, a public name, the one "
        "the bank knows) and the terminal's settings. If they are right it is a bug of Fils: report it with the code "
        "and the track id.",
    ),
    Remedy.BANK: Advice(
        "Ask the bank",
        "Something is switched off or not set up on the bank's side, for this terminal, merchant or way to pay. "
        "Only the bank can change that: tell it the code, the Tranportal ID and the time. It did not carry the "
        "request out.",
    ),
    Remedy.RECEIVER: Advice(
        "Make Fils reachable for KNET",
        "KNET could not deliver how the payment ended, so it takes the money back by itself. Check that the base url "
        "is reachable from the internet on port 443, that its certificate is valid, and that this very certificate "
        "with its chain is registered with KNET; a renewed one has to be announced.",
    ),
    Remedy.PAGE: Advice(
        "Nothing to fix: go by the payment's status",
        "The customer's page was old, incomplete, open twice or sent again. The code says nothing about the money: "
        "the payment may be paid already. Fils asks KNET. If nothing was paid, the customer can open the link again.",
    ),
    Remedy.TIME_OVER: Advice(
        "Nothing to fix: the time was over",
        "The time of KNET's page ran out before the customer finished. The customer can open the link again while it "
        "is valid, or pay anew from the shop.",
    ),
    Remedy.CANCELLED: Advice(
        "Nothing to fix: the customer cancelled",
        "The customer chose not to pay, and can pay anew from the shop.",
    ),
    Remedy.CARD: Advice(
        "Customer: check the entries, or take another card",
        "What the customer entered was refused, or the card cannot be used here. The customer can try again, take "
        "another card, or ask the bank that issued it.",
    ),
    Remedy.AUTHENTICATION: Advice(
        "Customer: try again, or take another card",
        "A step of 3-D Secure failed before the payment. The customer can try again or take another card. If it "
        "happens to many, tell the bank: KNET's own debit cards are confirmed by their PIN and need no 3-D Secure.",
    ),
    Remedy.RISK: Advice(
        "Customer: take another card, or ask the bank",
        "A risk rule or a limit of KNET or the bank stopped the payment. The customer can take another card or another "
        "connection to the internet, or pay a sum within the limit. If honest customers are stopped, ask the bank.",
    ),
    Remedy.HOST_TIMEOUT: Advice(
        "Treat as unknown: wait for the inquiry",
        "The bank's host did not answer KNET in time, so nobody knows yet whether money moved. Fils asks KNET until "
        "it knows. Do not charge again and do not cancel the order meanwhile.",
    ),
    Remedy.NOT_FOUND: Advice(
        "Not yet, or never: wait for the inquiry",
        "KNET has no such transaction. As long as the customer can still be on KNET's page that means not yet, so "
        "Fils asks again until then. If it stays so, nothing was paid. In answer to a refund it means that the "
        "original was not named rightly.",
    ),
    Remedy.FOLLOW_UP: Advice(
        "Look in the bank's report before you try again",
        "KNET refused a refund or an inquiry; no customer waits for it. Compare amount, currency and ids with the "
        "original payment, and look in the bank's report whether it happened after all: a repeated refund can be "
        "paid twice.",
    ),
    Remedy.GATEWAY: Advice(
        "Treat as unknown; if it comes often, tell the bank",
        "A step inside KNET's gateway failed, which tells nothing about the money. Fils asks KNET until it knows. Do "
        "not charge again and do not cancel the order meanwhile.",
    ),
}

ARABIC: Final[Mapping[Remedy, Advice]] = {
    Remedy.TERMINAL: Advice(
        "راجع بيانات الطرفية",
        "رقم Tranportal أو كلمة مروره أو مفتاح الطرفية غير متوافقة، أو تخص البيئة الأخرى. قارنها جميعاً بما سلّمه لك "
        "البنك لبيئة الاختبار أو للبيئة الفعلية. طول المفتاح 16 حرفاً تماماً دون فراغ في آخره. لن يتمكن أي عميل من "
        "الدفع قبل تصحيح ذلك.",
    ),
    Remedy.REQUEST: Advice(
        "راجع الإعدادات، ثم أبلغ عن الخلل",
        "رفضت كي نت شيئاً في الرسالة التي كتبها Fils. راجع عنوان Fils (https واسم عام يعرفه البنك) وإعدادات الطرفية. "
        "إذا كانت صحيحة فهذا خلل في Fils: أبلغ عنه مع الرمز ورقم التتبع.",
    ),
    Remedy.BANK: Advice(
        "راجع البنك",
        "هناك خدمة متوقفة أو غير مهيأة لدى البنك لهذه الطرفية أو لهذا التاجر أو لوسيلة الدفع هذه. البنك وحده يستطيع "
        "تغيير ذلك: أبلغه بالرمز ورقم Tranportal والوقت. لم يُنفَّذ الطلب.",
    ),
    Remedy.RECEIVER: Advice(
        "اجعل Fils متاحاً لكي نت",
        "لم تتمكن كي نت من إبلاغ Fils بالنتيجة، ولذلك تعيد المبلغ تلقائياً. تأكد من أن العنوان متاح من الإنترنت على "
        "المنفذ 443، وأن شهادته صالحة، وأن هذه الشهادة نفسها مع سلسلتها مسجلة لدى كي نت؛ ويجب الإبلاغ مسبقاً عن أي "
        "شهادة جديدة.",
    ),
    Remedy.PAGE: Advice(
        "لا شيء لإصلاحه: اعتمد على حالة العملية",
        "كانت صفحة العميل قديمة أو ناقصة أو مفتوحة مرتين أو أُرسلت من جديد. لا يدل الرمز على شيء بشأن المبلغ، فقد تكون "
        "العملية مدفوعة. يستعلم Fils من كي نت، وإذا لم يُدفع شيء فيمكن للعميل فتح الرابط مرة أخرى.",
    ),
    Remedy.TIME_OVER: Advice(
        "لا شيء لإصلاحه: انتهى الوقت",
        "انتهى وقت صفحة كي نت قبل أن يكمل العميل الدفع. يمكنه فتح الرابط مرة أخرى ما دام صالحاً، أو الدفع من المتجر من "
        "جديد.",
    ),
    Remedy.CANCELLED: Advice(
        "لا شيء لإصلاحه: ألغى العميل العملية",
        "اختار العميل عدم الدفع، ويمكنه الدفع من المتجر من جديد.",
    ),
    Remedy.CARD: Advice(
        "العميل: يراجع البيانات أو يستخدم بطاقة أخرى",
        "رُفض ما أدخله العميل، أو لا يمكن استخدام بطاقته هنا. يمكنه المحاولة مرة أخرى أو استخدام بطاقة "
        "أخرى أو الاستفسار من البنك الذي أصدرها.",
    ),
    Remedy.AUTHENTICATION: Advice(
        "العميل: يحاول مرة أخرى أو يستخدم بطاقة أخرى",
        "تعثرت خطوة من خطوات 3-D Secure قبل الدفع. يمكن للعميل المحاولة مرة أخرى أو استخدام بطاقة أخرى. إذا تكرر ذلك "
        "فأبلغ البنك: بطاقات كي نت تُؤكَّد بالرقم السري ولا تحتاج إلى 3-D Secure.",
    ),
    Remedy.RISK: Advice(
        "العميل: يستخدم بطاقة أخرى أو يراجع البنك",
        "أوقفت العملية إحدى قواعد المخاطر أو أحد الحدود لدى كي نت أو البنك. يمكن للعميل استخدام بطاقة أخرى أو اتصال "
        "آخر بالإنترنت، أو دفع مبلغ ضمن الحد. إذا كان ذلك يوقف عملاء حقيقيين فراجع البنك.",
    ),
    Remedy.HOST_TIMEOUT: Advice(
        "النتيجة غير معروفة: انتظر الاستعلام",
        "لم يرد نظام البنك على كي نت في الوقت المحدد، فلا أحد يعرف بعد هل خُصم المبلغ. يستعلم Fils من كي نت حتى تُعرف "
        "النتيجة. لا تطلب الدفع مرة أخرى ولا تلغِ الطلب قبل ذلك.",
    ),
    Remedy.NOT_FOUND: Advice(
        "ليس بعد، أو أبداً: انتظر الاستعلام",
        "لا توجد هذه العملية لدى كي نت. ما دام العميل قد يكون في صفحة كي نت فمعنى ذلك «ليس بعد»، ولذلك يعيد Fils "
        "الاستعلام. إذا بقي الجواب كذلك فلم يُدفع شيء. وإذا جاء رداً على طلب إرجاع فمعناه أن العملية الأصلية لم تُحدَّد "
        "تحديداً صحيحاً.",
    ),
    Remedy.FOLLOW_UP: Advice(
        "راجع تقرير البنك قبل أي محاولة أخرى",
        "رفضت كي نت طلب إرجاع أو استعلام، ولا ينتظره أي عميل. قارن المبلغ والعملة والأرقام بالعملية الأصلية، وابحث في "
        "تقرير البنك عمّا إذا كان الطلب قد نُفّذ: فقد يُدفع الإرجاع المكرر مرتين.",
    ),
    Remedy.GATEWAY: Advice(
        "النتيجة غير معروفة؛ إذا تكرر الرمز فأبلغ البنك",
        "تعثرت خطوة داخل بوابة كي نت، وهذا لا يدل على شيء بشأن المبلغ. يستعلم Fils من كي نت حتى تُعرف النتيجة. لا تطلب "
        "الدفع مرة أخرى ولا تلغِ الطلب قبل ذلك.",
    ),
}
