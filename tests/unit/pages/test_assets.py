"""What pages load."""

from __future__ import annotations

import pytest

from fils.pages.assets import asset_url
from tests.support.payment_states import Counter
from tests.unit.pages.visitor import Visitor


@pytest.fixture
async def visitor() -> Visitor:
    return Visitor(await Counter.open())


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("base.css", "text/css; charset=utf-8"),
        ("pages.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("fonts/noto-sans-arabic.woff2", "font/woff2"),
    ],
)
async def test_an_asset_has_its_type_and_is_not_sent_twice(
    visitor: Visitor, name: str, media_type: str
) -> None:
    first = await visitor.get(f"/assets/{name}")
    assert (first.status, first.headers["content-type"]) == (200, media_type)
    again = await visitor.get(f"/assets/{name}", {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")


async def test_only_the_address_with_the_right_version_is_kept_for_ever(visitor: Visitor) -> None:
    path, _, query = asset_url("http://fils.test/prefix", "base.css").partition("?")
    assert path == "/prefix/assets/base.css"
    kept = await visitor.get("/assets/base.css", query=query)
    other = await visitor.get("/assets/base.css", query="v=0123456789abcdef")
    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in other.headers["cache-control"]


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "../pages/routes.py", "fonts/../../config.py", "fonts/OFL.txt", "", "x"]
)
async def test_nothing_else_can_be_asked_for(visitor: Visitor, name: str) -> None:
    assert (await visitor.get(f"/assets/{name}")).status == 404


async def test_the_icon_and_the_word_to_crawlers_are_where_they_are_asked_for(visitor: Visitor) -> None:
    assert (await visitor.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"
    assert (await visitor.get("/robots.txt")).text == "User-agent: *\nDisallow: /\n"
