"""The API's description without a server."""

from __future__ import annotations

from fils.api.description import ApiDescription
from fils.config import DEFAULT_BASE_URL, Settings


def api_document(settings: Settings) -> str:
    """What ``/openapi.json`` answers where these settings hold; with Fils' usual address if they name none."""
    return ApiDescription(settings.base_url or DEFAULT_BASE_URL).text.decode()
