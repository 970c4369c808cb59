"""
The parts of a payment setup that are about what is bought: the order, and what airlines and hotels tell.

Fils carries them. Their limits are Checkout.com's (Payment Setup API); keys that are not named here are carried
unchecked, and where no limit is documented only the kind of value is checked, or nothing if not even that is.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from fils.api.schemas.people import AddressBody, PhoneBody
from fils.api.schemas.values import Anything, Count, Country, CurrencyCode, Day, OtherAmount, Percentage

AllocatedAmount = Annotated[int, Meta(ge=0, le=9_999_999_999)]
AllocationReference = Annotated[str, Meta(max_length=50)]


class ItemBody(Struct):
    """One of ``order.items``."""

    name: str | None = None
    quantity: int | None = None
    unit_price: int | None = None
    total_amount: int | None = None
    reference: str | None = None
    tax_amount: int | None = None
    discount_amount: int | None = None
    url: str | None = None
    image_url: str | None = None
    type: str | None = None


class ShippingBody(Struct):
    """``order.shipping``."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    address: AddressBody | None = None
    phone: PhoneBody | None = None
    from_address_zip: str | None = None
    timeframe: str | None = None
    method: str | None = None
    delay: Count | None = None
    tracking_info: Anything = None


class SubMerchantBody(Struct):
    """One of ``order.sub_merchants``; ``number_of_trades`` is the older name of ``number_of_sales``."""

    id: str | None = None
    product_category: str | None = None
    number_of_sales: Count | None = None
    number_of_trades: Count | None = None
    registration_date: Day | None = None


class CommissionBody(Struct):
    """``order.amount_allocations.commission``."""

    amount: OtherAmount | None = None
    percentage: Percentage | None = None


class AmountAllocationBody(Struct):
    """One of ``order.amount_allocations``. Together they are the setup's amount."""

    id: str
    amount: AllocatedAmount
    reference: AllocationReference | None = None
    commission: CommissionBody | None = None


class OrderBody(Struct):
    """``order``."""

    items: list[ItemBody] | None = None
    shipping: ShippingBody | None = None
    sub_merchants: list[SubMerchantBody] | None = None
    invoice_id: str | None = None
    shipping_amount: OtherAmount | None = None
    discount_amount: OtherAmount | None = None
    tax_amount: OtherAmount | None = None
    tipping_amount: OtherAmount | None = None
    surcharge_amount: OtherAmount | None = None
    amount_allocations: list[AmountAllocationBody] | None = None


class TicketBody(Struct):
    """``industry.airline.ticket``."""

    number: str | None = None
    issue_date: Day | None = None
    issuing_carrier_code: str | None = None
    travel_package_indicator: Anything = None
    travel_agency_name: str | None = None
    travel_agency_code: str | None = None


class PassengerAddressBody(Struct):
    """``industry.airline.passengers.address``."""

    country: Country | None = None


class PassengerBody(Struct):
    """One of ``industry.airline.passengers``."""

    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: Day | None = None
    address: PassengerAddressBody | None = None


class FlightLegBody(Struct):
    """One of ``industry.airline.flight_leg_details``."""

    flight_number: Anything = None
    carrier_code: Anything = None
    class_of_travelling: str | None = None
    departure_airport: str | None = None
    departure_date: Day | None = None
    departure_time: str | None = None
    arrival_airport: str | None = None
    stop_over_code: str | None = None
    fare_basis_code: str | None = None


class PriceBody(Struct):
    """``industry.airline.insurance.price``."""

    amount: OtherAmount | None = None
    currency: CurrencyCode | None = None


class InsuranceBody(Struct):
    """``industry.airline.insurance``."""

    type: str | None = None
    company: str | None = None
    price: PriceBody | None = None


class AirlineBody(Struct):
    """One of ``industry.airline``."""

    ticket: TicketBody | None = None
    passengers: list[PassengerBody] | None = None
    flight_leg_details: list[FlightLegBody] | None = None
    total_number_of_passengers: Count | None = None
    travel_type: Anything = None
    trip_type: Anything = None
    refundable: Anything = None
    delivery_recipient: Anything = None
    ancillaries: str | None = None
    insurance: InsuranceBody | None = None


class HostBody(Struct):
    """``industry.accommodation.host``."""

    registration_date: Day | None = None
    total_reservation_count: Count | None = None


class AccommodationBody(Struct):
    """One of ``industry.accommodation``."""

    name: str | None = None
    booking_reference: str | None = None
    check_in_date: Day | None = None
    check_out_date: Day | None = None
    address: AddressBody | None = None
    number_of_rooms: Count | None = None
    guests: Anything = None
    room: Anything = None
    total_number_of_guests: Count | None = None
    refundable: Anything = None
    delivery_recipient: Anything = None
    host: HostBody | None = None


class IndustryBody(Struct):
    """``industry``, with the names that older SDKs give its two lists."""

    airline: list[AirlineBody] | None = None
    accommodation: list[AccommodationBody] | None = None
    airline_data: AirlineBody | list[AirlineBody] | None = None
    accommodation_data: AccommodationBody | list[AccommodationBody] | None = None
