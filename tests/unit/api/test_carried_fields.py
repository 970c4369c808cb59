"""Every line of the page about the fields that Fils carries, tried: the right value, and each wrong one by its code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from fils.api.schemas.reading import WRONG_PARTS_MAX
from fils.api.schemas.setup import CARRIED
from fils.api.schemas.setup_terms import read_setup_terms
from fils.domain.customer import Phone
from fils.domain.identifiers import CustomerId
from fils.domain.payment_setup import CustomerTerms
from tests.architecture.modules import ROOT
from tests.support.api_client import documented_request
from tests.support.full_setup import FULL_SETUP

PAGE = (ROOT / "docs" / "reference" / "carried-fields.md").read_text(encoding="utf-8")
_LINE = re.compile(r"\| `([a-z0-9_.\[\]]+)` \| (.*) \| (`.*`|none) \|")
_TEXT_LIMIT = re.compile(r"(?:of at most|of(?: [0-9]+ to)?) ([0-9 ]+) characters")
_LEAST = re.compile(r"of ([0-9]+) (?:to [0-9]+ )?characters")
_RANGE = re.compile(r"from ([0-9 ]+?)(?: to ([0-9 ]+))?$")


@dataclass(frozen=True)
class Line:
    """One line of the page."""

    path: str
    words: str
    codes: tuple[str, ...]

    def body(self, value: object) -> dict[str, Any]:
        """A body with *value* in this field and nothing else."""
        for name in reversed(self.path.split(".")):
            value = {name.removesuffix("[]"): [value] if name.endswith("[]") else value}
        assert isinstance(value, dict)
        return value


LINES = [Line(path, words, tuple(re.findall("`(.*?)`", codes))) for path, words, codes in _LINE.findall(PAGE)]
CHECKED = [line for line in LINES if line.codes]


def faults(body: object) -> tuple[str, ...]:
    return read_setup_terms(msgspec.json.encode(body))[1]


def told_paths(value: object, path: str = "") -> set[str]:
    """The way to everything in a body, as the page writes it."""
    if isinstance(value, dict):
        inner = {f"{path}.{name}".removeprefix("."): item for name, item in value.items()}
        return set(inner).union(*(told_paths(item, name) for name, item in inner.items()))
    if isinstance(value, list):
        return set().union(*(told_paths(item, f"{path}[]") for item in value))
    return set()


def ids(value: object) -> str:
    return value.path if isinstance(value, Line) else repr(value)


def test_the_page_has_every_object() -> None:
    assert {line.path for line in LINES} >= set(CARRIED)
    assert len(CHECKED) > 150


def test_every_field_of_the_page_is_taken_and_kept_as_it_was_told() -> None:
    missing = {line.path for line in LINES} - told_paths(FULL_SETUP)
    assert not missing
    terms, found = read_setup_terms(msgspec.json.encode(documented_request(**FULL_SETUP)))
    assert (terms.carried, found) == (FULL_SETUP, ())


@pytest.mark.parametrize("line", CHECKED, ids=ids)
def test_a_value_of_another_kind_is_named(line: Line) -> None:
    takes_fractions = "number" in line.words and "whole" not in line.words
    found = faults(line.body("x" if takes_fractions else 0.5))
    assert line.codes[0] in found
    assert faults(documented_request(**line.body(["x"])))


@pytest.mark.parametrize("line", [line for line in CHECKED if _TEXT_LIMIT.search(line.words)], ids=ids)
def test_a_text_is_as_long_as_the_page_says(line: Line) -> None:
    limits = _TEXT_LIMIT.search(line.words)
    assert limits
    most = int(limits[1])
    # An address of e-mail has to look like one.
    longest = "n@" + "x" * (most - 2) if "e-mail" in line.words else "x" * most
    assert line.codes[-1] not in faults(line.body(longest))
    assert line.codes[-1] in faults(line.body(longest + "x"))
    if least := _LEAST.search(line.words):
        shortest = "x" * int(least[1])
        assert line.codes[-1] not in faults(line.body(shortest))
        assert line.codes[-1] in faults(line.body(shortest[:-1]))


@pytest.mark.parametrize("line", [line for line in CHECKED if _RANGE.search(line.words)], ids=ids)
def test_a_number_is_as_large_as_the_page_says(line: Line) -> None:
    limits = _RANGE.search(line.words)
    assert limits
    least = int(limits[1])
    assert line.codes[0] not in faults(line.body(least))
    assert line.codes[0] in faults(line.body(least - 1))
    if limits[2]:
        most = int(limits[2].replace(" ", ""))
        assert line.codes[0] not in faults(line.body(most))
        assert line.codes[0] in faults(line.body(most + 1))


@pytest.mark.parametrize("line", [line for line in LINES if line.words.startswith("`")], ids=ids)
def test_only_the_words_of_the_page_are_taken(line: Line) -> None:
    words = re.findall("`(.*?)`", line.words)
    if line.words.startswith("`cus_`"):
        return
    for word in words:
        assert faults(line.body(word)) == ()
        assert faults(line.body(word.upper())) == (line.codes[0],)


@pytest.mark.parametrize("line", [line for line in LINES if line.words == "date"], ids=ids)
@pytest.mark.parametrize(
    "wrong", ["2026-02-30", "30-04-2026", "2026-4-3", "20260403", "2026-04-03T10:00:00Z", ""]
)
def test_a_date_is_a_day_of_the_calendar(line: Line, wrong: str) -> None:
    assert faults(line.body(wrong)) == (line.codes[0],)


@pytest.mark.parametrize("line", [line for line in LINES if "**required**" in line.words], ids=ids)
def test_what_is_required_is_missed(line: Line) -> None:
    code = line.codes[0].replace("_invalid", "_required")
    assert code in faults(line.body(None))
    assert code in faults(line.body(None) | documented_request())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"customer": {"email": "noura@example.com"}}, "customer_email_invalid"),
        ({"customer": {"email": {"address": "noura"}}}, "customer_email_invalid"),
        ({"customer": {"email": {"address": "a@b@c"}}}, "customer_email_invalid"),
        ({"customer": {"email": {"address": "a b@c"}}}, "customer_email_invalid"),
        ({"customer": {"email": {"address": "a@b\nBcc: c"}}}, "customer_email_invalid"),
        ({"customer": {"id": "r3cajfpbj3ju7jyq7afcg3qc4a"}}, "customer_id_invalid"),
        ({"customer": {"name": "a\x00"}}, "customer_name_invalid"),
        ({"customer": {"country": "KWT"}}, "country_invalid"),
        ({"customer": {"country": "K1"}}, "country_invalid"),
        ({"customer": {"phone": {"number": "5\n000000"}}}, "phone_number_invalid"),
        ({"presentment_details": {"currency": "DINAR"}}, "presentment_details_currency_invalid"),
        ({"terminal": {"local_date_time": "2026-04-30"}}, "terminal_local_date_time_invalid"),
        ({"industry": {"airline_data": {"ticket": 1}}}, "airline_ticket_invalid"),
        ({"order": {"items": [{}, 1]}}, "order_items_invalid"),
        (
            {
                "order": {
                    "amount_allocations": [
                        {"id": "a", "amount": 1, "commission": {"percentage": 1.123456789}},
                    ]
                }
            },
            "commission_percentage_invalid",
        ),
    ],
    ids=ids,
)
def test_a_value_that_only_looks_right_is_named(body: dict[str, object], code: str) -> None:
    assert faults(body) == (code,)


@pytest.mark.parametrize(
    ("amounts", "fits"), [([1000], True), ([999], False), ([600, 400], True), ([], False)]
)
def test_allocations_add_up_to_the_amount(amounts: list[int], fits: bool) -> None:
    allocations = [{"id": "a", "amount": amount} for amount in amounts]
    found = faults(documented_request(order={"amount_allocations": allocations}))
    assert found == (() if fits else ("order_amount_allocations_invalid",))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, "amount_allocations_id_required"),
        ({"id": "a", "amount": 1000}, "order_amount_allocations_invalid"),
    ],
    ids=["empty", "an allocation"],
)
def test_an_object_in_the_place_of_a_list_is_named(told: dict[str, object], code: str) -> None:
    assert code in faults(documented_request(order={"amount_allocations": told}))


def test_every_fault_inside_a_list_is_told_once() -> None:
    items = [{"name": 1}, {"quantity": "x"}, {"name": 2}]
    assert faults({"order": {"items": items}}) == ("items_name_invalid", "items_quantity_invalid")


def test_the_wrong_one_of_many_is_found_and_of_many_wrong_ones_the_first_are() -> None:
    right = [{"name": "x"}] * 3000
    assert faults({"order": {"items": [*right, {"name": 1}]}}) == ("items_name_invalid",)
    wrong = [{"name": 1}] * WRONG_PARTS_MAX
    assert faults({"order": {"items": [*wrong[1:], {"url": 1}]}}) == (
        "items_name_invalid",
        "items_url_invalid",
    )
    assert faults({"order": {"items": [*wrong, {"url": 1}]}}) == ("items_name_invalid",)


def test_the_limits_of_a_percentage_are_exact_to_eight_decimals() -> None:
    for share in (0, 100, 0.00000001, 33.33333333, 99.99999999):
        allocation = {"id": "a", "amount": 1000, "commission": {"percentage": share}}
        assert faults(documented_request(order={"amount_allocations": [allocation]})) == ()


def test_the_customer_is_read_as_well() -> None:
    terms, _ = read_setup_terms(msgspec.json.encode({"customer": FULL_SETUP["customer"]}))
    assert terms.customer == CustomerTerms(
        id=CustomerId("cus_r3cajfpbj3ju7jyq7afcg3qc4a"),
        email="noura@example.com",
        name="Noura",
        phone=Phone(country_code="965", number="50000001"),
    )


@pytest.mark.parametrize("phone", [{}, {"number": "50000001"}, {"country_code": "965"}], ids=str)
def test_half_a_telephone_number_is_kept_and_means_nothing(phone: dict[str, str]) -> None:
    terms, found = read_setup_terms(msgspec.json.encode({"customer": {"phone": phone}}))
    assert (terms.customer, found) == (CustomerTerms(), ())
    assert terms.carried == {"customer": {"phone": phone}}
