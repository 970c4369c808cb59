"""
KNET over HTTP, outgoing: the address that starts a payment, and inquiries.

It translates between the use cases' words and the wire, and turns what goes wrong on the network into the two errors
that matter: nothing left us, or it left and no readable answer came.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fils.application.addresses import error_url, notification_url
from fils.application.ports import Answer, Inquiry, PaymentStart
from fils.domain.errors import CertificateRefused, InvariantViolated, NotSent, OutcomeUnknown
from fils.domain.identifiers import TerminalId
from fils.domain.payment_setup import Language
from fils.knet import wire
from fils.knet.mapping import statement_of_inquiry
from fils.knet.terminals import TerminalBook, TerminalCredentials

if TYPE_CHECKING:
    import aiohttp

_LANGUAGES: Final = {Language.ENGLISH: wire.Language.ENGLISH, Language.ARABIC: wire.Language.ARABIC}

CONNECT_TIMEOUT_S: Final = 3
ANSWER_TIMEOUT_S: Final = 10
_CREDENTIALS_REFUSED: Final = frozenset({"IPAY0100015", "IPAY0100215"})
"""A wrong Tranportal password, an unknown Tranportal id."""
_ANSWER_OCTETS_MAX: Final = 64 * 1024
_CONNECTIONS_MAX: Final = 64


class KnetConnector:
    """The use cases' ``Connector``. ``open`` it before the first inquiry and ``close`` it after the last."""

    def __init__(
        self,
        terminals: TerminalBook,
        *,
        public_url: str,
        inbound_url: str,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> None:
        """
        Args:
            terminals: Every terminal's credentials.
            public_url: Our base url for browsers; errorURL is built from it.
            inbound_url: Our base url for KNET's server; responseURL is built from it. The same as *public_url*
                except where the bank is our own simulator, which calls the process's own listener.
            answer_timeout_s: How long an inquiry may take in all.
            connect_timeout_s: How long of that until there is a connection; before it nothing has left us.
        """
        self._terminals = terminals
        self._public_url = public_url
        self._inbound_url = inbound_url
        self._answer_timeout_s = answer_timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._outdated: set[tuple[TerminalId, int]] = set()
        """Versions that the bank has refused while it knew the current one."""

    async def open(self) -> None:
        """Make the pool of connections. The HTTP client is imported here, because importing it takes a while."""
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS_MAX),
            timeout=aiohttp.ClientTimeout(total=self._answer_timeout_s, connect=self._connect_timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    @property
    def is_open(self) -> bool:
        """Whether inquiries can be made."""
        return self._session is not None and not self._session.closed

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def start_url(self, start: PaymentStart) -> str:
        """The redirect to KNET's page, with the request encrypted under the attempt's credentials."""
        credentials = self._credentials(start.terminal_id, start.credentials_version)
        request = wire.PaymentRequest(
            tranportal_id=credentials.tranportal_id,
            password=credentials.password,
            language=_LANGUAGES[start.language],
            amount=start.amount,
            response_url=notification_url(self._inbound_url, start.terminal_id),
            error_url=error_url(self._public_url, start.terminal_id),
            track_id=start.track_id,
        )
        try:
            return wire.payment_start_url(credentials.browser_url, request, credentials.key)
        except wire.MessageInvalid as error:
            raise InvariantViolated(f"a payment start cannot be written: {error}") from error

    async def inquire(self, inquiry: Inquiry) -> Answer:
        """Ask tranPipe about a track id. KNET answers with HTTP 200 even when it refuses."""
        own = (inquiry.terminal_id, inquiry.credentials_version)
        await self._terminals.look_up(*own)
        if inquiry.only_with_these:
            credentials = self._credentials(*own)
            password = credentials.password if inquiry.new_password is None else inquiry.new_password
            return await self._ask(replace(credentials, password=password), inquiry)
        credentials = self._own(*own)
        current = self._terminals.newest_like(*own) or credentials
        if credentials.version == current.version or own in self._outdated:
            return await self._ask(current, inquiry)
        answer = await self._ask(credentials, inquiry)
        if answer.statement.error not in _CREDENTIALS_REFUSED:
            return answer
        renewed = await self._ask(current, inquiry)
        if renewed.statement.error not in _CREDENTIALS_REFUSED:
            # Each wrong password counts against the terminal at the bank, so it is not shown a second time.
            self._outdated.add(own)
        return renewed

    async def _ask(self, credentials: TerminalCredentials, inquiry: Inquiry) -> Answer:
        body = wire.write_inquiry_request(
            wire.InquiryRequest(
                tranportal_id=credentials.tranportal_id,
                password=credentials.password,
                amount=inquiry.amount,
                track_id=inquiry.track_id,
                search_by=wire.SearchKey.TRACK_ID,
                search_value=inquiry.track_id,
            )
        )
        raw = await self._post(wire.pipe_url(credentials.server_url), body)
        try:
            return Answer(statement_of_inquiry(wire.read_pipe_response(raw)), raw)
        except wire.ProtocolError as error:
            raise OutcomeUnknown("KNET's answer to an inquiry cannot be read") from error

    async def _post(self, url: str, body: str) -> str:
        import aiohttp

        if self._session is None:
            raise InvariantViolated("the connector is not open")
        headers = {"Content-Type": "application/xml"}
        try:
            async with self._session.post(
                url, data=body.encode(), headers=headers, allow_redirects=False
            ) as answer:
                octets = await _read_at_most(answer.content, _ANSWER_OCTETS_MAX + 1)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
            raise CertificateRefused("KNET's certificate is none that this machine trusts") from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent("KNET cannot be reached") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise OutcomeUnknown("KNET did not answer an inquiry") from error
        if answer.status != 200:
            raise OutcomeUnknown(f"KNET answered an inquiry with status {answer.status}")
        if len(octets) > _ANSWER_OCTETS_MAX:
            raise OutcomeUnknown("KNET's answer to an inquiry is too long")
        return octets.decode("utf-8", "replace")

    def _own(self, terminal_id: TerminalId, version: int) -> TerminalCredentials:
        """What an attempt was started with. Without it nobody can tell which Tranportal id the bank knows it by."""
        if not self._terminals.versions(terminal_id):
            raise InvariantViolated("the terminal of an attempt is gone")
        credentials = self._terminals.credentials(terminal_id, version)
        if credentials is None:
            raise NotSent("the credentials an attempt was started with cannot be used here")
        return credentials

    def _credentials(self, terminal_id: TerminalId, version: int) -> TerminalCredentials:
        credentials = self._terminals.credentials(terminal_id, version)
        if credentials is None:
            raise InvariantViolated("the credentials an attempt was started with are gone")
        return credentials


async def _read_at_most(content: aiohttp.StreamReader, octet_count: int) -> bytes:
    """Read to the end, in however many pieces it arrives, or until *octet_count* are there."""
    octets = bytearray()
    while len(octets) < octet_count and (piece := await content.read(octet_count - len(octets))):
        octets += piece
    return bytes(octets)
