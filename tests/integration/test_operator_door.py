"""The operator's door as a socket: who reaches it, what it bears, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from fils.domain.identifiers import PaymentAttemptId
from fils.domain.payment_attempt import PaymentAttempt
from fils.operations.asking import DoorClosed, ask
from fils.operations.door import CONNECTIONS_MAX, OperatorDoor
from fils.operations.messages import (
    REQUEST_OCTETS_MAX,
    Answer,
    Refused,
    Unanswered,
    read_answer,
    write_message,
)
from fils.operations.messages.payments import AttentionList, ListAttention, PreviewResolution
from fils.operations.socket_path import door_path
from fils.storage.memory import MemoryStore
from tests.support.application_ports import make_ports

QUESTION = ListAttention(limit=1)
NOTHING = AttentionList((), None)


@asynccontextmanager
async def opened(path: Path, store: MemoryStore | None = None) -> AsyncIterator[OperatorDoor]:
    door = OperatorDoor(make_ports(store=store), path, transfer_timeout_s=0.2)
    await door.open()
    try:
        yield door
    finally:
        await door.close()


async def asked(path: Path) -> Answer:
    return await asyncio.to_thread(ask, path, QUESTION)


async def sent(path: Path, octets: bytes, *, ends: bool = False) -> Answer:
    """What *octets* are answered with, sent as they are."""
    reader, writer = await asyncio.open_unix_connection(path)
    with closing(writer):
        writer.write(octets)
        if ends:
            writer.write_eof()
        return read_answer(await reader.readline())


def refusal(answer: Answer) -> str:
    assert isinstance(answer, Refused)
    return answer.code


async def test_a_command_is_answered_and_another_and_many_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "door"):
        assert await asked(tmp_path / "door") == NOTHING
        assert await asyncio.gather(*(asked(tmp_path / "door") for _ in range(8))) == [NOTHING] * 8


async def test_the_socket_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        async with opened(tmp_path / "door"):
            mode = (tmp_path / "door").lstat().st_mode
    finally:
        os.umask(before)
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


async def test_it_is_gone_when_the_door_is_closed(tmp_path: Path) -> None:
    async with opened(tmp_path / "door") as door:
        pass
    assert list(tmp_path.iterdir()) == []
    await door.close()
    with pytest.raises(DoorClosed):
        await asked(tmp_path / "door")


async def test_a_path_that_is_too_long_for_a_socket_is_reached_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / ("long " * 20) / ("longer " * 20)
    folder.mkdir(parents=True)
    async with opened(folder / "door"):
        assert await asked(folder / "door") == NOTHING
    assert list(folder.iterdir()) == []


async def test_a_socket_that_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "door"))
    with pytest.raises(DoorClosed):
        await asked(tmp_path / "door")
    async with opened(tmp_path / "door"):
        assert await asked(tmp_path / "door") == NOTHING


def a_file(path: Path) -> None:
    path.write_text("Dear customer")


def a_link(path: Path) -> None:
    path.symlink_to(path.parent / "elsewhere")


@pytest.mark.parametrize("make", [a_file, a_link, Path.mkdir])
async def test_what_is_not_ours_stays_and_fils_serves_without_a_door(
    tmp_path: Path, make: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path / "door")
    before = (tmp_path / "door").lstat()
    async with opened(tmp_path / "door"):
        assert "will not reach this Fils" in caplog.text
        assert "something else has that name" in caplog.text
    assert (tmp_path / "door").lstat() == before
    assert [path.name for path in tmp_path.iterdir()] == ["door"]


async def test_a_folder_that_can_hold_no_socket_is_no_reason_not_to_serve(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path / "nowhere" / "door"):
        assert "cannot be made (No such file or directory)" in caplog.text
    with pytest.raises(DoorClosed):
        await asked(tmp_path / "nowhere" / ("long" * 40))


async def test_a_file_that_was_put_in_its_place_meanwhile_is_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / "door"):
        (tmp_path / "door").unlink()
        a_file(tmp_path / "door")
    assert (tmp_path / "door").read_text() == "Dear customer"


@pytest.mark.parametrize(
    "octets",
    [
        b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"type":"fly"}\n',
        b"x" * (REQUEST_OCTETS_MAX - 1) + b"\n",
        b"x" * (REQUEST_OCTETS_MAX * 3) + b"\n",
        write_message(PreviewResolution("att_1", True, "Noura", "r" * REQUEST_OCTETS_MAX)),
    ],
    ids=["empty", "http", "unknown", "long", "too-long", "long-evidence"],
)
async def test_what_is_no_request_is_refused_and_the_next_is_answered(tmp_path: Path, octets: bytes) -> None:
    async with opened(tmp_path / "door"):
        assert refusal(await sent(tmp_path / "door", octets)) == "request_unreadable"
        assert await asked(tmp_path / "door") == NOTHING


@pytest.mark.parametrize("ends", [False, True], ids=["dawdles", "ends"])
async def test_a_request_that_does_not_arrive_whole_is_given_up(tmp_path: Path, ends: bool) -> None:
    async with opened(tmp_path / "door"):
        answer = await sent(tmp_path / "door", b'{"type":"list_att', ends=ends)
        assert refusal(answer) == "request_unreadable"


async def test_whoever_leaves_without_the_answer_harms_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path / "door"):
        for _ in range(20):
            _, writer = await asyncio.open_unix_connection(tmp_path / "door")
            writer.write(write_message(QUESTION))
            writer.close()
        assert await asked(tmp_path / "door") == NOTHING


async def test_more_commands_than_it_bears_are_told_to_come_again(tmp_path: Path) -> None:
    async with opened(tmp_path / "door"):
        silent = [await asyncio.open_unix_connection(tmp_path / "door") for _ in range(CONNECTIONS_MAX)]
        assert refusal(await asked(tmp_path / "door")) == "busy"
        for reader, writer in silent:
            assert refusal(read_answer(await reader.readline())) == "request_unreadable"
            writer.close()
        assert await asked(tmp_path / "door") == NOTHING


class Held(MemoryStore):
    """Answers the list when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def attempts_needing_a_person(
        self, *, after: PaymentAttemptId | None, limit: int
    ) -> tuple[PaymentAttempt, ...]:
        self.asked.set()
        await self.goes_on.wait()
        return await super().attempts_needing_a_person(after=after, limit=limit)


async def test_what_is_under_way_is_answered_before_the_door_is_closed(tmp_path: Path) -> None:
    store = Held()
    async with opened(tmp_path / "door", store) as door:
        asking = asyncio.ensure_future(asked(tmp_path / "door"))
        await store.asked.wait()
        closing_door = asyncio.ensure_future(door.close())
        await asyncio.sleep(0)
        assert not closing_door.done()
        store.goes_on.set()
        assert await asking == NOTHING
        await closing_door


class Broken(MemoryStore):
    """Has a bug."""

    async def attempts_needing_a_person(
        self, *, after: PaymentAttemptId | None, limit: int
    ) -> tuple[PaymentAttempt, ...]:
        raise ZeroDivisionError("the secret of the house")


async def test_a_bug_is_logged_and_told_without_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path / "door", Broken()):
        answer = await asked(tmp_path / "door")
    assert refusal(answer) == "unexpected"
    assert "secret" not in str(answer)
    assert "could not be answered" in caplog.text


@pytest.mark.parametrize("said", [b"", b"{}\n", b"\xff\n"])
async def test_no_answer_and_one_that_cannot_be_read_leave_it_unknown(tmp_path: Path, said: bytes) -> None:
    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with await asyncio.start_unix_server(serve, tmp_path / "door"):
        with pytest.raises(Unanswered):
            await asked(tmp_path / "door")


def test_the_door_of_a_database_is_beside_its_real_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "fils.db")
    assert door_path(tmp_path / "link.db") == tmp_path / "real" / "fils.db.door"
