"""
Every word on the simulator's pages, in English and in Arabic.

Labels follow the words KNET's page is known to use; the sentences are ours. Markup stays in the templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fils.knet.simulator.cards import CardFault
from fils.knet.wire import ERROR_CODES, Language


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of one language. Both languages have all of them, or the program does not type-check."""

    code: str
    """For ``<html lang>``."""
    direction: str
    """For ``<html dir>``."""
    simulator: str
    simulator_note: str
    card_title: str
    confirm_title: str
    error_title: str
    merchant: str
    website: str
    amount: str
    payment_id: str
    order: str
    card: str
    bank: str
    choose_bank: str
    test_bank: str
    number: str
    prefix: str
    number_rest: str
    number_hint: str
    expiry: str
    month: str
    year: str
    pin: str
    pin_hint: str
    submit: str
    reset: str
    cancel: str
    confirm: str
    back: str
    return_to_merchant: str
    handover_title: str
    handover: str
    closed_title: str
    closed: str
    confirm_lead: str
    approves: str
    declines: str
    any_card: str
    never_real: str
    faults_title: str
    faults: Mapping[CardFault, str]
    error_code: str
    error_texts: Mapping[str, str]
    """For the errors a customer may really meet; the others get *error_other*."""
    error_other: str
    unavailable_title: str
    unavailable: str


_ENGLISH: Final = Texts(
    code="en",
    direction="ltr",
    simulator="SIMULATOR",
    simulator_note="No bank is behind this page and no money moves.",
    card_title="Pay by debit card",
    confirm_title="Check and confirm",
    error_title="This payment cannot go on",
    merchant="Merchant",
    website="Website",
    amount="Amount",
    payment_id="Payment ID",
    order="Payment",
    card="Card",
    bank="Bank",
    choose_bank="Select your bank",
    test_bank="Knet Test Card [KNET1]",
    number="Card number",
    prefix="Prefix",
    number_rest="Remaining 10 digits",
    number_hint="Ten digits of your choice, for example 0000000001",
    expiry="Expiry date",
    month="Month",
    year="Year",
    pin="PIN",
    pin_hint="Any four digits; they are forgotten at once",
    submit="Submit",
    reset="Reset",
    cancel="Cancel",
    confirm="Confirm",
    back="Back",
    return_to_merchant="Return to the merchant",
    handover_title="Go back to the merchant",
    handover="The bank is done with this payment. The merchant learns how it ended when you press the button.",
    closed_title="The browser was closed here",
    closed="The bank is done with this payment, and no browser tells the merchant how it ended.",
    confirm_lead="Nothing has been paid yet.",
    approves="Expiry {expiry} is approved.",
    declines="Any other expiry is declined.",
    any_card="Take any ten digits and any PIN.",
    never_real="Never type the number of a real card.",
    faults_title="Please correct the following",
    faults={
        CardFault.NO_BANK: "Select the test bank.",
        CardFault.NOT_TEST_PREFIX: "Only test cards are taken: the prefix is 888888.",
        CardFault.NUMBER_WRONG: "Enter the remaining ten digits of the card number.",
        CardFault.NO_EXPIRY: "Select the month and the year of the expiry date.",
        CardFault.PIN_WRONG: "Enter a PIN of four digits.",
    },
    error_code="Error code",
    error_texts={
        "IPAY0100041": "There is no payment of this number.",
        "IPAY0100042": "The time for this payment is over. Nothing was charged. Start again at the merchant.",
        "IPAY0100047": "This payment has already been dealt with. Nothing more was charged.",
        "IPAY0100055": "This payment has already been dealt with. Nothing more was charged.",
        "IPAY0100114": "This order has already been dealt with. Nothing more was charged.",
        "IPAY0100249": "The merchant could not be told about this payment, so it was not completed."
        " Anything that had been charged was given back.",
    },
    error_other="The request was refused. Nothing was charged.",
    unavailable_title="The bank is not available",
    unavailable="The simulated bank cannot open its books. Reload this page in a moment.",
)

_ARABIC: Final = Texts(
    code="ar",
    direction="rtl",
    simulator="محاكي",
    simulator_note="لا يوجد بنك خلف هذه الصفحة ولا تُنقل أي أموال.",
    card_title="الدفع ببطاقة الصرف الآلي",
    confirm_title="المراجعة والتأكيد",
    error_title="لا يمكن متابعة هذه العملية",
    merchant="المستفيد",
    website="الموقع الإلكتروني",
    amount="المبلغ",
    payment_id="رقم الدفع",
    order="العملية",
    card="البطاقة",
    bank="البنك",
    choose_bank="يرجى اختيار البنك",
    test_bank="بنك اختبار كنيت [KNET1]",
    number="رقم بطاقة الصرف الآلي",
    prefix="البادئة",
    number_rest="الأرقام العشرة المتبقية",
    number_hint="أي عشرة أرقام، مثلاً ‎0000000001",
    expiry="تاريخ إنتهاء البطاقة",
    month="الشهر",
    year="السنة",
    pin="الرقم السري",
    pin_hint="أي أربعة أرقام، ولا يُحتفظ بها",
    submit="إرسال",
    reset="مسح",
    cancel="إلغاء",
    confirm="تأكيد",
    back="رجوع",
    return_to_merchant="العودة إلى المستفيد",
    handover_title="العودة إلى المستفيد",
    handover="انتهى البنك من هذه العملية. لن يعرف المستفيد نتيجتها حتى تضغط على الزر.",
    closed_title="أُغلق المتصفح هنا",
    closed="انتهى البنك من هذه العملية، ولن يُبلغ أي متصفح المستفيد بنتيجتها.",
    confirm_lead="لم يُدفع شيء حتى الآن.",
    approves="تُقبل البطاقة بتاريخ الانتهاء {expiry}.",
    declines="ويُرفض أي تاريخ آخر.",
    any_card="اختر أي عشرة أرقام وأي رقم سري.",
    never_real="لا تكتب أبداً رقم بطاقة حقيقية.",
    faults_title="يرجى تصحيح ما يلي",
    faults={
        CardFault.NO_BANK: "اختر بنك الاختبار.",
        CardFault.NOT_TEST_PREFIX: "تُقبل بطاقات الاختبار فقط، وبادئتها 888888.",
        CardFault.NUMBER_WRONG: "أدخل الأرقام العشرة المتبقية من رقم البطاقة.",
        CardFault.NO_EXPIRY: "اختر شهر وسنة انتهاء البطاقة.",
        CardFault.PIN_WRONG: "أدخل رقماً سرياً من أربعة أرقام.",
    },
    error_code="رمز الخطأ",
    error_texts={
        "IPAY0100041": "لا توجد عملية دفع بهذا الرقم.",
        "IPAY0100042": "انتهى وقت هذه العملية ولم يُخصم أي مبلغ. ابدأ من جديد لدى المستفيد.",
        "IPAY0100047": "تم إنهاء هذه العملية من قبل ولم يُخصم أي مبلغ إضافي.",
        "IPAY0100055": "تم إنهاء هذه العملية من قبل ولم يُخصم أي مبلغ إضافي.",
        "IPAY0100114": "تم إنهاء هذا الطلب من قبل ولم يُخصم أي مبلغ إضافي.",
        "IPAY0100249": "تعذر إبلاغ المستفيد بهذه العملية فلم تكتمل، وأُعيد أي مبلغ خُصم.",
    },
    error_other="رُفض الطلب ولم يُخصم أي مبلغ.",
    unavailable_title="البنك غير متاح",
    unavailable="تعذر على البنك المحاكي فتح دفاتره. أعد تحميل هذه الصفحة بعد قليل.",
)

TEXTS: Final[Mapping[Language, Texts]] = {Language.ENGLISH: _ENGLISH, Language.ARABIC: _ARABIC}
"""The words by language."""


def error_words(code: str) -> str:
    """Return the English words that go with a code in ``ErrorText``; never empty."""
    return ERROR_CODES.get(code, "Error")
