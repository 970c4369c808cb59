"""The connector against a real socket: what each trouble on the network means, and what an answer says."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from fils.application.ports import Inquiry, PaymentStart
from fils.domain.errors import CertificateRefused, InvariantViolated, NotSent, OutcomeUnknown
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.identifiers import TerminalId
from fils.domain.money import KWD, Money
from fils.domain.payment_setup import Language
from fils.knet import wire
from fils.knet.connector import KnetConnector
from fils.knet.simulator import SimulatorSettings, SimulatorTerminal, create_simulator
from fils.knet.terminals import TerminalBook, TerminalCredentials
from tests.support.ports import free_port
from tests.support.postgresql import make_certificate
from tests.support.serving import serving

TERMINAL = TerminalId("trm_4gubyq2w335upc54dx7a4257lq")
KEY = wire.TerminalKey("SIMKEY0123456789")
AMOUNT = Money(1500, KWD)
INQUIRY = Inquiry(terminal_id=TERMINAL, credentials_version=1, track_id="TRK1", amount=AMOUNT)
CAPTURED = wire.write_inquiry_response(
    wire.InquiryResponse(
        result="CAPTURED",
        track_id="TRK1",
        amount=AMOUNT,
        payment_id="100201914315601265",
        auth="B00775",
        ref="914310000349",
        tran_id="201914384388126",
        post_date="0524",
        udf5="TRK1",
        auth_resp_code="00",
    )
).encode()

_ROTATED = {1: "oldpass1", 2: "newpass2"}

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


def http(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@dataclass
class Bank:
    """A bank's socket that answers as a test says, and keeps what it was asked."""

    answer: Answering
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    ended: list[asyncio.Event] = field(default_factory=list)
    """One for each connection."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ended.append(ended := asyncio.Event())
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
        self.requests.append(head + await reader.readexactly(length))
        with suppress(ConnectionError):
            await self.answer(writer)
            writer.close()
            await writer.wait_closed()
        ended.set()


def saying(*pieces: bytes) -> Answering:
    """Write the pieces one by one, so that they arrive apart."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(0.02)
            writer.write(piece)
            await writer.drain()

    return answer


@asynccontextmanager
async def connector_to(
    url: str,
    *,
    answer_timeout_s: float = 5,
    connect_timeout_s: float = 3,
    tranportal_ids: tuple[str, ...] = ("888801",),
) -> AsyncIterator[KnetConnector]:
    """A connector to a bank; a terminal with several versions has the passwords of ``_ROTATED``."""
    credentials = TerminalCredentials(
        terminal_id=TERMINAL,
        version=1,
        tranportal_id="888801",
        password="simpass01",
        key=KEY,
        browser_url="https://bank.example/kpg",
        server_url=url,
    )
    rotated = [
        replace(credentials, version=number, password=_ROTATED[number], tranportal_id=tranportal_id)
        for number, tranportal_id in enumerate(tranportal_ids, 1)
    ]
    connector = KnetConnector(
        TerminalBook(rotated if len(rotated) > 1 else [credentials]),
        public_url="https://fils.example",
        inbound_url="http://127.0.0.1:4140",
        answer_timeout_s=answer_timeout_s,
        connect_timeout_s=connect_timeout_s,
    )
    await connector.open()
    try:
        yield connector
    finally:
        await connector.close()


@asynccontextmanager
async def bank_saying(answer: Answering) -> AsyncIterator[Bank]:
    bank = Bank(answer)
    listener = await asyncio.start_server(bank.serve, "127.0.0.1", 0)
    bank.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/kpg"
    async with listener:
        try:
            yield bank
        finally:
            for ended in bank.ended:
                await ended.wait()


async def inquire(answer: Answering, *, answer_timeout_s: float = 5) -> BankStatement:
    async with bank_saying(answer) as bank, connector_to(bank.url, answer_timeout_s=answer_timeout_s) as knet:
        return (await knet.inquire(INQUIRY)).statement


async def test_an_answer_is_read_and_kept_raw() -> None:
    async with bank_saying(saying(http(CAPTURED))) as bank, connector_to(bank.url) as knet:
        answer = await knet.inquire(INQUIRY)
    assert answer.raw == CAPTURED.decode()
    assert answer.statement.outcome is Outcome.CAPTURED
    assert (answer.statement.track_id, answer.statement.amount) == ("TRK1", AMOUNT)
    (request,) = bank.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /kpg/tranPipe.htm?param=tranInit& HTTP/1.1")
    asked = wire.read_pipe_request(body.decode())
    assert (asked.action, asked.id, asked.trackid, asked.amount_text) == ("8", "888801", "TRK1", "1.500")


async def test_an_answer_that_comes_in_pieces_is_read_whole() -> None:
    whole = http(CAPTURED)
    cuts = (whole[:30], whole[30:150], whole[150:230], whole[230:])
    assert (await inquire(saying(*cuts))).outcome is Outcome.CAPTURED


async def test_a_refusal_of_knet_is_an_answer() -> None:
    body = wire.write_pipe_error(wire.PipeError("IPAY0100263", "Transaction not found.")).encode()
    statement = await inquire(saying(http(body)))
    assert (statement.outcome, statement.error) == (Outcome.NOT_FOUND, "IPAY0100263")


async def test_where_nobody_listens_nothing_was_sent() -> None:
    async with connector_to(f"http://127.0.0.1:{free_port()}/kpg") as knet:
        with pytest.raises(NotSent):
            await knet.inquire(INQUIRY)


async def test_a_host_without_an_address_was_sent_nothing() -> None:
    async with connector_to("http://bank.invalid/kpg") as knet:
        with pytest.raises(NotSent):
            await knet.inquire(INQUIRY)


async def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    make_certificate(tmp_path / "server", "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    bank = Bank(saying(http(CAPTURED)))
    listener = await asyncio.start_server(bank.serve, "127.0.0.1", 0, ssl=context)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        async with connector_to(f"https://localhost:{port}/kpg") as knet:
            with pytest.raises(CertificateRefused):
                await knet.inquire(INQUIRY)
    assert bank.requests == []


async def test_a_bank_that_takes_no_connection_got_nothing() -> None:
    """A full queue of connections drops them, as a firewall does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/kpg"
        with ExitStack() as stack:
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(listener.getsockname())
            async with connector_to(url, connect_timeout_s=0.2) as knet:
                with pytest.raises(NotSent):
                    await knet.inquire(INQUIRY)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((b"",), id="nothing"),
        pytest.param((b"\x00\xff garbage\r\n\r\n",), id="no HTTP"),
        pytest.param((http(CAPTURED)[:-20],), id="cut off"),
        pytest.param((http(b""),), id="empty"),
        pytest.param((http(b"\xff\xfe\x00"),), id="no text"),
        pytest.param((http(b"<html>Service unavailable</html>"),), id="a page"),
        pytest.param(
            (http(CAPTURED.replace(b"<trackid>", b"<result>CAPTURED</result><trackid>")),), id="twice"
        ),
        pytest.param((http(b'<!DOCTYPE a [<!ENTITY b "c">]>' + CAPTURED),), id="entities"),
        pytest.param((http(CAPTURED, status="500 Internal Server Error"),), id="500"),
        pytest.param((http(CAPTURED, status="404 Not Found"),), id="404"),
        pytest.param((http(CAPTURED, status="204 No Content"),), id="204"),
        pytest.param(
            (http(CAPTURED, status="302 Found", headers="Location: http://127.0.0.1:1/\r\n"),), id="redirect"
        ),
        pytest.param((http(CAPTURED + b" " * 65_536),), id="too long"),
    ],
)
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(OutcomeUnknown):
        await inquire(saying(*pieces))


async def test_silence_leaves_the_outcome_unknown() -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)

    with pytest.raises(OutcomeUnknown):
        await inquire(silent, answer_timeout_s=0.1)


async def test_a_redirect_is_not_followed() -> None:
    async with bank_saying(saying(http(CAPTURED))) as elsewhere:
        redirect = http(b"", status="307 Temporary Redirect", headers=f"Location: {elsewhere.url}\r\n")
        with pytest.raises(OutcomeUnknown):
            await inquire(saying(redirect))
    assert elsewhere.requests == []


async def test_a_connector_that_is_not_open_and_credentials_that_are_gone_are_our_bugs() -> None:
    async with connector_to("http://127.0.0.1:1/kpg") as knet:
        await knet.close()
        await knet.close()
        with pytest.raises(InvariantViolated):
            await knet.inquire(INQUIRY)
        with pytest.raises(InvariantViolated):
            await knet.inquire(replace(INQUIRY, terminal_id=TerminalId("trm_another")))
        with pytest.raises(InvariantViolated):
            knet.start_url(replace(start(), credentials_version=2))


# Credentials that were rotated


def refusing(*passwords: bytes, code: str = "IPAY0100015") -> Callable[[bytes], bytes]:
    """A bank that refuses these passwords, with that code."""
    error = wire.write_pipe_error(wire.PipeError(code=code, text="Invalid Tranportal Password.")).encode()
    return lambda request: error if any(word in request for word in passwords) else CAPTURED


@asynccontextmanager
async def rotating(
    decide: Callable[[bytes], bytes], *, tranportal_ids: tuple[str, ...] = ("888801", "888801")
) -> AsyncIterator[tuple[Bank, KnetConnector]]:
    """A terminal with an old and a new password, and a bank that answers each request as *decide* says."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        await saying(http(decide(bank.requests[-1]), headers="Connection: close\r\n"))(writer)

    async with bank_saying(answer) as bank, connector_to(bank.url, tranportal_ids=tranportal_ids) as knet:
        yield bank, knet


def passwords_shown(bank: Bank) -> list[str]:
    return [
        word.decode() for request in bank.requests for word in (b"oldpass1", b"newpass2") if word in request
    ]


async def test_an_attempt_under_way_is_asked_about_with_the_credentials_it_started_with() -> None:
    async with rotating(refusing(b"newpass2")) as (bank, knet):
        assert (await knet.inquire(INQUIRY)).statement.outcome is Outcome.CAPTURED
        assert passwords_shown(bank) == ["oldpass1"]


@pytest.mark.parametrize("code", ["IPAY0100015", "IPAY0100215"])
async def test_when_the_bank_has_forgotten_the_old_credentials_it_is_asked_with_the_current(
    code: str,
) -> None:
    async with rotating(refusing(b"oldpass1", code=code)) as (bank, knet):
        assert (await knet.inquire(INQUIRY)).statement.outcome is Outcome.CAPTURED
        assert (await knet.inquire(INQUIRY)).statement.outcome is Outcome.CAPTURED
        assert passwords_shown(bank) == ["oldpass1", "newpass2", "newpass2"]


async def test_a_bank_that_refuses_both_is_asked_with_the_attempts_own_again() -> None:
    async with rotating(refusing(b"oldpass1", b"newpass2")) as (bank, knet):
        for _ in range(2):
            answer = await knet.inquire(INQUIRY)
            assert (answer.statement.outcome, answer.statement.error) == (Outcome.UNKNOWN, "IPAY0100015")
        assert passwords_shown(bank) == ["oldpass1", "newpass2"] * 2


async def test_another_error_than_of_the_credentials_is_an_answer() -> None:
    async with rotating(refusing(b"oldpass1", code="IPAY0100263")) as (bank, knet):
        assert (await knet.inquire(INQUIRY)).statement.outcome is Outcome.NOT_FOUND
        assert passwords_shown(bank) == ["oldpass1"]


async def test_current_credentials_that_are_refused_are_not_shown_twice() -> None:
    async with rotating(refusing(b"newpass2")) as (bank, knet):
        answer = await knet.inquire(replace(INQUIRY, credentials_version=2))
        assert answer.statement.outcome is Outcome.UNKNOWN
        assert passwords_shown(bank) == ["newpass2"]


async def test_an_attempt_whose_credentials_are_not_known_is_not_asked_about_with_others() -> None:
    async with rotating(refusing()) as (bank, knet):
        with pytest.raises(NotSent, match="cannot be used here"):
            await knet.inquire(replace(INQUIRY, credentials_version=7))
        assert passwords_shown(bank) == []


@pytest.mark.parametrize("code", ["IPAY0100015", "IPAY0100215"])
async def test_a_bank_that_has_forgotten_the_old_credentials_is_not_asked_under_another_tranportal_id(
    code: str,
) -> None:
    """There it would say "not found" about a payment that it captured."""
    async with rotating(refusing(b"oldpass1", code=code), tranportal_ids=("888801", "888899")) as (
        bank,
        knet,
    ):
        answer = await knet.inquire(INQUIRY)
        assert (answer.statement.outcome, answer.statement.error) == (Outcome.UNKNOWN, code)
        assert passwords_shown(bank) == ["oldpass1"]


async def test_credentials_that_are_tried_are_shown_alone() -> None:
    async with rotating(refusing(b"oldpass1")) as (bank, knet):
        answer = await knet.inquire(replace(INQUIRY, only_with_these=True))
        assert answer.statement.error == "IPAY0100015"
        assert passwords_shown(bank) == ["oldpass1"]
        answer = await knet.inquire(replace(INQUIRY, only_with_these=True, new_password="newpass2"))
        assert answer.statement.outcome is Outcome.CAPTURED
        assert passwords_shown(bank) == ["oldpass1", "newpass2"]
        with pytest.raises(InvariantViolated):
            await knet.inquire(replace(INQUIRY, credentials_version=7, only_with_these=True))


def start(track_id: str = "TRK1") -> PaymentStart:
    return PaymentStart(
        terminal_id=TERMINAL,
        credentials_version=1,
        track_id=track_id,
        amount=AMOUNT,
        language=Language.ARABIC,
    )


async def test_a_start_names_our_addresses_and_carries_no_text_of_the_shop() -> None:
    async with connector_to("http://127.0.0.1:1/kpg") as knet:
        url = urlsplit(knet.start_url(start()))
        assert url.geturl().startswith("https://bank.example/kpg/PaymentHTTP.htm?")
        (trandata,) = parse_qs(url.query)["trandata"]
        with pytest.raises(InvariantViolated):
            knet.start_url(start("not a track id"))
    assert wire.read_payment_request(trandata, KEY) == wire.PaymentRequest(
        tranportal_id="888801",
        password="simpass01",
        language=wire.Language.ARABIC,
        amount=AMOUNT,
        response_url=f"http://127.0.0.1:4140/knet/notifications/{TERMINAL}",
        error_url=f"https://fils.example/knet/errors/{TERMINAL}",
        track_id="TRK1",
    )


async def test_the_simulator_answers_that_it_knows_no_such_transaction(tmp_path: Path) -> None:
    terminal = SimulatorTerminal(
        tranportal_id="888801",
        password="simpass01",
        key=KEY,
        error_origins=frozenset(),
        merchant_name="Shop",
    )
    app = create_simulator(
        SimulatorSettings(
            books=tmp_path / "books.sqlite3",
            terminals=(terminal,),
            base_path="/kpg",
            allowed_hosts=frozenset({"127.0.0.1"}),
        )
    )
    async with serving(app) as base_url, connector_to(f"{base_url}/kpg") as knet:
        answer = await knet.inquire(INQUIRY)
    assert (answer.statement.outcome, answer.statement.error) == (Outcome.NOT_FOUND, "IPAY0100263")
