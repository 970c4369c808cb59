"""The addresses of the payment API."""

from __future__ import annotations

from starlette import routing
from starlette.routing import BaseRoute

from fils.api.customer_routes import (
    create_customer,
    delete_customer,
    read_kept_customer,
    update_customer,
)
from fils.api.endpoint import ApiSettings, Endpoint
from fils.api.installation_routes import report_health, report_readiness
from fils.api.payment_routes import list_actions, list_payments, read_payment
from fils.api.setup_routes import confirm_setup, create_setup, read_setup, update_setup
from fils.application.ports import Ports


def api_routes(ports: Ports, settings: ApiSettings) -> list[BaseRoute]:
    """
    The routes of the payment API.

    Args:
        ports: The parts the use cases work with.
        settings: What whoever runs Fils chose.
    """
    paths = {
        "/payments/setups": {"POST": create_setup},
        "/payments/setups/{setup_id}": {"GET": read_setup, "PUT": update_setup},
        "/payments/setups/{setup_id}/confirm/{method}": {"POST": confirm_setup},
        "/payments/{payment_id}": {"GET": read_payment},
        "/payments/{payment_id}/actions": {"GET": list_actions},
        "/customers": {"POST": create_customer},
        "/customers/": {},
        # The name may be an address of e-mail, which may hold a slash.
        "/customers/{customer_id:path}": {
            "GET": read_kept_customer,
            "PATCH": update_customer,
            "DELETE": delete_customer,
        },
        "/health": {"GET": report_health},
        "/ready": {"GET": report_readiness},
        "/payments": {"GET": list_payments},
        "/payments/{rest:path}": {},
    }
    return [routing.Route(path, Endpoint(ports, settings, path, methods)) for path, methods in paths.items()]
