"""Every fault of a start message and KNET's code for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from fils.domain.money import KWD, Money
from fils.knet.simulator.orders import NewOrder
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.start import StartRefused, read_start
from fils.knet.wire import Language, PaymentRequest, TerminalKey, encrypt, payment_start_url

KEY = TerminalKey("SIMKEY0123456789")
RESPONSE_URL = "http://127.0.0.1:4140/knet/notifications/999901"
ERROR_URL = "http://127.0.0.1:4140/knet/errors/999901"
TERMINAL = SimulatorTerminal("999901", "simpass01", KEY, frozenset({"http://127.0.0.1:4140"}))
SETTINGS = SimulatorSettings(Path("unused"), (TERMINAL,))
LENIENT = replace(SETTINGS, strict_characters=False)

INNER = {
    "id": "999901",
    "password": "simpass01",
    "action": "1",
    "langid": "EN",
    "currencycode": "414",
    "amt": "1.500",
    "responseURL": RESPONSE_URL,
    "errorURL": ERROR_URL,
    "trackid": "TRK0000000001",
    "udf1": "order7",
    "udf2": "",
    "udf3": "",
    "udf4": "",
    "udf5": "",
}


def outer(**changes: str) -> dict[str, str]:
    """The parameters in clear, around the inner fields with *changes*."""
    plaintext = "&".join(f"{name}={value}" for name, value in (INNER | changes).items())
    return {
        "tranportalId": "999901",
        "trandata": encrypt(plaintext, KEY),
        "responseURL": (INNER | changes)["responseURL"],
        "errorURL": (INNER | changes)["errorURL"],
    }


def code_of(parameters: dict[str, str], settings: SimulatorSettings = SETTINGS) -> str:
    read = read_start(parameters, settings)
    assert isinstance(read, StartRefused)
    return read.code


def test_start_that_our_own_wire_writes_becomes_an_order() -> None:
    message = PaymentRequest(
        "999901",
        "simpass01",
        Language.ARABIC,
        Money(1_500, KWD),
        RESPONSE_URL,
        ERROR_URL,
        "TRK1",
        udf1="order7",
    )
    url = payment_start_url("http://127.0.0.1:4140/kpg", message, KEY)

    read = read_start(dict(parse_qsl(urlsplit(url).query)), SETTINGS)

    assert read == NewOrder(
        "999901",
        "TRK1",
        Money(1_500, KWD),
        Language.ARABIC,
        RESPONSE_URL,
        ERROR_URL,
        ("order7", "", "", "", ""),
    )


def test_documented_vector_of_another_client_becomes_an_order() -> None:
    trandata = (
        "70c02c0f67b3748705d4b0c495541e4da3f97b4e70a5b64c8143e8a580c2071a03ee959895d10d9a6812dd03f75989da"
        "d588cff391b1a89e9b34f6b62b5388678c8ce9928205bb4b6acbd8a83194b7590cee0e06ba88bb806aef81f97b11e882"
        "a399a6e3b5eb67d5f53a935d582498802f38c3fe37e8bf604affb2a20632eae364232e51fa7ddf046d93b6e91ef0a105"
        "18ffff3a438c5aeea4315ad92c6bacd896c08d3294553056af238d1b51ad008c07e001ece7b80dc60c72e403029fbdbb"
        "e2d1b5092a107e5bdbc5d547e24bb56bbfe6a10de5194e2c4baa4ca7c99aa2a209acdb38cda984827885c1f9b068b75a"
    )
    terminal = replace(TERMINAL, error_origins=frozenset({"https://merchant.example"}))
    settings = replace(SETTINGS, terminals=(terminal,), allowed_hosts=frozenset({"merchant.example"}))
    parameters = {
        "tranportalId": "999901",
        "trandata": trandata.upper(),
        "responseURL": "https://merchant.example/knet/response",
        "errorURL": "https://merchant.example/knet/error",
    }

    read = read_start(parameters, settings)

    assert isinstance(read, NewOrder)
    assert (read.track_id, read.amount) == ("TRK0000000001", Money(1_500, KWD))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"errorURL": ""}, "001"),
        ({"errorURL": "ftp://127.0.0.1/x"}, "002"),
        ({"errorURL": "http://127.0.0.1:4140/x?a=b"}, "002"),
        ({"errorURL": "http://u:p@127.0.0.1:4140/x"}, "002"),
        ({"errorURL": "http://127.0.0.1:4140\\@evil.example/"}, "002"),
        ({"errorURL": "http://127.0.0.1:99999/x"}, "002"),
        ({"errorURL": "http://evil.example/x"}, "002"),
        ({"errorURL": "http://127.0.0.1:4140/" + "x" * 255}, "002"),
        ({"responseURL": ""}, "003"),
        ({"responseURL": "/relative"}, "004"),
        ({"responseURL": "http://10.0.0.7/x"}, "004"),
        ({"responseURL": "http://localhost.evil.example/x"}, "004"),
        ({"tranportalId": ""}, "005"),
        ({"tranportalId": "999902"}, "006"),
        ({"trandata": ""}, "007"),
        ({"trandata": "00" * 32}, "176"),
        ({"trandata": "not hex"}, "176"),
        ({"trandata": encrypt("no equals sign", KEY)}, "013"),
        ({"trandata": encrypt("id=1&id=2", KEY)}, "013"),
        ({"trandata": encrypt("", KEY)}, "215"),
    ],
)
def test_each_fault_in_clear_has_its_code(changes: dict[str, str], code: str) -> None:
    assert code_of(outer() | changes) == f"IPAY0100{code}"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "999902"}, "215"),
        ({"password": "simpass02"}, "015"),
        ({"action": ""}, "020"),
        ({"action": "9"}, "020"),
        ({"action": "2"}, "033"),
        ({"langid": "FR"}, "026"),
        ({"currencycode": ""}, "021"),
        ({"currencycode": "840"}, "022"),
        ({"amt": ""}, "023"),
        ({"amt": "1,500"}, "024"),
        ({"amt": "0.000"}, "024"),
        ({"amt": "-1.500"}, "024"),
        ({"amt": "1000000.000"}, "024"),
        ({"amt": "1.5001"}, "025"),
        ({"trackid": ""}, "027"),
        ({"trackid": "TRK-1"}, "027"),
        ({"trackid": "A" * 41}, "027"),
        ({"udf1": "a@b"}, "028"),
        ({"udf2": "a/b"}, "029"),
        ({"udf3": "x" * 256}, "030"),
        ({"udf4": "<b>"}, "031"),
        ({"udf5": "a;b"}, "032"),
    ],
)
def test_each_fault_inside_has_its_code(changes: dict[str, str], code: str) -> None:
    assert code_of(outer(**changes)) == f"IPAY0100{code}"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"errorURL": "http://127.0.0.1:4140/other"}, "002"),
        ({"responseURL": "http://127.0.0.1:4140/other"}, "004"),
    ],
)
def test_urls_in_clear_must_be_those_inside(changes: dict[str, str], code: str) -> None:
    assert code_of(outer() | changes) == f"IPAY0100{code}"


@pytest.mark.parametrize("spelling", ["EN", "USA", "ENG"])
def test_every_spelling_of_english_is_taken(spelling: str) -> None:
    read = read_start(outer(langid=spelling), SETTINGS)

    assert isinstance(read, NewOrder)
    assert read.language is Language.ENGLISH


@pytest.mark.parametrize(("text", "fils"), [("1.5", 1_500), ("10", 10_000), ("0.001", 1)])
def test_amount_with_fewer_decimals_is_taken(text: str, fils: int) -> None:
    read = read_start(outer(amt=text), SETTINGS)

    assert isinstance(read, NewOrder)
    assert read.amount == Money(fils, KWD)


def test_lenient_bank_takes_hyphens_and_mail_addresses() -> None:
    read = read_start(outer(trackid="a-b_c", udf2="who@shop.example"), LENIENT)

    assert isinstance(read, NewOrder)
    assert (read.track_id, read.user_fields[1]) == ("a-b_c", "who@shop.example")


def test_lenient_bank_refuses_what_it_cannot_echo() -> None:
    # An Arabic letter, form-encoded: the wire's answers are ASCII.
    assert code_of(outer(udf2="%D9%82"), LENIENT) == "IPAY0100029"


def test_fault_is_reported_at_a_registered_error_url_with_what_can_be_echoed() -> None:
    refused = read_start(outer(amt="1,500"), SETTINGS)

    assert refused == StartRefused("IPAY0100024", ERROR_URL, "TRK0000000001", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"tranportalId": "999902"},
        {"errorURL": "http://evil.example/x"},
        {"errorURL": "http://127.0.0.1:4141/x"},
    ],
    ids=["unknown terminal", "another host", "another port"],
)
def test_unregistered_error_url_is_never_used(changes: dict[str, str]) -> None:
    refused = read_start(outer() | changes, SETTINGS)

    assert isinstance(refused, StartRefused)
    assert refused.error_url is None


def test_faults_in_clear_are_reported_in_a_fixed_order() -> None:
    inactive = replace(SETTINGS, terminals=(replace(TERMINAL, active=False),))
    parameters = {"errorURL": "", "responseURL": "", "tranportalId": "", "trandata": ""}
    changes: list[dict[str, str]] = [
        {},
        {"errorURL": "/e"},
        {"errorURL": ERROR_URL},
        {"responseURL": "/r"},
        {"responseURL": RESPONSE_URL},
        {"tranportalId": "999902"},
        {"tranportalId": "999901"},
        {"trandata": "00"},
    ]
    found = []
    for change in changes:
        parameters |= change
        found.append(code_of(parameters, inactive).removeprefix("IPAY0100"))

    assert found == ["001", "002", "003", "004", "005", "006", "007", "017"]
    assert code_of(parameters) == "IPAY0100176"


def test_faults_inside_are_reported_in_a_fixed_order() -> None:
    wrong = {"id": "999902", "password": "", "action": "", "langid": "", "currencycode": "", "amt": ""}
    wrong["trackid"] = ""
    wrong |= {f"udf{number}": "@" for number in range(1, 6)}
    found = []
    for name in tuple(wrong):
        found.append(code_of(outer(**wrong)).removeprefix("IPAY0100"))
        wrong[name] = INNER[name]

    assert found == ["215", "015", "020", "026", "021", "023", "027", "028", "029", "030", "031", "032"]
    assert isinstance(read_start(outer(**wrong), SETTINGS), NewOrder)
