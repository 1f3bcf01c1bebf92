"""Opt-ins, subscriptions and suppressions in the service's own database."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.database import Database, affected, insert_into
from chassis.inbox import first_time
from chassis.mail import Letter, post
from chassis.outbox import enqueue
from chassis.telemetry import Log
from contracts.newsletter import READER_LEFT, ReaderLeft
from services.newsletter.adapters.tasks import owe, owe_reconciliation
from services.newsletter.domain.callbacks import ASIDE_KEPT, AsideCallback, Callback
from services.newsletter.domain.letters import Notice
from services.newsletter.domain.secrets import Pseudonyms
from services.newsletter.domain.subscriptions import LETTERS_MAX, LETTERS_WINDOW, Ending, OptIn, Subscription
from services.newsletter.domain.tasks import LOOK_BACK, Action
from services.newsletter.tables import TABLES, AsideCallbackRow, OptInRow, SubscriptionRow, SuppressionRow

CALLBACKS, CHOICES = "brevo-callback", "newsletter-choice"

log = Log("subscriptions")


class SqlSubscriptions:
    """Each method is one transaction."""

    def __init__(self, database: Database, pseudonyms: Pseudonyms) -> None:
        self._database = database
        self._pseudonyms = pseudonyms

    async def of_address(self, email: str) -> Subscription | None:
        async with self._database.read() as session:
            return await _find(session, col(SubscriptionRow.email) == email)

    async def by_id(self, subscription_id: str) -> Subscription | None:
        async with self._database.read() as session:
            return await _find(session, col(SubscriptionRow.id) == subscription_id)

    async def ask(self, opt_in: OptIn, letter: Notice) -> None:
        recent = select(func.count()).where(
            col(OptInRow.email) == opt_in.email, col(OptInRow.created_at) > opt_in.created_at - LETTERS_WINDOW
        )
        async with self._database.write() as session:
            if opt_in.consent_record is not None and not await self._rests_on(session, opt_in):
                return
            if (await session.scalar(recent) or 0) >= LETTERS_MAX:
                return
            session.add(
                OptInRow(
                    token_hash=opt_in.token_hash,
                    email=opt_in.email,
                    language=opt_in.language,
                    notice_version=opt_in.notice_version,
                    created_at=opt_in.created_at,
                    consent_record=opt_in.consent_record,
                )
            )
            await _send(session, letter)

    async def take_back(self, consent_record: str) -> None:
        async with self._database.write() as session:
            await session.execute(delete(OptInRow).where(col(OptInRow.consent_record) == consent_record))

    async def opt_in_of(self, token_hash: str) -> OptIn | None:
        async with self._database.read() as session:
            row = await session.get(OptInRow, token_hash)
        if row is None:
            return None
        return OptIn(
            token_hash=row.token_hash,
            email=row.email,
            language=row.language,
            notice_version=row.notice_version,
            created_at=row.created_at,
            consent_record=row.consent_record,
        )

    async def confirm(self, subscription: Subscription, token_hash: str, welcome: Notice) -> bool:
        used = delete(OptInRow).where(col(OptInRow.token_hash) == token_hash).returning(col(OptInRow.token_hash))
        async with self._database.write() as session:
            if (await session.execute(used)).first() is None:
                return False
            begun = await session.execute(
                insert_into(session, SubscriptionRow.__table__)  # type: ignore[attr-defined] # SQLModel makes it
                .values(_values(subscription))
                .on_conflict_do_nothing(index_elements=["email"])
                .returning(col(SubscriptionRow.id))
            )
            if begun.first() is None:
                await _rest(session, subscription.email, subscription.consent_record)
                return True
            address_hash = self._pseudonyms.of_address(subscription.email)
            await session.execute(delete(SuppressionRow).where(col(SuppressionRow.address_hash) == address_hash))
            await owe(session, Action.ADD, subscription.id, subscription.confirmed_at)
            await _send(session, welcome)
        return True

    async def end_by_link(self, unsubscribe_hash: str, now: datetime) -> bool:
        known = select(SuppressionRow).where(col(SuppressionRow.unsubscribe_hash) == unsubscribe_hash)
        async with self._database.write() as session:
            subscription = await _find(session, col(SubscriptionRow.unsubscribe_hash) == unsubscribe_hash)
            if subscription is not None:
                await self._end(session, subscription.email, Ending.UNSUBSCRIBED, now)
                return True
            return (await session.execute(known)).first() is not None

    async def end_address(self, email: str, ending: Ending, now: datetime) -> None:
        async with self._database.write() as session:
            await self._end(session, email, ending, now)

    async def end_refused(self, email: str, refused_at: datetime, now: datetime) -> None:
        async with self._database.write() as session:
            theirs = (col(OptInRow.email) == email) & (col(OptInRow.created_at) <= refused_at)
            await session.execute(delete(OptInRow).where(theirs))
            subscription = await _find(session, col(SubscriptionRow.email) == email)
            if subscription is not None and subscription.confirmed_at <= refused_at:
                await self._end(session, email, Ending.UNSUBSCRIBED, now)

    async def apply(self, callbacks: Iterable[Callback], aside: Iterable[AsideCallback], now: datetime) -> None:
        async with self._database.write() as session:
            for one in aside:
                await self._put_aside(session, one, now)
            for callback in callbacks:
                identity = self._pseudonyms.of_event(callback.identity)
                if await first_time(session, TABLES, CALLBACKS, identity, now):
                    for email in callback.addresses:
                        await self._apply_to(session, email, callback, now)

    async def lapsed(self, confirmed_before: datetime, limit: int) -> Sequence[str]:
        query = select(col(SubscriptionRow.email)).where(col(SubscriptionRow.confirmed_at) < confirmed_before)
        async with self._database.read() as session:
            return (await session.scalars(query.limit(limit))).all()

    async def subscribed_among(self, emails: Sequence[str]) -> set[str]:
        query = select(col(SubscriptionRow.email)).where(col(SubscriptionRow.email).in_(emails))
        async with self._database.read() as session:
            return set(await session.scalars(query))

    async def _rests_on(self, session: AsyncSession, opt_in: OptIn) -> bool:
        """Let an existing subscription rest on this consent; False if it was told before."""
        identity = self._pseudonyms.of_event(f"{opt_in.consent_record} {opt_in.email}")
        if not await first_time(session, TABLES, CHOICES, identity, opt_in.created_at):
            return False
        await _rest(session, opt_in.email, opt_in.consent_record)
        return True

    async def _put_aside(self, session: AsyncSession, callback: AsideCallback, now: datetime) -> None:
        old = delete(AsideCallbackRow).where(col(AsideCallbackRow.received_at) < now - ASIDE_KEPT)
        await session.execute(old)
        identity = self._pseudonyms.of_event(callback.identity)
        row = {"identity": identity, "event": callback.event, "code": callback.code, "received_at": now}
        noted = insert_into(session, AsideCallbackRow.__table__).values(**row)  # type: ignore[attr-defined] # likewise
        if await affected(session, noted.on_conflict_do_nothing()):
            log.failure("callback put aside", vendor="brevo", kind=callback.event, reason=callback.code)

    async def _apply_to(self, session: AsyncSession, email: str, callback: Callback, now: datetime) -> None:
        subscription = await _find(session, col(SubscriptionRow.email) == email)
        if callback.ending is not None:
            if subscription is None or not callback.is_older_than(subscription.confirmed_at):
                await self._end(session, email, callback.ending, now)
        elif subscription is None:
            await owe_reconciliation(session, min(callback.at or now, now) - LOOK_BACK)

    async def _end(self, session: AsyncSession, email: str, ending: Ending, now: datetime) -> None:
        """Whatever the address still had open goes as well: an older opt-in must not outlive the withdrawal."""
        await session.execute(delete(OptInRow).where(col(OptInRow.email) == email))
        ended = await session.execute(
            delete(SubscriptionRow)
            .where(col(SubscriptionRow.email) == email)
            .returning(
                col(SubscriptionRow.id), col(SubscriptionRow.unsubscribe_hash), col(SubscriptionRow.consent_record)
            )
        )
        row = ended.first()
        if row is not None:
            await owe(session, Action.REMOVE, row.id, now)
            if ending.withdraws and row.consent_record is not None:
                left = ReaderLeft(record_id=row.consent_record).model_dump_json().encode()
                await enqueue(session, TABLES, READER_LEFT.subject, left, row.id)
        if ending.suppresses:
            await self._suppress(session, email, None if row is None else row.unsubscribe_hash, now)

    async def _suppress(self, session: AsyncSession, email: str, unsubscribe_hash: str | None, now: datetime) -> None:
        values = {"unsubscribe_hash": unsubscribe_hash, "created_at": now}
        suppression = insert_into(session, SuppressionRow.__table__).values(  # type: ignore[attr-defined] # likewise
            address_hash=self._pseudonyms.of_address(email), **values
        )
        if unsubscribe_hash is None:
            await session.execute(suppression.on_conflict_do_nothing())
        else:
            await session.execute(suppression.on_conflict_do_update(index_elements=["address_hash"], set_=values))


async def _find(session: AsyncSession, condition: Any) -> Subscription | None:
    row = (await session.scalars(select(SubscriptionRow).where(condition))).first()
    if row is None:
        return None
    return Subscription(
        id=row.id,
        email=row.email,
        language=row.language,
        notice_version=row.notice_version,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        unsubscribe_hash=row.unsubscribe_hash,
        consent_record=row.consent_record,
    )


async def _rest(session: AsyncSession, email: str, consent_record: str | None) -> None:
    if consent_record is not None:
        theirs = col(SubscriptionRow.email) == email
        await session.execute(update(SubscriptionRow).where(theirs).values(consent_record=consent_record))


def _values(subscription: Subscription) -> dict[str, Any]:
    return {column: getattr(subscription, column) for column in SubscriptionRow.model_fields}


async def _send(session: AsyncSession, notice: Notice) -> None:
    letter = Letter(
        to=notice.to, subject=notice.subject, text=notice.text, html=notice.html, headers=dict(notice.headers)
    )
    await post(session, TABLES, letter)
