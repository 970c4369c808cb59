"""Reading the panel's form, and filling in its cards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fils.knet.simulator.cards import expiry_years, read_card
from fils.knet.simulator.faults import NO_FAULTS, Faults, FaultsInvalid, InquiryFault, NotificationFault
from fils.knet.simulator.orders import Card
from fils.knet.simulator.outcomes import CardKind
from fils.knet.simulator.panel import CARD_ROWS, SWITCHES, fill_in, read_panel

NOTHING = {"notification": "none", "inquiry": "none"}
YEARS = expiry_years(datetime(2026, 3, 1, tzinfo=UTC), 2030)


@pytest.mark.parametrize("fault", list(NotificationFault))
def test_every_fault_of_the_news_can_be_chosen(fault: NotificationFault) -> None:
    assert read_panel(NOTHING | {"notification": fault}, NO_FAULTS) == Faults(notification=fault)


@pytest.mark.parametrize("fault", list(InquiryFault))
def test_every_fault_of_the_inquiry_can_be_chosen(fault: InquiryFault) -> None:
    assert read_panel(NOTHING | {"inquiry": fault}, NO_FAULTS) == Faults(inquiry=fault)


@pytest.mark.parametrize("name", SWITCHES)
def test_box_is_ticked_or_not(name: str) -> None:
    ticked = read_panel(NOTHING | {name: "1"}, NO_FAULTS)

    assert [getattr(ticked, switch) for switch in SWITCHES] == [switch == name for switch in SWITCHES]
    assert read_panel(NOTHING, ticked) == NO_FAULTS


def test_what_the_panel_does_not_ask_for_stays() -> None:
    current = Faults(
        notification_delay=timedelta(seconds=7), notification_count=9, inquiry_delay=timedelta(seconds=3)
    )

    assert read_panel(NOTHING, current) == current


@pytest.mark.parametrize("form", [{}, {"notification": "none"}, NOTHING | {"inquiry": "gone"}])
def test_form_that_is_not_the_panels_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(FaultsInvalid):
        read_panel(form, NO_FAULTS)


@pytest.mark.parametrize(("kind", "digits"), CARD_ROWS)
def test_card_that_is_filled_in_lacks_nothing_but_prefix_and_pin(kind: CardKind, digits: str) -> None:
    form = fill_in(kind, (2030, 9)) | {"dcprefix": "888888", "cardPin": "7391"}

    assert read_card(form, YEARS) == Card(f"888888******{digits[-4:]}", (2030, 9), kind)


def test_unknown_card_fills_in_nothing() -> None:
    assert fill_in("golden", (2030, 9)) == {}
