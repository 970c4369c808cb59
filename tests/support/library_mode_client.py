"""
Runs an independent KNET client, ``fsspyipay``, as a program: the shop's side of one payment, none of it ours.

It is started with a Python that sees the client's folder and nothing of Fils:

    python -S -P library_mode_client.py start KEYSTORE RESOURCE ALIAS AMOUNT RESPONSE-URL ERROR-URL
    python -S -P library_mode_client.py read KEYSTORE RESOURCE ALIAS < FORM

``start`` prints the address for the customer's browser, ``read`` what a posted form says, as JSON.
"""

from __future__ import annotations

import json
import sys

from fsspyipay import Gateway


def main(act: str, keystore: str, resource: str, alias: str, *details: str) -> None:
    """Do one step of a payment, as the client's own documentation shows it."""
    if act == "start":
        amount, response_url, error_url = details
        gateway = Gateway(keystore, resource, alias, float(amount))
        gateway.response_url = response_url
        gateway.error_url = error_url
        sys.stdout.write(gateway.generate_purchase_request())
    else:
        gateway = Gateway(keystore, resource, alias, 0)
        sys.stdout.write(json.dumps(gateway.get_result(sys.stdin.read())))


if __name__ == "__main__":
    main(*sys.argv[1:])
