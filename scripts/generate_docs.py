"""
Write the pages of ``docs/reference`` that repeat what the code says, or check that they still do:

    python scripts/generate_docs.py
    python scripts/generate_docs.py --check

Each page is text made from a table of the program, so a reader of the documentation and a reader of the code cannot
be told different things.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from msgspec import inspect

from fils.api.schemas.reading import OLDER_NAMES, WRONG_PARTS_MAX, error_code, length_error_code
from fils.api.schemas.setup import CARRIED, SetupBody
from fils.bootstrap.terminals_file import EXAMPLE as TERMINALS_EXAMPLE
from fils.cli import main as program
from fils.config import SETTINGS, Kind, Setting
from fils.domain.payment import TRANSITIONS
from fils.knet.guide import ARABIC, ENGLISH, OUTCOMES, Advice, Guidance, Remedy, guidances
from fils.pages.notices import NOTICES, Notice
from fils.pages.texts import ARABIC as ARABIC_TEXTS
from fils.pages.texts import ENGLISH as ENGLISH_TEXTS
from fils.pages.texts import Texts
from fils.telemetry.lines import FIELDS, LINES, UNFIT
from fils.telemetry.metrics_table import METRICS

ROOT: Final = Path(__file__).resolve().parent.parent
HELP_WIDTH: Final = 100
NOTE: Final = "<!-- Written by scripts/generate_docs.py: change the code, then run it. -->"


def settings_page() -> str:
    """The page of settings, from ``fils.config.SETTINGS``."""
    lines = [
        "# Settings",
        "",
        NOTE,
        "",
        "A sandbox needs none of them; [production](../how-to/take-the-first-live-payment.md) wants some said. An",
        "option of `fils serve` wins over the environment variable of the same line, that over the file of settings,",
        "and that over the default. An empty variable is not set. A value that cannot be used, and a variable or a",
        "name in the file that is not here, stop the start with a line that names it and says what to do. `fils",
        "config` shows every setting, its value and where it came from, secrets hidden.",
        "",
        "The file is `fils.toml` in the current folder, or the one that `--config` or `FILS_CONFIG` names: settings by",
        "their names below, at the top level. One that holds a secret must not be readable by every user of the",
        "machine, and none may be changeable by every user.",
        "",
        "```toml",
        'mode = "sandbox"',
        "port = 8080",
        "result_page = true",
        'trusted_proxies = ["127.0.0.1"]',
        "```",
        "",
    ]
    for setting in SETTINGS:
        option = f"`{setting.option}`" if setting.option else "none"
        lines += [
            f"## {setting.name.replace('_', ' ').capitalize()}",
            "",
            setting.reason,
            "",
            "| | |",
            "| --- | --- |",
            f"| Variable | `{setting.variable}` |",
            f"| Option | {option} |",
            f"| In the file | {_in_file(setting)} |",
            f"| May be | {setting.form} |",
            f"| Default | {setting.default} |",
            *([f"| Only in | mode {setting.in_mode} |"] if setting.in_mode else []),
            "",
        ]
    return "\n".join(lines)


def _in_file(setting: Setting) -> str:
    examples = {
        Kind.TEXT: f'`{setting.name} = "..."`',
        Kind.WHOLE_NUMBER: f"`{setting.name} = {setting.default}`",
        Kind.SWITCH: f"`{setting.name} = true`",
        Kind.LIST: f'`{setting.name} = ["...", "..."]`',
    }
    return examples[setting.kind] if setting.in_file else "none"


def commands_page() -> str:
    """The page of commands: what each says when asked for help."""
    parts = [
        "# Commands",
        "",
        NOTE,
        "",
        "In a clone write `./fils` for `fils`. The environment variables are described in [Settings](settings.md).",
        "",
    ]
    whole = click.Context(program, info_name="fils", terminal_width=HELP_WIDTH, **program.context_settings)
    parts += ["## fils", "", _help_of(whole)]
    for context in _contexts_of(program, whole):
        parts += [f"## {context.command_path}", "", _help_of(context)]
    return "\n".join(parts)


def _contexts_of(group: click.Group, parent: click.Context) -> Iterator[click.Context]:
    """Every command inside *group*, by name, each group before what is inside it."""
    for name, command in sorted(group.commands.items()):
        context = click.Context(command, info_name=name, parent=parent)
        yield context
        if isinstance(command, click.Group):
            yield from _contexts_of(command, context)


def lifecycle_page() -> str:
    """The table of statuses and its diagram, from ``fils.domain.payment.TRANSITIONS``."""
    rows = [
        (before or "", event, after)
        for before, events in TRANSITIONS.items()
        for event, after in events.items()
    ]
    diagram = [f"    {before or '[*]'} --> {after}: {event}" for before, event, after in rows]
    table = [f"| {before or 'none yet'} | `{event}` | {after} |" for before, event, after in rows]
    parts = [
        "# The payment's lifecycle",
        "",
        NOTE,
        "",
        "A status changes only along this table, and only on evidence ([how Fils knows](../explanation/knowing.md)).",
        "Each row that fires writes exactly one event in the same commit. What is not in the table cannot happen.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *diagram,
        "```",
        "",
        "| Status | Event | Next status |",
        "| --- | --- | --- |",
        *table,
        "",
    ]
    return "\n".join(parts)


def _help_of(context: click.Context) -> str:
    return f"```text\n{context.get_help()}\n```\n"


@dataclass(frozen=True, kw_only=True)
class ErrorCodeWords:
    """What the page of error codes says in one language, beside its tables."""

    title: str
    introduction: tuple[str, ...]
    advice: str
    reads: str
    """Before the heading that the customer reads."""
    sections: Mapping[str, str]
    """How codes begin, and what they are about."""
    columns: str
    advices: Mapping[Remedy, Advice]
    texts: Texts

    def meaning(self, found: Guidance) -> str:
        """What the code means, in this language."""
        return found.arabic_meaning if self.advices is ARABIC else found.meaning

    def message(self, remedy: Remedy) -> str:
        """The heading of the message that the customer usually reads."""
        return self.texts.messages[NOTICES[OUTCOMES[remedy]]].title


ENGLISH_CODES: Final = ErrorCodeWords(
    title="KNET's error codes",
    introduction=(
        "Every code of KNET's manual (K-064, 289 of payments and 72 of the gateway's own tables): what it means, what "
        "to do, and what the customer reads. [بالعربية](error-codes.ar.md). `fils codes IPAY0100158` prints the same "
        "about one code.",
        "A code says why a step failed. It never says whether money moved, and anybody can send a browser to errorURL "
        "with one. So Fils shows no code to customers and decides nothing by one: it asks KNET, and goes by the answer "
        "([how Fils knows](../explanation/knowing.md)). Until then the customer reads "
        f"“{ENGLISH_TEXTS.messages[Notice.WAITING].title}”; the last column is what usually follows that, and the "
        "same where a code tells nothing about the end. Ship and cancel by the payment's status, never by a code.",
        "Match codes, not words: the bank's wording changes. A code that is not here counts as unknown.",
    ),
    advice="What to do",
    reads="The customer reads",
    sections={
        "IPAY0100": "Codes of payments: IPAY0100…",
        "IPAY0200": "The gateway's own tables: IPAY0200…",
    },
    columns="| Code | Meaning | What to do | The customer reads |",
    advices=ENGLISH,
    texts=ENGLISH_TEXTS,
)
ARABIC_CODES: Final = ErrorCodeWords(
    title="رموز الخطأ في كي نت",
    introduction=(
        "كل رمز في دليل كي نت K-064 (289 رمزاً للعمليات و72 رمزاً لجداول البوابة نفسها): معناه، وما العمل، وما يقرؤه "
        "العميل. [In English](error-codes.md). ويعرض الأمر `fils codes --language ar IPAY0100158` المعلومات نفسها عن "
        "رمز واحد.",
        "يبيّن الرمز سبب تعثر خطوة ما، ولا يدل أبداً على خصم المبلغ أو عدمه، ويمكن لأي شخص أن يرسل متصفحاً إلى "
        "errorURL برمز كهذا. لذلك لا يعرض Fils أي رمز على العميل ولا يحكم به على عملية، بل يستعلم من كي نت ويعتمد على "
        f"الجواب. وإلى أن يصل الجواب يقرأ العميل «{ARABIC_TEXTS.messages[Notice.WAITING].title}»، والعمود الأخير هو ما "
        "يقرؤه بعد ذلك في الغالب، أو العبارة نفسها إذا كان الرمز لا يدل على النتيجة. سلّم "
        "الطلب أو ألغه بناءً على حالة العملية، لا بناءً على رمز.",
        "قارن الرموز لا الكلمات، فصياغة البنك تتغير. والرمز الذي لا تجده هنا يُعامل على أن نتيجته غير معروفة.",
    ),
    advice="ما العمل",
    reads="يقرأ العميل",
    sections={
        "IPAY0100": "رموز العمليات: IPAY0100…",
        "IPAY0200": "جداول البوابة نفسها: IPAY0200…",
    },
    columns="| الرمز | المعنى | ما العمل | ما يقرؤه العميل |",
    advices=ARABIC,
    texts=ARABIC_TEXTS,
)


def error_codes_page(words: ErrorCodeWords) -> str:
    """The table of KNET's error codes in one language, from ``fils.knet.guide`` and the customers' messages."""
    parts = [f"# {words.title}", NOTE, *words.introduction, f"## {words.advice}"]
    for remedy in Remedy:
        advice = words.advices[remedy]
        parts += [f"### {advice.title}", advice.body, f"{words.reads}: **{words.message(remedy)}**."]
    for prefix, heading in words.sections.items():
        rows = [words.columns, "| --- | --- | --- | --- |", *_rows_of_codes(words, prefix)]
        parts += [f"## {heading}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _rows_of_codes(words: ErrorCodeWords, prefix: str) -> Iterator[str]:
    for found in guidances():
        if found.code.startswith(prefix):
            title = words.advices[found.remedy].title
            link = f"[{title}](#{_anchor(title)})"
            yield f"| `{found.code}` | {words.meaning(found)} | {link} | {words.message(found.remedy)} |"


def _anchor(heading: str) -> str:
    """The name under which the usual hosts of code let a heading be linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def terminals_page() -> str:
    """The page of the simulator's terminals file: the example that explains itself."""
    parts = [
        "# The terminals file of `fils simulator`",
        "",
        NOTE,
        "",
        "What [`fils simulator --terminals FILE`](commands.md#fils-simulator) reads, in TOML. This example explains",
        "itself; `fils simulator --print-terminals` prints it, and without a file it is what holds. Of a terminal only",
        "the first three settings are needed. A mistake stops the start with the terminal and the setting; passwords",
        "and keys are never printed.",
        "",
        "```toml",
        TERMINALS_EXAMPLE.read_text(encoding="utf-8").rstrip(),
        "```",
        "",
    ]
    return "\n".join(parts)


def carried_fields_page() -> str:
    """The page of the fields that are carried, from the types that check them."""
    fields = {field.name: field for field in _fields(inspect.type_info(SetupBody))}
    parts = [
        "# The fields that Fils carries",
        "",
        NOTE,
        "",
        "Fils checks these fields of [a payment setup](api.md#create-a-payment-setup), keeps them and gives them back",
        "as they were told; none of them changes a KNET payment. `metadata` comes back with the payment, `customer`",
        "says whom it is for. Fields of these objects that are not here are kept too, and not checked.",
        "",
        "A value that has not the form it may have is refused with the error code of its line; one that is required",
        "and missing with the same word and `required`. A date is `yyyy-MM-dd`, a time is RFC 3339, amounts are in the",
        "minor unit, `[]` is each of a list. The limits are Checkout.com's, and so are the words for addresses,",
        "telephones and descriptors; the other words are made in the same way. Of a list's wrong objects the first",
        f"{WRONG_PARTS_MAX} are told of.",
        "",
    ]
    for name in CARRIED:
        parts += [f"## {name}", "", "| Field | May be | Error code |", "| --- | --- | --- |"]
        parts += [
            f"| `{path}` | {words} | {codes} |" for path, words, codes in _carried_rows("", "", fields[name])
        ]
        parts.append("")
    return "\n".join(parts)


def _carried_rows(path: str, parent: str, field: inspect.Field) -> Iterator[tuple[str, str, str]]:
    here = f"{path}.{field.name}" if path else field.name
    codes = (error_code(parent, field.name), length_error_code(parent, field.name))
    is_checked = not isinstance(field.type, inspect.AnyType)
    shown = ", ".join(f"`{code}`" for code in codes if code) if is_checked else "none"
    if field.name in OLDER_NAMES:
        yield here, f"the older name of `{path}.{OLDER_NAMES[field.name]}`, or one of its objects", shown
        return
    kinds = _kinds(field.type)
    yield here, ("**required**; " if field.required else "") + _words_of(kinds), shown
    for kind in kinds:
        deeper = f"{here}[]" if isinstance(kind, inspect.ListType) else here
        for inner in _fields(kind.item_type if isinstance(kind, inspect.ListType) else kind):
            yield from _carried_rows(deeper, field.name, inner)


def _fields(kind: inspect.Type) -> tuple[inspect.Field, ...]:
    """The fields of an object; of anything else none."""
    return kind.fields if isinstance(kind, inspect.StructType) else ()


def _kinds(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """The types of a union that mean something; None is no value."""
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return tuple(one for one in kinds if not isinstance(one, inspect.NoneType))


def _words_of(kinds: tuple[inspect.Type, ...]) -> str:
    if {type(kind) for kind in kinds} == {inspect.IntType, inspect.FloatType}:
        return "number"
    return _words(kinds[0])


def _words(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            said = str((kind.extra_json_schema or {}).get("description", ""))
            return (
                said[:1].lower() + said[1:].removesuffix(".") + _limits(kind.type)
                if said
                else _words(kind.type)
            )
        case inspect.StrType():
            return "text" + _limits(kind)
        case inspect.IntType():
            return "whole number" + _limits(kind)
        case inspect.FloatType():
            return "number" + _limits(kind)
        case inspect.LiteralType():
            return ", ".join(f"`{value}`" for value in kind.values)
        case inspect.DictType():
            return f"object of at most {kind.max_length} fields; their values are texts, numbers and booleans"
        case inspect.ListType():
            return "list of objects"
    plain = {
        inspect.BoolType: "boolean",
        inspect.DateType: "date",
        inspect.DateTimeType: "time",
        inspect.StructType: "object",
        inspect.AnyType: "anything: no form of it is documented",
    }
    return plain[type(kind)]


def _limits(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.StrType) and kind.max_length is not None:
        least, most = kind.min_length or 0, kind.max_length
        if least == most:
            return f" of {most} characters"
        return f" of {least} to {most} characters" if least else f" of at most {most} characters"
    if isinstance(kind, inspect.IntType | inspect.FloatType) and kind.ge is not None:
        return f" from {kind.ge:,}".replace(",", " ") + (
            f" to {kind.le:,}".replace(",", " ") if kind.le else ""
        )
    return ""


def metrics_page() -> str:
    """The page of metrics, from ``fils.telemetry.metrics_table.METRICS``."""
    parts = [
        "# Metrics",
        "",
        NOTE,
        "",
        "What `/metrics` shows to Prometheus, on the listener of [`FILS_METRICS_LISTEN`](settings.md#metrics-listen).",
        "[Watch a running Fils](../how-to/watch-a-running-fils.md) says which of them to alert on. No label holds an",
        "id, an address or an amount. Counters and histograms are of this process and begin at its start; gauges about",
        "payments are of the whole installation, the same on every node, and `NaN` while the database does not answer.",
        "Beside these stand the library's own metrics of the process: `process_cpu_seconds_total`,",
        "`process_resident_memory_bytes`, `process_open_fds` and so on.",
        "",
        "| Metric | Kind | Labels | Meaning |",
        "| --- | --- | --- | --- |",
    ]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        parts.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.meaning} |")
    return "\n".join([*parts, ""])


def logs_page() -> str:
    """The page of log lines, from ``fils.telemetry.lines``."""
    parts = [
        "# Lines of the log",
        "",
        NOTE,
        "",
        "Fils writes its log to standard error, one line for each event, from the level of",
        "[`FILS_LOG_LEVEL`](settings.md#log-level) on, as [`FILS_LOG_FORMAT`](settings.md#log-format) says: text for",
        "a person, or one JSON object a line with `time` (UTC), `level`, `event`, `text` and the event's fields. Any",
        "other line is plain words, with the event `message`, and `error` if an error led to it. Ids are written.",
        "Keys, tokens, addresses, card numbers and what customers or the bank wrote are not: a field whose value has",
        f"not the form of the field is `{UNFIT}`. Absent values are left out.",
        "",
        "## Events",
        "",
        "| Event | Level | Fields | When |",
        "| --- | --- | --- | --- |",
    ]
    for line in LINES:
        fields = ", ".join(f"`{name}`" for name in line.fields)
        level = logging.getLevelName(line.level).lower()
        parts.append(f"| `{line.event}` | {level} | {fields} | {line.meaning} |")
    parts += ["", "## Fields", "", "| Field | Meaning |", "| --- | --- |"]
    parts += [f"| `{item.name}` | {item.meaning} |" for item in FIELDS]
    return "\n".join([*parts, ""])


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/payment-lifecycle.md": lifecycle_page,
    "docs/reference/settings.md": settings_page,
    "docs/reference/commands.md": commands_page,
    "docs/reference/terminals-file.md": terminals_page,
    "docs/reference/metrics.md": metrics_page,
    "docs/reference/logs.md": logs_page,
    "docs/reference/carried-fields.md": carried_fields_page,
    "docs/reference/error-codes.md": lambda: error_codes_page(ENGLISH_CODES),
    "docs/reference/error-codes.ar.md": lambda: error_codes_page(ARABIC_CODES),
}
"""Each generated page, by its path from the root of the repository."""


def outdated_pages() -> list[str]:
    """The pages that are missing or say something else than the code."""
    return [path for path, write in PAGES.items() if not _says(ROOT / path, write())]


def _says(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def main() -> None:
    """Write all pages; with ``--check`` write nothing, and exit with 1 when one is out of date."""
    if sys.argv[1:] == ["--check"]:
        outdated = outdated_pages()
        if outdated:
            sys.exit(f"out of date: {', '.join(outdated)}; run: python scripts/generate_docs.py")
        return
    for path, write in PAGES.items():
        (ROOT / path).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
