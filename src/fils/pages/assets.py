"""
Stylesheets, the font and the icon: what pages load, served from inside the package.

Every file is read once and found in a table, so no request can name a file that is not meant to be served.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

ASSETS_PATH: Final = "/assets"

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
"""What is served, by the end of its name; everything else in the folder, such as licences, is not."""
_ICON: Final = "icon.svg"
_ROBOTS: Final = "User-agent: *\nDisallow: /\n"
_FOREVER: Final = "public, max-age=31536000, immutable"
_FOR_AN_HOUR: Final = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    media_type: str
    digest: str
    """The start of its SHA-256: its version in addresses and its ETag."""


def assets_routes() -> list[BaseRoute]:
    """The files all pages of Fils load, the icon browsers ask for, and a word to crawlers."""
    return [
        Route(ASSETS_PATH + "/{name:path}", _send_asset, methods=["GET"]),
        Route("/favicon.ico", _send_icon, methods=["GET"]),
        Route("/robots.txt", _send_robots, methods=["GET"]),
    ]


def asset_url(base_url: str, name: str) -> str:
    """The path of the asset *name*, with its version, so that browsers may keep it for ever."""
    return f"{urlsplit(base_url).path.rstrip('/')}{ASSETS_PATH}/{name}?v={_assets()[name].digest}"


async def _send_asset(request: Request) -> Response:
    asset = _assets().get(request.path_params["name"])
    if asset is None:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    return _send(request, asset)


async def _send_icon(request: Request) -> Response:
    return _send(request, _assets()[_ICON])


async def _send_robots(request: Request) -> Response:
    headers = {"Cache-Control": _FOR_AN_HOUR, "X-Content-Type-Options": "nosniff"}
    return Response(_ROBOTS, media_type="text/plain", headers=headers)


def _send(request: Request, asset: Asset) -> Response:
    tag = f'"{asset.digest}"'
    is_versioned = request.query_params.get("v") == asset.digest
    headers = {
        "Cache-Control": _FOREVER if is_versioned else _FOR_AN_HOUR,
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
    }
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)


@cache
def _assets() -> dict[str, Asset]:
    package = resources.files("fils")
    found = _read_folder(package / "assets", "")
    found["pages.css"] = _read(package / "pages" / "pages.css")
    return found


def _read_folder(folder: Traversable, prefix: str) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for item in folder.iterdir():
        if item.is_dir():
            found |= _read_folder(item, f"{prefix}{item.name}/")
        elif _ending(item) in _TYPES:
            found[prefix + item.name] = _read(item)
    return found


def _read(file: Traversable) -> Asset:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(content, _TYPES[_ending(file)], digest)


def _ending(file: Traversable) -> str:
    return "." + file.name.rpartition(".")[2]
