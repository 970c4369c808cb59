"""The documented request, as every benchmark sends it (Checkout.com, KNET, Payment Setup API)."""

from __future__ import annotations

import http.client
from typing import Final

from benchmarks.support.processes import BenchmarkFailed
from fils.config import SANDBOX_CHANNEL, SANDBOX_KEY

SUCCESS_URL: Final = "https://example.com/payments/success"

SETUP_BODY: Final = b"""{
  "amount": 1000,
  "currency": "KWD",
  "processing_channel_id": "%s",
  "reference": "ORD-5023-4E89",
  "payment_methods": { "knet": { "language": "en" } },
  "settings": {
    "success_url": "%s",
    "failure_url": "https://example.com/payments/failure"
  }
}""" % (SANDBOX_CHANNEL.encode("ascii"), SUCCESS_URL.encode("ascii"))

HEADERS: Final = {"Authorization": f"Bearer {SANDBOX_KEY}", "Content-Type": "application/json"}


def create_setups(port: int, count: int) -> int:
    """Create *count* payment setups one after the other, and return the length of an answer in bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    size = 0
    for _ in range(count):
        connection.request("POST", "/payments/setups", body=SETUP_BODY, headers=HEADERS)
        answer = connection.getresponse()
        size = len(answer.read())
        if answer.status not in (200, 201):
            raise BenchmarkFailed(f"the documented request was answered {answer.status}")
    connection.close()
    return size
