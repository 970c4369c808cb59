"""
Every metric, by Prometheus' habits: what it counts, in which unit, with which labels.

No label holds an id, an address or a text of anybody's, so their values are few. ``docs/reference/metrics.md`` is
printed from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_REQUEST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_COMMIT_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 5.0)
_LAG_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_GROUP_SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)


class Kind(StrEnum):
    """What a metric does."""

    COUNTER = "counter"
    """Only grows, from the start of the process."""
    GAUGE = "gauge"
    """How things are, worked out when it is asked for."""
    HISTOGRAM = "histogram"
    """How often something took how long, or was how large."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """The upper bounds of a histogram."""


REQUESTS: Final = Metric(
    "fils_http_requests_total",
    Kind.COUNTER,
    "Requests answered, by route template, method and status; status 499 is a client that went away first.",
    ("route", "method", "status"),
)
REQUEST_SECONDS: Final = Metric(
    "fils_http_request_duration_seconds",
    Kind.HISTOGRAM,
    "From the request's head to the end of its answer.",
    ("route",),
    _REQUEST_SECONDS,
)
PAYMENT_EVENTS: Final = Metric(
    "fils_payment_events_total",
    Kind.COUNTER,
    "Events of payments, as in the payment's lifecycle: payment_pending, payment_captured and so on.",
    ("event",),
)
ATTEMPTS_STARTED: Final = Metric(
    "fils_payment_attempts_started_total", Kind.COUNTER, "Customers who were sent to KNET."
)
SURPLUS_CAPTURES: Final = Metric(
    "fils_surplus_captures_total",
    Kind.COUNTER,
    "Captures that pay nothing and have to be given back: paid twice, or another amount.",
)
ATTENTION_RAISED: Final = Metric(
    "fils_attention_raised_total", Kind.COUNTER, "Attempts that began to need a person."
)
ATTENTION_OPEN: Final = Metric(
    "fils_attention_open",
    Kind.GAUGE,
    "Attempts that need a person now, of the whole installation; counted to 1000.",
)
ATTENTION_OLDEST: Final = Metric(
    "fils_attention_oldest_seconds",
    Kind.GAUGE,
    "Since when the longest waiting of them has needed one; 0 if none does.",
)
UNDECIDED_OLDEST: Final = Metric(
    "fils_undecided_payment_oldest_seconds",
    Kind.GAUGE,
    "Age of the oldest payment that is Pending and that Fils goes on looking at; 0 if there is none.",
)
DUE: Final = Metric(
    "fils_due_payments",
    Kind.GAUGE,
    "Payments whose time to be looked at has come, of the whole installation; counted to 1000.",
)
DUE_LEASED: Final = Metric(
    "fils_due_payments_leased",
    Kind.GAUGE,
    "Those of them that a node has in hand. A node that died has them for up to 60 seconds.",
)
DUE_OLDEST: Final = Metric(
    "fils_due_payment_oldest_seconds",
    Kind.GAUGE,
    "For how long the first of them has been due; 0 if none is.",
)
INQUIRIES: Final = Metric(
    "fils_inquiries_total",
    Kind.COUNTER,
    "Inquiries at KNET, by what it said; not_sent if it could not be reached, no_answer if nothing readable came.",
    ("result",),
)
INQUIRY_SECONDS: Final = Metric(
    "fils_inquiry_duration_seconds",
    Kind.HISTOGRAM,
    "How long KNET took to answer, or not to.",
    (),
    _REQUEST_SECONDS,
)
EVIDENCE_TAKEN: Final = Metric(
    "fils_evidence_taken_total",
    Kind.COUNTER,
    "What came from outside about attempts and was stored, by kind; repeats count again.",
    ("kind",),
)
MESSAGES_REFUSED: Final = Metric(
    "fils_messages_refused_total",
    Kind.COUNTER,
    "What came in the bank's name and was refused, by reason.",
    ("reason",),
)
REFUSALS_DELAYED: Final = Metric(
    "fils_refusals_delayed_total", Kind.COUNTER, "Refusals that waited in line because their source had many."
)
KEYS_REPEATED: Final = Metric(
    "fils_idempotency_keys_repeated_total",
    Kind.COUNTER,
    "Requests with an idempotency key that was used before: replayed, refused (another body) or busy.",
    ("result",),
)
COMMIT_SECONDS: Final = Metric(
    "fils_commit_duration_seconds",
    Kind.HISTOGRAM,
    "How long the database took to commit a group of changes.",
    (),
    _COMMIT_SECONDS,
)
COMMIT_CHANGES: Final = Metric(
    "fils_commit_group_changes", Kind.HISTOGRAM, "How many changes shared a commit.", (), _GROUP_SIZES
)
COMMITS_FAILED: Final = Metric(
    "fils_commits_failed_total",
    Kind.COUNTER,
    "Groups that the database did not take; their callers were told.",
)
COMMITS_WAITING: Final = Metric(
    "fils_commit_waiting_changes", Kind.GAUGE, "Changes that wait for the group under way; 1024 at most."
)
CONNECTIONS: Final = Metric(
    "fils_database_connections", Kind.GAUGE, "Connections for reads to PostgreSQL: idle or busy.", ("state",)
)
ROUNDS: Final = Metric(
    "fils_settling_rounds_total",
    Kind.COUNTER,
    "Rounds of the loop that settles due payments: whole, or failed for at least one of them.",
    ("result",),
)
SETTLED: Final = Metric(
    "fils_settled_payments_total", Kind.COUNTER, "Due payments that this process took in hand."
)
PART_OK: Final = Metric(
    "fils_part_ok", Kind.GAUGE, "Whether each part that /health asks works: 1 or 0.", ("part",)
)
LOOP_LAG: Final = Metric(
    "fils_event_loop_lag_seconds",
    Kind.HISTOGRAM,
    "How late the event loop ran what was due, tried every half second.",
    (),
    _LAG_SECONDS,
)
LINES_DROPPED: Final = Metric(
    "fils_log_lines_dropped_total",
    Kind.COUNTER,
    "Lines of the log that were not written: standard error was too slow, or gone.",
)
BUILD: Final = Metric(
    "fils_build_info", Kind.GAUGE, "1, with what is running.", ("version", "mode", "database")
)

METRICS: Final = (
    REQUESTS,
    REQUEST_SECONDS,
    PAYMENT_EVENTS,
    ATTEMPTS_STARTED,
    SURPLUS_CAPTURES,
    ATTENTION_RAISED,
    ATTENTION_OPEN,
    ATTENTION_OLDEST,
    UNDECIDED_OLDEST,
    DUE,
    DUE_LEASED,
    DUE_OLDEST,
    INQUIRIES,
    INQUIRY_SECONDS,
    EVIDENCE_TAKEN,
    MESSAGES_REFUSED,
    REFUSALS_DELAYED,
    KEYS_REPEATED,
    COMMIT_SECONDS,
    COMMIT_CHANGES,
    COMMITS_FAILED,
    COMMITS_WAITING,
    CONNECTIONS,
    ROUNDS,
    SETTLED,
    PART_OK,
    LOOP_LAG,
    LINES_DROPPED,
    BUILD,
)
"""Every metric of ours. Those of the process itself (``process_…``) come with the library."""

OF_THE_DATABASE: Final = (ATTENTION_OPEN, ATTENTION_OLDEST, UNDECIDED_OLDEST, DUE, DUE_LEASED, DUE_OLDEST)
"""Gauges that the database is asked for. Without its answer they are not a number, rather than what was."""
