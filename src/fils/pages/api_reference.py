"""
``GET /docs``: the API's description as a page that people read. It needs no JavaScript and nothing from elsewhere.

In English alone, as the words of the API are. The page is written once, when somebody first asks.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fils.pages.assets import asset_url
from fils.pages.customer_pages import Frame
from fils.pages.writing import write_page

PATH: Final = "/docs"
_CACHED: Final = "public, max-age=300"
_SCHEMAS: Final = "#/components/schemas/"
_MANY_CODES: Final = 16
"""More error codes than these are folded away."""

_UNITS: Final = {"maxLength": " characters", "maxProperties": " keys"}
"""What a bound counts, where that is not the value itself."""

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field of an object, or a parameter."""

    name: str
    kind: Markup
    """The type of its value, with a link where that has a section of its own."""
    is_required: bool
    words: Markup
    place: str = ""
    """Of a parameter: where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A document to show."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """What one status means."""

    status: str
    mark: str
    words: Markup
    kind: Markup
    """What the body is; empty if there is none."""
    codes: tuple[str, ...]
    samples: tuple[Sample, ...]

    @property
    def folds_codes(self) -> bool:
        """Whether they are too many to stand in the open."""
        return len(self.codes) > _MANY_CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSection:
    """One operation."""

    anchor: str
    method: str
    path: str
    title: str
    words: Markup
    is_public: bool
    parameters: tuple[Row, ...]
    body: Markup
    """What the request's body is; empty if there is none."""
    body_words: Markup
    needed: tuple[str, ...]
    """Fields of the body that must be told."""
    call: str
    """A ``curl`` to copy."""
    answers: tuple[StatusAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Operations about one thing."""

    anchor: str
    title: str
    words: Markup
    operations: tuple[OperationSection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSection:
    """One kind of object that bodies hold."""

    anchor: str
    title: str
    words: Markup
    rows: tuple[Row, ...]
    values: tuple[str, ...]
    """What it may be, where it is a word of a list and no object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePage:
    """What ``api_reference.html`` is told."""

    frame: Frame
    title: str
    version: str
    base_url: str
    json_url: str
    introduction: tuple[Markup, ...]
    groups: tuple[Group, ...]
    objects: tuple[ObjectSection, ...]


def api_reference_routes(describe: Callable[[], Node], *, base_url: str, json_path: str) -> list[BaseRoute]:
    """
    The page.

    Args:
        describe: Gives the description, in OpenAPI 3.1.
        base_url: What a browser sees before every path, without a slash at the end.
        json_path: Where the description itself is served.
    """
    written: list[Response] = []

    async def show(_request: Request) -> Response:
        if not written:
            page = reference_page(describe(), base_url=base_url, json_path=json_path)
            written.append(write_page("api_reference.html", page))
            written[0].headers["Cache-Control"] = _CACHED
        return written[0]

    return [Route(PATH, show, methods=["GET"])]


def reference_page(document: Node, *, base_url: str, json_path: str) -> ReferencePage:
    """What the page says about the API that *document* describes."""
    frame = Frame.of(base_url)
    reader = _Reader(document, base_url)
    groups = tuple(reader.groups())
    return ReferencePage(
        frame=Frame((*frame.stylesheets, asset_url(base_url, "api-reference.css")), frame.icon),
        title=document["info"]["title"],
        version=document["info"]["version"],
        base_url=base_url,
        json_url=urlsplit(base_url).path.rstrip("/") + json_path,
        introduction=tuple(_words(part) for part in document["info"]["description"].strip().split("\n\n")),
        groups=groups,
        objects=tuple(reader.objects()),
    )


class _Reader:
    """Reads the parts of a description as what the page shows."""

    def __init__(self, document: Node, base_url: str) -> None:
        self._document = document
        self._base_url = base_url

    def groups(self) -> Iterator[Group]:
        for tag in self._document["tags"]:
            sections = tuple(
                self._operation(path, method, operation)
                for path, methods in self._document["paths"].items()
                for method, operation in methods.items()
                if operation["tags"] == [tag["name"]]
            )
            title = tag["name"]
            yield Group(
                anchor=_anchor(title), title=title, words=_words(tag["description"]), operations=sections
            )

    def objects(self) -> Iterator[ObjectSection]:
        for name, schema in self._document["components"]["schemas"].items():
            needed = schema.get("required", ())
            rows = tuple(
                _field_row(field, inner, is_required=field in needed)
                for field, inner in schema.get("properties", {}).items()
            )
            yield ObjectSection(
                anchor=_anchor(name),
                title=name,
                words=_words(schema.get("description", "")),
                rows=rows,
                values=tuple(schema.get("enum", ())),
            )

    def _operation(self, path: str, method: str, operation: Node) -> OperationSection:
        parameters = operation.get("parameters", ())
        body = operation.get("requestBody")
        content = _content(body) if body else {}
        schema = content.get("schema", {})
        return OperationSection(
            anchor=_anchor(operation["operationId"]),
            method=method.upper(),
            path=path,
            title=operation["summary"],
            words=_words(operation["description"]),
            is_public=operation.get("security") == [],
            parameters=tuple(_parameter_row(parameter) for parameter in parameters),
            body=_kind(schema) if body else Markup(),
            body_words=_words(body["description"]) if body else Markup(),
            needed=tuple(schema.get("required", ())),
            call=self._call(method.upper(), path, operation, content),
            answers=tuple(self._answer(status, answer) for status, answer in operation["responses"].items()),
        )

    def _answer(self, status: str, answer: Node) -> StatusAnswer:
        told = self._resolved(answer)
        content = _content(told)
        schema = content.get("schema", {})
        example = (
            {"example": {"summary": "An example", "value": content["example"]}}
            if "example" in content
            else {}
        )
        samples = {**content.get("examples", {}), **example}
        return StatusAnswer(
            status=status,
            mark="good" if status.startswith("2") else "bad",
            words=_words(told["description"]),
            kind=_kind(schema) if content else Markup(),
            codes=tuple(_codes(schema)),
            samples=tuple(Sample(title=one["summary"], text=_json(one["value"])) for one in samples.values()),
        )

    def _resolved(self, part: Node) -> Node:
        found: Any = part
        if "$ref" in part:
            found = self._document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
        return dict(found)

    def _call(self, method: str, path: str, operation: Node, content: Node) -> str:
        """The ``curl`` of the first example."""
        given = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
        place = re.sub(r"\{(\w+)\}", lambda found: quote(str(given[found[1]]["example"])), path)
        query = {
            name: one["example"] for name, one in given.items() if one["in"] == "query" and one["required"]
        }
        url = self._base_url + place + (f"?{urlencode(query)}" if query else "")
        first = next(iter(content.get("examples", {}).values()), None)
        chosen_by_curl = "GET" if first is None else "POST"
        lines = [f"curl -sS{'' if method == chosen_by_curl else f' -X {method}'} {shlex.quote(url)}"]
        if operation.get("security") != []:
            lines.append('-H "Authorization: Bearer $SECRET_KEY"')
        if first is not None:
            lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(_json(first['value']))}"]
        return " \\\n  ".join(lines)


def _content(part: Node) -> Node:
    content: Node = next(iter(part.get("content", {}).values()), {})
    return content


def _codes(schema: Node) -> Iterator[str]:
    """The error codes that a refusal may tell."""
    for part in schema.get("allOf", ()):
        yield from part.get("properties", {}).get("error_codes", {}).get("items", {}).get("enum", ())


def _parameter_row(parameter: Node) -> Row:
    return Row(
        name=parameter["name"],
        kind=_kind(parameter["schema"]),
        is_required=parameter.get("required", False),
        words=_words(parameter["description"]),
        place=parameter["in"],
    )


def _field_row(name: str, schema: Node, *, is_required: bool) -> Row:
    return Row(
        name=name, kind=_kind(schema), is_required=is_required, words=_words(schema.get("description", ""))
    )


def _kind(schema: Node) -> Markup:
    """What a value is, in a few words: its type, its bounds, and links to objects."""
    match schema:
        case {"$ref": str(target)}:
            name = target.removeprefix(_SCHEMAS)
            return Markup('<a href="#{}">{}</a>').format(_anchor(name), name)
        case {"allOf": [first, *_]}:
            return _kind(first)
        case {"anyOf": options}:
            return Markup(" or ").join(_kind(option) for option in options if option != {"type": "null"})
        case {"const": value}:
            return Markup("<code>{}</code>").format(value)
        case {"enum": values}:
            return Markup(", ").join(Markup("<code>{}</code>").format(value) for value in values)
        case {"type": "array" | ["array", _], "items": items}:
            return Markup("list of {}").format(_kind(items))
        case {"type": kind}:
            named = kind if isinstance(kind, str) else kind[0]
            return Markup("{}{}").format({"integer": "whole number"}.get(named, named), _bounds(schema))
        case _:
            return Markup("any value")


def _bounds(schema: Node) -> str:
    """The limits of a value, as far as they are numbers."""
    least = schema.get("minimum", schema.get("minLength"))
    most = schema.get("maximum", schema.get("maxLength", schema.get("maxItems", schema.get("maxProperties"))))
    unit = next((words for bound, words in _UNITS.items() if bound in schema), "")
    if most is None:
        return "" if least is None else f", from {least}"
    return f", {least} to {most}{unit}" if least is not None else f", at most {most}{unit}"


def _words(text: str) -> Markup:
    """*Text* with what stands between backticks as code."""
    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
