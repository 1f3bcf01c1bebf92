"""Letters: queued in the transaction of what they tell of, sent by SMTP afterwards, and gone once accepted.

The queue holds an address and a rendered letter, so it is personal data with a short life; both are sealed under a
key of the letter's own, which is destroyed when the letter leaves the queue. A letter is leased to
one sender at a time; after a crash it may be sent twice, under the same Message-ID. Addresses never reach a log.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

import aiosmtplib
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.exc import NoResultFound

from chassis.clock import Clock
from chassis.database import Database, Session, now_in, wake_after_commit
from chassis.sealing import SUBJECT_KEYS, Unreadable, new_key
from chassis.tables import StandardTables
from chassis.telemetry import Log
from chassis.worker import AT_ONCE, Worker
from contracts.identifiers import new_id

BATCH_MAX = 10
SMTP_SECONDS = 15.0
LEASE = timedelta(minutes=5)
RETRY_FIRST, RETRY_MAX = timedelta(seconds=2), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
LETTER_BYTES_MAX = 200_000
PERMANENT = 500
IMPLICIT_TLS_PORT = 465

MAIL = "mail"
# Lines as long as RFC 5322 allows: a folded header with a URL would be encoded, and no mail program would find
# the link to unsubscribe in it (RFC 8058). Seven bits, since not every relay takes eight.
WIRE = SMTP.clone(max_line_length=998, cte_type="7bit")
SMTP_FAILURES = (aiosmtplib.SMTPException, OSError, TimeoutError)
OWN_HEADERS = frozenset({"from", "to", "subject", "date", "message-id", "auto-submitted", "cc", "bcc", "sender"})

WhenGone = Callable[[Session, str], None]

log = Log("mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to one address, as text and as a page; `headers` are additional ones such as List-Unsubscribe."""

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def rendered(self) -> bytes:
        """The letter as MIME, without what only the sender knows (From, Date, Message-ID).

        Raises:
            ValueError: a header holds a line break or is one of ours, or the letter is too large.
        """
        message = EmailMessage(policy=WIRE)
        message["To"] = self.to
        message["Subject"] = self.subject
        message["Auto-Submitted"] = "auto-generated"
        for name, value in self.headers.items():
            if name.lower() in OWN_HEADERS:
                raise ValueError(f"the header {name} is set by the mail queue")
            message[name] = value
        message.set_content(self.text)
        message.add_alternative(self.html, subtype="html")
        content = message.as_bytes()
        if len(content) > LETTER_BYTES_MAX:
            raise ValueError("the letter is too large")
        return content


def post(session: Session, tables: StandardTables, letter: Letter) -> str:
    """Have a letter sent once this transaction has committed, which wakes the sender; the letter's id in the queue."""
    queue = _queue(tables)
    letter_id, now, key = new_id(), now_in(session), new_key(session)
    address = letter.to.lower()  # as everywhere, so that an index finds it; the letter says what it said
    values = {
        "id": letter_id,
        "sealed_by": key.cell,
        "address": key.seal(address),
        "address_index": address,
        "message": key.seal(letter.rendered().decode("ascii")),  # the policy that it is rendered with has seven bits
        "attempts": 0,
        "due_at": now,
        "created_at": now,
    }
    session.execute(insert(queue).values(values))
    wake_after_commit(session, MAIL)
    return letter_id


class MailSender:
    """Sends what stands in the queue. A refusal for good drops the letter; anything else is tried for a day.

    `outcomes` counts them: sent, postponed, refused, expired, unreadable (its key is gone). `when_gone` is told the id
    of each letter that leaves the queue, in the transaction in which it does.
    """

    def __init__(  # noqa: PLR0913 — a mail server is told by so many settings
        self,
        database: Database,
        tables: StandardTables,
        host: str,
        port: int,
        sender: str,
        username: str | None,
        password: str | None,
        clock: Clock,
        *,
        when_gone: WhenGone | None = None,
    ) -> None:
        self._database = database
        self._when_gone = when_gone
        self._queue = _queue(tables)
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]
        self._relay: dict[str, Any] = {
            "hostname": host,
            "port": port,
            "username": username or None,
            "password": password or None,
            "use_tls": port == IMPLICIT_TLS_PORT,
            "start_tls": bool(username) and port != IMPLICIT_TLS_PORT,
            "timeout": SMTP_SECONDS,
        }
        self._clock = clock
        self.outcomes: Counter[str] = Counter()
        self._taken_back = False
        self._worker = Worker(MAIL, self._step, database=database)

    def wake(self) -> None:
        """Look into the queue now."""
        self._worker.wake()

    async def run(self) -> None:
        """Send until cancelled."""
        await self._worker.run()

    async def _step(self) -> float | None:
        if not self._taken_back:
            await self._take_back()
            self._taken_back = True
        if await self.send_due():
            return AT_ONCE
        due_at = await self._database.read(self._next_due)
        return None if due_at is None else (due_at - self._clock.now()).total_seconds()

    async def send_due(self) -> int:
        """Send the letters that are due; returns how many were taken up."""
        rows = await self._database.write(self._lease)
        for row in rows:
            outcome = await self._send(row)
            await self._database.write(self._note, row, outcome)
            self.outcomes[outcome] += 1
        return len(rows)

    async def _take_back(self) -> None:
        """A SQLite file has one sender: what is leased at the start was leased by one that is gone."""
        if self._database.dialect == "sqlite":
            taken = update(self._queue).where(self._queue.c.attempts > 0).values(due_at=self._clock.now())
            await self._database.write(lambda session: session.execute(taken))

    def _note(self, session: Session, row: Any, outcome: str) -> None:
        this = self._queue.c.id == row.id
        if outcome == "postponed":
            due = self._clock.now() + retry_delay(row.attempts)
            session.execute(update(self._queue).where(this).values(due_at=due))
        else:
            session.execute(delete(self._queue).where(this))
            wake_after_commit(session, SUBJECT_KEYS)
            if self._when_gone is not None:
                self._when_gone(session, row.id)

    def _lease(self, session: Session) -> Sequence[Any]:
        queue, now = self._queue, self._clock.now()
        due = (
            select(queue.c.id).where(queue.c.due_at <= now).order_by(queue.c.attempts, queue.c.due_at).limit(BATCH_MAX)
        )
        chosen = session.scalars(due.with_for_update(skip_locked=True)).all()
        if not chosen:
            return []
        taken = update(queue).where(queue.c.id.in_(chosen))
        session.execute(taken.values(due_at=now + LEASE, attempts=queue.c.attempts + 1))
        leased = select(queue.c.id, queue.c.attempts, queue.c.created_at).where(queue.c.id.in_(chosen))
        return session.execute(leased.order_by(queue.c.created_at)).all()

    def _contents(self, session: Session, letter_id: str) -> tuple[str, str]:
        """Address and message of one letter: another's that cannot be read must not keep it waiting."""
        contents = select(self._queue.c.address, self._queue.c.message).where(self._queue.c.id == letter_id)
        address, message = session.execute(contents).one()
        return address, message

    def _next_due(self, session: Session) -> datetime | None:
        return session.scalar(select(self._queue.c.due_at).order_by(self._queue.c.due_at).limit(1))

    async def _send(self, row: Any) -> str:
        try:
            address, message = await self._database.read(self._contents, row.id)
            content = self._addressed(row, message).as_bytes()  # by our policy; aiosmtplib would fold by its own
            await aiosmtplib.send(content, sender=self._sender, recipients=[address], **self._relay)
        except (Unreadable, NoResultFound) as error:
            log.failure("letter cannot be read", error=error)  # erased meanwhile, or its key was lost
            return "unreadable"
        except ValueError as error:
            # An address or a header that SMTP cannot carry: it never will, and must not keep the others waiting.
            log.failure("letter cannot be sent", error=error)
            return "refused"
        except SMTP_FAILURES as error:
            if _refused_for_good(error):
                return "refused"
            return "expired" if self._clock.now() - row.created_at >= GIVE_UP_AFTER else "postponed"
        return "sent"

    def _addressed(self, row: Any, rendered: str) -> EmailMessage:
        message = message_from_string(rendered, policy=WIRE)
        message["From"] = self._sender
        message["Date"] = format_datetime(row.created_at)
        message["Message-ID"] = f"<{row.id}@{self._domain}>"
        return message


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: soon at first, at most an hour."""
    return min(RETRY_FIRST * (1 << min(attempts, 12)), RETRY_MAX)


def _refused_for_good(error: Exception) -> bool:
    """Whether the letter itself was refused; a refused login or sender is ours to mend, so the letter waits."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(recipient.code >= PERMANENT for recipient in error.recipients)
    return isinstance(error, aiosmtplib.SMTPDataError | aiosmtplib.SMTPRecipientRefused) and error.code >= PERMANENT


def _queue(tables: StandardTables) -> Table:
    if tables.mail_queue is None:
        raise LookupError("this service declared no mail queue: standard_tables(metadata, mail=True)")
    return tables.mail_queue
