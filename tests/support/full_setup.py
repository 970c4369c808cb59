"""A payment setup in which every documented field of Checkout.com's Payment Setup API is told."""

from __future__ import annotations

from typing import Any, Final

ADDRESS: Final[dict[str, Any]] = {
    "address_line1": "Block 3, Street 12",
    "address_line2": "شارع ١٢",
    "city": "Salmiya",
    "state": "Hawalli",
    "zip": "22001",
    "country": "KW",
}
PHONE: Final[dict[str, Any]] = {"country_code": "965", "number": "50000001"}
AIRLINE: Final[dict[str, Any]] = {
    "ticket": {
        "number": "045-21351455613",
        "issue_date": "2026-04-01",
        "issuing_carrier_code": "KU",
        "travel_package_indicator": "B",
        "travel_agency_name": "World Tours",
        "travel_agency_code": "01",
    },
    "passengers": [
        {"first_name": "Noura", "last_name": "S", "date_of_birth": "1990-01-31", "address": {"country": "KW"}}
    ],
    "flight_leg_details": [
        {
            "flight_number": 101,
            "carrier_code": "KU",
            "class_of_travelling": "J",
            "departure_airport": "KWI",
            "departure_date": "2026-06-19",
            "departure_time": "15:30",
            "arrival_airport": "LHR",
            "stop_over_code": "x",
            "fare_basis_code": "WUP14B",
        }
    ],
    "total_number_of_passengers": 1,
    "travel_type": "flight",
    "trip_type": "one_way",
    "refundable": True,
    "delivery_recipient": {"email": "noura@example.com"},
    "ancillaries": "baggage",
    "insurance": {"type": "trip", "company": "Gulf", "price": {"amount": 1500, "currency": "KWD"}},
}
ACCOMMODATION: Final[dict[str, Any]] = {
    "name": "Sea View",
    "booking_reference": "REF-9",
    "check_in_date": "2026-06-19",
    "check_out_date": "2026-06-21",
    "address": ADDRESS,
    "number_of_rooms": 1,
    "guests": [{"first_name": "Noura"}],
    "room": [{"rate": 42.5, "number_of_nights": 2, "type": "double"}],
    "total_number_of_guests": 2,
    "refundable": False,
    "delivery_recipient": {"email": "noura@example.com"},
    "host": {"registration_date": "2020-01-01", "total_reservation_count": 12},
}
FULL_SETUP: Final[dict[str, Any]] = {
    "risk": {"enabled": False},
    "metadata": {"table": 7, "vip": True, "share": 0.5, "waiter": "نور"},
    "customer": {
        "id": "cus_r3cajfpbj3ju7jyq7afcg3qc4a",
        "country": "KW",
        "name": "Noura",
        "tax_number": "T-1",
        "email": {"address": "noura@example.com", "verified": True},
        "phone": PHONE,
        "device": {
            "locale": "en_GB",
            "fingerprint": "f0",
            "ipv4": "192.0.2.1",
            "ipv6": "2001:db8::1",
            "client": "mobile_web",
            "os": "ios",
        },
        "merchant_account": {
            "id": "1234",
            "registration_date": "2023-05-01",
            "last_modified": "2023-05-01",
            "returning_customer": True,
            "first_transaction_date": "2023-09-15",
            "last_transaction_date": "2025-03-28",
            "total_order_count": 6,
            "last_payment_amount": 55.99,
        },
    },
    "billing": {"address": ADDRESS},
    "order": {
        "items": [
            {
                "name": "Shirt",
                "quantity": 1,
                "unit_price": 1500,
                "total_amount": 1000,
                "reference": "S-1",
                "tax_amount": 0,
                "discount_amount": 500,
                "url": "https://shop.example/shirt",
                "image_url": "https://shop.example/shirt.png",
                "type": "physical",
            }
        ],
        "shipping": {
            "first_name": "Noura",
            "last_name": "S",
            "email": "noura@example.com",
            "address": ADDRESS,
            "phone": PHONE,
            "from_address_zip": "22001",
            "timeframe": "same_day",
            "method": "lowest_cost",
            "delay": 5,
            "tracking_info": [{"number": "1Z"}],
        },
        "sub_merchants": [
            {
                "id": "M-1",
                "product_category": "Clothes",
                "number_of_sales": 500,
                "number_of_trades": 500,
                "registration_date": "2023-01-15",
            }
        ],
        "invoice_id": "I-1",
        "shipping_amount": 0,
        "discount_amount": 500,
        "tax_amount": 0,
        "tipping_amount": 0,
        "surcharge_amount": 0,
        "amount_allocations": [
            {
                "id": "ent_w4jelhppmfiufdnatam37wrfc4",
                "amount": 900,
                "reference": "A-1",
                "commission": {"amount": 10, "percentage": 12.12345678},
            },
            {"id": "ent_aneh5mtyobxzazriwuevngrz6y", "amount": 100},
        ],
    },
    "industry": {
        "airline": [AIRLINE],
        "accommodation": [ACCOMMODATION],
        "airline_data": AIRLINE,
        "accommodation_data": [ACCOMMODATION],
    },
    "billing_descriptor": {"name": "Shop", "city": "Kuwait City", "reference": "B-1"},
    "presentment_details": {"amount": 326, "currency": "USD"},
    "terminal": {"id": "12345678", "local_date_time": "2026-04-30T13:00:00"},
    "account_funding_transaction": {
        "enabled": False,
        "purpose": "travel_and_tourism",
        "sender": {
            "date_of_birth": "1990-01-31",
            "reference": "R-1",
            "identification": {"type": "passport", "number": "P-1", "issuing_country": "KW"},
        },
        "recipient": {
            "date_of_birth": "1990-01-31",
            "account_number": "5555554444",
            "first_name": "Noura",
            "last_name": "S",
            "address": ADDRESS,
        },
    },
}
"""Everything that Fils carries. Its allocations add up to the amount of the documented example."""
