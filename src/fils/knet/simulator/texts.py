"""
Every word on the simulator's pages, in English and in Arabic.

Labels follow the words KNET's page is known to use; the sentences are ours. Markup stays in the templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fils.knet.simulator.cards import CardFault
from fils.knet.simulator.faults import InquiryFault, NotificationFault
from fils.knet.simulator.otp import OtpFault
from fils.knet.simulator.outcomes import CardKind
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
    go_on: str
    handover_title: str
    handover: str
    closed_title: str
    closed: str
    confirm_lead: str
    otp: str
    otp_note: str
    otp_hint: str
    resend: str
    otp_faults: Mapping[OtpFault, str]
    approves: str
    declines: str
    any_card: str
    never_real: str
    faults_title: str
    faults: Mapping[CardFault, str]
    panel_mark: str
    panel_title: str
    panel_wrong_title: str
    panel_wrong_lead: str
    panel_set: str
    panel_is_set: str
    notification: str
    notification_words: Mapping[NotificationFault, str]
    inquiry: str
    inquiry_words: Mapping[InquiryFault, str]
    error_after_success: str
    cancel_at_error_url: str
    wrong_amount: str
    panel_cards_title: str
    panel_cards_lead: str
    card_words: Mapping[CardKind, str]
    test_card: str
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
    go_on="Go on with this payment",
    handover_title="Go back to the merchant",
    handover="The bank is done with this payment. The merchant learns how it ended when you press the button.",
    closed_title="The browser was closed here",
    closed="The bank is done with this payment, and no browser tells the merchant how it ended.",
    confirm_lead="Nothing has been paid yet.",
    otp="One-time password (OTP)",
    otp_note="The one-time password is {otp}. A real bank would send it to the customer's telephone.",
    otp_hint="Six digits, sent at {time} in Kuwait, good for {minutes} minutes",
    resend="Resend OTP",
    otp_faults={
        OtpFault.MISSING: "Enter the six digits of the one-time password.",
        OtpFault.EXPIRED: "The time of this one-time password is over. Press Resend OTP.",
        OtpFault.WRONG: "This is not the one-time password. Tries left: {tries}.",
    },
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
    panel_mark="SIMULATOR ONLY",
    panel_title="Test cards, and what should go wrong",
    panel_wrong_title="What should go wrong with this payment",
    panel_wrong_lead="Choose before you pay. It holds for this payment alone.",
    panel_set="Set for this payment",
    panel_is_set="Something is set to go wrong",
    notification="The news to the merchant",
    notification_words={
        NotificationFault.NONE: "arrives as it should",
        NotificationFault.LOST: "never arrives",
        NotificationFault.LATE: "arrives {delay} seconds late",
        NotificationFault.REPEATED: "arrives {count} times",
        NotificationFault.AFTER_RETURN: "arrives {delay} seconds after the customer is back",
        NotificationFault.TAMPERED: "arrives with one bit changed",
    },
    inquiry="The merchant's inquiry",
    inquiry_words={
        InquiryFault.NONE: "is answered as it should be",
        InquiryFault.DOWN: "gets no answer (503)",
        InquiryFault.SLOW: "is answered after {delay} seconds",
        InquiryFault.SUSPECT: "is answered “suspect”",
        InquiryFault.STALE: "is answered with what held before",
        InquiryFault.WRONG_AMOUNT: "is answered with another amount",
    },
    error_after_success="After a paid order, send the customer to the merchant's error page",
    cancel_at_error_url="Tell of a cancelled order at the merchant's error page",
    wrong_amount="Charge another amount than the merchant asked for",
    panel_cards_title="Test cards",
    panel_cards_lead="A button fills in the card and the approved expiry; any PIN will do."
    " With any other expiry each card is declined.",
    card_words={
        CardKind.ORDINARY: "Approved, as any number that is not below",
        CardKind.DO_NOT_HONOUR: "Declined by the bank",
        CardKind.INSUFFICIENT_FUNDS: "Not enough money",
        CardKind.EXPIRED_CARD: "Card has expired",
        CardKind.WRONG_PIN: "Wrong PIN",
        CardKind.AMOUNT_LIMIT: "Over the card's limit",
        CardKind.RESTRICTED_CARD: "Restricted card",
        CardKind.USE_LIMIT: "Used too often",
        CardKind.PIN_TRIES: "Too many wrong PINs",
        CardKind.ISSUER_DOWN: "Customer's bank cannot be reached",
        CardKind.RISK: "Refused by risk rules",
        CardKind.OTP: "Asks for a one-time password",
        CardKind.HOST_TIMEOUT: "No answer in time, never paid",
        CardKind.LATE_CAPTURE: "No answer in time, paid after all",
        CardKind.UNDELIVERABLE: "Paid, and the merchant cannot be told",
    },
    test_card="Test card: {does}.",
    error_code="Error code",
    error_texts={
        "IPAY0100040": "This payment is open in another tab or window, with another card. Nothing was charged.",
        "IPAY0100041": "There is no payment of this number.",
        "IPAY0100042": "The time for this payment is over. Nothing was charged. Start again at the merchant.",
        "IPAY0100047": "This payment has already been dealt with. Nothing more was charged.",
        "IPAY0100055": "This payment has already been dealt with. Nothing more was charged.",
        "IPAY0100114": "This order has already been dealt with. Nothing more was charged.",
        "IPAY0100249": "The merchant could not be told about this payment, so it was not completed."
        " Anything that was charged is given back.",
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
    go_on="متابعة هذه العملية",
    handover_title="العودة إلى المستفيد",
    handover="انتهى البنك من هذه العملية. لن يعرف المستفيد نتيجتها حتى تضغط على الزر.",
    closed_title="أُغلق المتصفح هنا",
    closed="انتهى البنك من هذه العملية، ولن يُبلغ أي متصفح المستفيد بنتيجتها.",
    confirm_lead="لم يُدفع شيء حتى الآن.",
    otp="رمز التحقق (OTP)",
    otp_note="رمز التحقق هو {otp}. البنك الحقيقي يرسله إلى هاتف العميل.",
    otp_hint="ستة أرقام، أُرسلت الساعة {time} بتوقيت الكويت وتصلح لمدة {minutes} دقائق",
    resend="إعادة إرسال الرمز",
    otp_faults={
        OtpFault.MISSING: "أدخل أرقام رمز التحقق الستة.",
        OtpFault.EXPIRED: "انتهت صلاحية رمز التحقق. اضغط على «إعادة إرسال الرمز».",
        OtpFault.WRONG: "رمز التحقق غير صحيح. المحاولات المتبقية: {tries}.",
    },
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
    panel_mark="للمحاكي فقط",
    panel_title="بطاقات الاختبار وما يجب أن يتعطل",
    panel_wrong_title="ما الذي يجب أن يتعطل في هذه العملية",
    panel_wrong_lead="اختر قبل الدفع. يسري الاختيار على هذه العملية وحدها.",
    panel_set="تطبيق على هذه العملية",
    panel_is_set="تم اختيار عطل",
    notification="إبلاغ المستفيد بالنتيجة",
    notification_words={
        NotificationFault.NONE: "يصل كما ينبغي",
        NotificationFault.LOST: "لا يصل أبداً",
        NotificationFault.LATE: "يصل متأخراً {delay} ثانية",
        NotificationFault.REPEATED: "يتكرر وصوله، العدد: {count}",
        NotificationFault.AFTER_RETURN: "يصل بعد عودة العميل بـ {delay} ثانية",
        NotificationFault.TAMPERED: "يصل وقد تغيّر فيه بِت واحد",
    },
    inquiry="استعلام المستفيد",
    inquiry_words={
        InquiryFault.NONE: "يُجاب كما ينبغي",
        InquiryFault.DOWN: "لا يُجاب (503)",
        InquiryFault.SLOW: "يُجاب بعد {delay} ثوانٍ",
        InquiryFault.SUSPECT: "يُجاب بأن العملية مشتبهة",
        InquiryFault.STALE: "يُجاب بما كان قبل ذلك",
        InquiryFault.WRONG_AMOUNT: "يُجاب بمبلغ آخر",
    },
    error_after_success="إرسال العميل إلى صفحة الخطأ لدى المستفيد بعد عملية ناجحة",
    cancel_at_error_url="الإبلاغ عن العملية الملغية في صفحة الخطأ لدى المستفيد",
    wrong_amount="خصم مبلغ غير الذي طلبه المستفيد",
    panel_cards_title="بطاقات الاختبار",
    panel_cards_lead="يملأ الزر بيانات البطاقة وتاريخ الانتهاء المقبول، وأي رقم سري يصلح."
    " وتُرفض كل بطاقة بأي تاريخ آخر.",
    card_words={
        CardKind.ORDINARY: "مقبولة، وكذلك أي رقم غير مذكور أدناه",
        CardKind.DO_NOT_HONOUR: "رفضها البنك",
        CardKind.INSUFFICIENT_FUNDS: "الرصيد غير كافٍ",
        CardKind.EXPIRED_CARD: "البطاقة منتهية",
        CardKind.WRONG_PIN: "الرقم السري خاطئ",
        CardKind.AMOUNT_LIMIT: "تجاوز حد المبلغ",
        CardKind.RESTRICTED_CARD: "بطاقة مقيدة",
        CardKind.USE_LIMIT: "تجاوز عدد مرات الاستخدام",
        CardKind.PIN_TRIES: "تجاوز محاولات الرقم السري",
        CardKind.ISSUER_DOWN: "تعذر الوصول إلى بنك العميل",
        CardKind.RISK: "رفضتها قواعد المخاطر",
        CardKind.OTP: "تطلب رمز تحقق",
        CardKind.HOST_TIMEOUT: "انتهى الوقت دون رد ولم يُدفع شيء",
        CardKind.LATE_CAPTURE: "انتهى الوقت دون رد ثم تم الدفع",
        CardKind.UNDELIVERABLE: "تم الدفع وتعذر إبلاغ المستفيد",
    },
    test_card="بطاقة اختبار: {does}.",
    error_code="رمز الخطأ",
    error_texts={
        "IPAY0100040": "هذه العملية مفتوحة في نافذة أخرى ببطاقة أخرى، ولم يُخصم أي مبلغ.",
        "IPAY0100041": "لا توجد عملية دفع بهذا الرقم.",
        "IPAY0100042": "انتهى وقت هذه العملية ولم يُخصم أي مبلغ. ابدأ من جديد لدى المستفيد.",
        "IPAY0100047": "تم إنهاء هذه العملية من قبل ولم يُخصم أي مبلغ إضافي.",
        "IPAY0100055": "تم إنهاء هذه العملية من قبل ولم يُخصم أي مبلغ إضافي.",
        "IPAY0100114": "تم إنهاء هذا الطلب من قبل ولم يُخصم أي مبلغ إضافي.",
        "IPAY0100249": "تعذر إبلاغ المستفيد بهذه العملية فلم تكتمل، ويُعاد أي مبلغ خُصم.",
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
