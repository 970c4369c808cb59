"""
A public KNET client of another author pays at ``fils simulator``, in a process of its own.

So that the simulator is not only what our own connector takes it for: both could misread the protocol alike.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.padding import PKCS7

from tests.support.customer import APPROVING, DECLINING, Customer
from tests.support.simulator_process import running_simulator

CLIENTS: Final = Path(sys.prefix) / "clients"
"""Where ``scripts/test`` installs it, apart from everything else."""
PROGRAM: Final = Path(__file__).parents[1] / "support" / "library_mode_client.py"
SHOP: Final = "http://127.0.0.1:9"
"""Nothing listens there: what the browser would post to it goes to the client by hand."""
ALIAS: Final = "shop"
TERMINAL: Final = {"id": "888802", "password": "simpass02", "resourceKey": "SIMKEY0223456789"}
"""The built-in terminal in mode L, the one that the client can read."""
KIT_KEY: Final = bytes.fromhex("ef54cb681f16293d4cd91070a7baf24c01d5ef02eac4f48c")
KEYSTORE: Final = """
    zs7OzgAAAAIAAAABAAAAAwAFcGdrZXkAAAGiBCT3taztAAVzcgAzY29tLnN1bi5jcnlwdG8ucHJvdmlkZXIuU2VhbGVkT2JqZWN0
    Rm9yS2V5UHJvdGVjdG9yzVfKWecwu1MCAAB4cgAZamF2YXguY3J5cHRvLlNlYWxlZE9iamVjdD42PabDt1RwAgAEWwANZW5jb2Rl
    ZFBhcmFtc3QAAltCWwAQZW5jcnlwdGVkQ29udGVudHEAfgACTAAJcGFyYW1zQWxndAASTGphdmEvbGFuZy9TdHJpbmc7TAAHc2Vh
    bEFsZ3EAfgADeHB1cgACW0Ks8xf4BghU4AIAAHhwAAAAETAPBAg1TSSPdvjarAIDAw1AdXEAfgAFAAABIBFrC7JVSVw9TI5Z8cJE
    4g8wQBPbv52UfQUOaJ6LJCHJfdxYHcP9sh9t10s3lC1Y4pdvcs/ZlKXfHh+giEruiMeCvcSAVYKWaTYBHENKbmAArGJysLDHPEo7
    gJ4CoH08o1xP0z06Yg/HGLB/f36l+32dzyYh2ml29XBExS6yhByYRGtYu+nlphannHe4PscB9bvaCvNkDgv3RInd/NS4z4i++m/Q
    OMp3l6thCKRcyc56lfcoHy9UuGX1/rn/ojhJuSz2kpnNN00kR4ROtCF6eeZS7TFfPIlxCRsotPJlJgT33x6sDgmkDzjjR/gvns4F
    6efXwWPqERE/2gLHKB2kOrv8pLRXb8k0FITLwlJ88EOFsYVCuymqS4VLwXWtP0pAhnQAFlBCRVdpdGhNRDVBbmRUcmlwbGVERVN0
    ABZQQkVXaXRoTUQ1QW5kVHJpcGxlREVTuzTDvQQp1qy9Jdv0zdXen/Y4MIw=
"""
"""
``KIT_KEY`` in the keystore that a merchant gets, made by a JDK because no library writes one:
``keytool -genseckey -alias pgkey -keyalg DESede -storetype jceks -storepass password -keypass password``.
"""


@dataclass(frozen=True)
class ResourceKit:
    """The two files that the client reads its terminal from, as KNET's portal hands them out."""

    keystore: Path
    resource: Path

    @classmethod
    def write(cls, folder: Path, web_address: str) -> ResourceKit:
        """Make them for ``TERMINAL``, with a bank at *web_address*."""
        kit = cls(folder / "keystore.bin", folder / "resource.cgn")
        kit.keystore.write_bytes(base64.b64decode(KEYSTORE))
        fields = {**TERMINAL, "webaddress": web_address}
        tags = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as entries:
            entries.writestr(f"{ALIAS}.xml", _seal(f"<terminal>{tags}</terminal>".encode()))
        kit.resource.write_bytes(_seal(archive.getvalue()))
        return kit

    def client(self, act: str, *details: str, posted: str = "") -> str:
        """What the client prints for one step; see ``library_mode_client.py``."""
        files = str(self.keystore), str(self.resource)
        done = subprocess.run(
            [sys.executable, "-S", "-P", str(PROGRAM), act, *files, ALIAS, *details],
            env={"PYTHONPATH": str(CLIENTS)},
            input=posted,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{done.stderr}\nInstall it with ./scripts/test"
        return done.stdout


def _seal(content: bytes) -> bytes:
    padder = PKCS7(64).padder()
    encryptor = Cipher(TripleDES(KIT_KEY), ECB()).encryptor()  # noqa: S305 - the kit's own cipher
    return encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()


@pytest.mark.parametrize(
    ("expiry", "result", "code"), [(APPROVING, "CAPTURED", "00"), (DECLINING, "NOT CAPTURED", "05")]
)
def test_an_independent_client_starts_a_payment_and_reads_its_result(
    tmp_path: Path, expiry: tuple[str, str], result: str, code: str
) -> None:
    with running_simulator(tmp_path) as simulator:
        kit = ResourceKit.write(tmp_path, f"{simulator.base_url}/kpg")
        start_url = kit.client("start", "1.5", f"{SHOP}/response", f"{SHOP}/error")
        customer = Customer()
        customer.open(start_url)
        customer.fill_in_card(expiry)
        [payment_id] = parse_qs(urlsplit(customer.url).query)["PaymentID"]
        customer.confirm()
        address, form = customer.form({})

        told = json.loads(kit.client("read", posted=form.decode()))

    assert address == f"{SHOP}/response"
    assert (told["result"], told["authRespCode"]) == (result, code)
    assert (told["paymentid"], told["amt"]) == (payment_id, "1.500")
