"""The mail queue against a real SMTP server: sent once accepted, kept while it is not, dropped when refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from chassis.database import Session
from chassis.mail import Letter, MailSender, WhenGone, post
from chassis.sealing import sealing_of
from chassis.sealing.destruction import KeyDestruction
from chassis.tasks import end_all
from ops.run.ports import any_port
from tests.support.clock import FakeClock
from tests.support.postgres import PostgresServer
from tests.support.sealing import keys_left, opened_with
from tests.support.toy_service import TABLES, Toy

ADDRESS = "anna@school.example"
SENDER = "Larabot <no-reply@larabot.example>"
LETTER = Letter(
    to=ADDRESS,
    subject="Bekräfta din adress",
    text="Följ länken.",
    html="<p>Följ länken.</p>",
    headers={"List-Unsubscribe": "<https://larabot.example/unsubscribe>"},
)


class Server:
    """Accepts letters, or answers as told: `at_recipient` to RCPT, `at_data` to DATA."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.at_recipient = self.at_data = ""
        self.slow_seconds = 0.0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.slow_seconds)
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.at_data:
            return self.at_data
        self.letters.append(message_from_bytes(envelope.content, policy=SMTP))
        return "250 OK"


def content(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    return "" if body is None else str(body.get_content()).strip()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    controller = Controller(server, hostname="127.0.0.1", port=any_port())
    controller.start()
    yield controller.port
    controller.stop()


def sender_to(toy: Toy, port: int, when_gone: WhenGone | None = None) -> MailSender:
    return MailSender(toy.database, TABLES, "127.0.0.1", port, SENDER, None, None, toy.clock, when_gone=when_gone)


@pytest.fixture
async def sender(toy: Toy, port: int) -> MailSender:
    await toy.database.write(post, TABLES, LETTER)
    return sender_to(toy, port)


async def test_an_accepted_letter_leaves_the_queue(toy: Toy, sender: MailSender, server: Server) -> None:
    assert await sender.send_due() == 1
    (letter,) = server.letters
    assert (letter["To"], letter["From"]) == (ADDRESS, SENDER)
    assert (letter["Subject"], letter["Auto-Submitted"]) == ("Bekräfta din adress", "auto-generated")
    assert letter["List-Unsubscribe"] == "<https://larabot.example/unsubscribe>"
    assert content(letter, "plain") == "Följ länken."
    assert content(letter, "html") == "<p>Följ länken.</p>"
    assert await toy.rows("mail_queue") == []
    assert sender.outcomes == {"sent": 1}


async def test_the_message_id_is_random_and_says_nothing(sender: MailSender, server: Server, toy: Toy) -> None:
    (row,) = await toy.rows("mail_queue")
    await sender.send_due()
    assert server.letters[0]["Message-ID"] == f"<{row['id']}@larabot.example>"
    assert "anna" not in row["id"]


async def test_who_posted_a_letter_learns_when_it_has_left_the_queue_and_not_before(
    toy: Toy, port: int, server: Server, clock: FakeClock
) -> None:
    gone: list[str] = []

    def when_gone(_session: Session, letter_id: str) -> None:
        gone.append(letter_id)

    letter_id = await toy.database.write(post, TABLES, LETTER)
    sender = sender_to(toy, port, when_gone)
    server.at_data = "451 later"
    assert await sender.send_due() == 1
    assert gone == []
    server.at_data = "554 never"
    clock.advance(timedelta(hours=1))
    assert await sender.send_due() == 1
    assert gone == [letter_id]


@pytest.mark.parametrize("stage", ["at_recipient", "at_data"])
async def test_a_letter_that_is_put_off_is_tried_again_later(
    toy: Toy, sender: MailSender, server: Server, clock: FakeClock, stage: str
) -> None:
    setattr(server, stage, "450 try later")
    assert await sender.send_due() == 1
    assert await sender.send_due() == 0
    setattr(server, stage, "")
    clock.advance(timedelta(seconds=5))
    assert await sender.send_due() == 1
    assert len(server.letters) == 1
    assert sender.outcomes == {"postponed": 1, "sent": 1}
    assert await toy.rows("mail_queue") == []


async def test_a_letter_that_a_killed_sender_held_is_taken_back_by_the_next(
    toy: Toy, sender: MailSender, server: Server, port: int
) -> None:
    server.slow_seconds = 5
    killed = asyncio.create_task(sender.run())
    async with asyncio.timeout(5):
        while not (await toy.rows("mail_queue"))[0]["attempts"]:
            await asyncio.sleep(0.01)
    await end_all([killed])
    server.slow_seconds = 0
    if toy.database.dialect == "postgresql":
        return  # another replica may be at work: there the lease runs out
    following = asyncio.create_task(sender_to(toy, port).run())
    async with asyncio.timeout(5):
        while await toy.rows("mail_queue"):
            await asyncio.sleep(0.01)
    await end_all([following])
    assert len(server.letters) == 1


@pytest.mark.parametrize("stage", ["at_recipient", "at_data"])
async def test_a_letter_refused_for_good_is_dropped_and_counted(
    toy: Toy, sender: MailSender, server: Server, stage: str
) -> None:
    setattr(server, stage, "550 no such mailbox")
    await sender.send_due()
    assert await toy.rows("mail_queue") == []
    assert sender.outcomes == {"refused": 1}


async def test_a_letter_that_smtp_cannot_carry_does_not_keep_the_others_waiting(
    toy: Toy, sender: MailSender, server: Server
) -> None:
    for address in ("\u00e5sa@school.example", ADDRESS):
        await toy.database.write(post, TABLES, replace(LETTER, to=address))
    await sender.send_due()
    assert [letter["To"] for letter in server.letters] == [ADDRESS] * 2
    assert sender.outcomes == {"refused": 1, "sent": 2}


async def test_a_server_that_is_away_costs_no_letter_for_a_day(toy: Toy, sender: MailSender, clock: FakeClock) -> None:
    nowhere = sender_to(toy, any_port())
    for _ in range(23):
        clock.advance(timedelta(hours=1))
        assert await nowhere.send_due() == 1
        assert len(await toy.rows("mail_queue")) == 1
    clock.advance(timedelta(hours=1))
    await nowhere.send_due()
    assert await toy.rows("mail_queue") == []
    assert nowhere.outcomes == {"postponed": 23, "expired": 1}


async def test_a_crash_while_sending_frees_the_letter_after_its_lease(
    toy: Toy, sender: MailSender, server: Server, clock: FakeClock
) -> None:
    server.slow_seconds = 0.5
    sending = asyncio.create_task(sender.send_due())
    async with asyncio.timeout(5):
        while not (await toy.rows("mail_queue"))[0]["attempts"]:
            await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert await sender.send_due() == 0
    server.slow_seconds = 0
    clock.advance(timedelta(minutes=6))
    await sender.send_due()
    assert len(server.letters) == 1


async def test_several_senders_send_each_letter_once(toy: Toy, server: Server, port: int) -> None:
    for _ in range(30):
        await toy.database.write(post, TABLES, LETTER)

    async def send_all(sender: MailSender) -> None:
        while await sender.send_due():
            pass

    await asyncio.gather(*(send_all(sender_to(toy, port)) for _ in range(4)))
    assert len({letter["Message-ID"] for letter in server.letters}) == 30
    assert len(server.letters) == 30


@contextlib.asynccontextmanager
async def running(sender: MailSender | KeyDestruction) -> AsyncIterator[None]:
    task = asyncio.create_task(sender.run())
    yield
    await end_all([task])


async def test_a_commit_sends_at_once_and_a_rollback_never(toy: Toy, port: int, server: Server) -> None:
    async with running(sender_to(toy, port)):
        with pytest.raises(ZeroDivisionError):
            await toy.fail_after(lambda session: post(session, TABLES, LETTER))
        await toy.database.write(post, TABLES, LETTER)
        async with asyncio.timeout(5):
            while await toy.rows("mail_queue"):
                await asyncio.sleep(0.01)
    assert len(server.letters) == 1


async def test_a_letter_is_readable_in_no_file_and_its_key_goes_when_it_is_sent(
    toy: Toy, port: int, server: Server, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    link = "https://larabot.example/verify#token=a-secret-of-a-link"
    address = "anna@sealed-letter.example"  # which no other test writes into the same server
    await toy.database.write(post, TABLES, replace(LETTER, to=address, text=link))
    sealing = await toy.database.read(sealing_of)
    waiting = stored_bytes(toy, request, tmp_path)
    assert not [word for word in (address, "a-secret-of-a-link") if word.encode() in waiting]
    assert b"a-secret-of-a-link" in opened_with(waiting, keys_left(sealing), most=4000)
    async with running(sender_to(toy, port)), running(KeyDestruction(toy.database, sealing)):
        async with asyncio.timeout(10):
            while not server.letters or sealing.file.occupied():
                await asyncio.sleep(0.02)
    assert address.encode() not in stored_bytes(toy, request, tmp_path)


async def test_a_letter_whose_key_is_lost_does_not_keep_the_others_waiting(
    toy: Toy, sender: MailSender, server: Server
) -> None:
    sealing = await toy.database.read(sealing_of)
    sealing.file.destroy(sealing.file.occupied())
    await toy.database.write(post, TABLES, LETTER)
    assert await sender.send_due() == 2
    assert sender.outcomes == {"unreadable": 1, "sent": 1}
    assert await toy.rows("mail_queue") == []


def stored_bytes(toy: Toy, request: pytest.FixtureRequest, folder: Path) -> bytes:
    if toy.database.dialect == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.stored_bytes()
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
