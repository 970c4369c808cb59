"""
``GET /openapi.json``: the API's description for programs. It tells nothing secret, so it needs no key.

Describing takes a tenth of a second, so it is done when somebody first asks.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

PATH: Final = "/openapi.json"
_CACHED: Final = "public, max-age=300"


class ApiDescription:
    """The API of one Fils, described in OpenAPI 3.1."""

    def __init__(self, base_url: str) -> None:
        """
        Args:
            base_url: Where this Fils is found, without a slash at the end.
        """
        self._base_url = base_url

    @cached_property
    def document(self) -> dict[str, Any]:
        """The whole description."""
        from fils.api.openapi.document import describe_api

        return describe_api(self._base_url)

    @cached_property
    def text(self) -> bytes:
        """The description as JSON; the same bytes whenever it is written."""
        return msgspec.json.format(msgspec.json.encode(self.document), indent=2) + b"\n"

    @property
    def routes(self) -> list[BaseRoute]:
        """Where it is served."""
        return [Route(PATH, self._send, methods=["GET"])]

    @cached_property
    def _tag(self) -> str:
        return f'"{hashlib.sha256(self.text).hexdigest()[:16]}"'

    async def _send(self, request: Request) -> Response:
        headers = {"Cache-Control": _CACHED, "ETag": self._tag, "X-Content-Type-Options": "nosniff"}
        if self._tag in request.headers.get("If-None-Match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(self.text, media_type="application/json", headers=headers)
