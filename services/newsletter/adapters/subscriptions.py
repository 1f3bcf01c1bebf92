"""Opt-ins, subscriptions and suppressions in the service's own database."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from chassis.database import (
    DATABASE_FAILURES,
    Database,
    Session,
    affected,
    insert_into,
    is_away,
    now_in,
    wake_after_commit,
)
from chassis.holder import is_free, is_restricted
from chassis.inbox import first_time
from chassis.mail import Letter as MailLetter
from chassis.mail import post
from chassis.metrics import DEAD_LETTERS
from chassis.outbox import enqueue
from chassis.sealing import SUBJECT_KEYS, SubjectKey, new_key, unneeded
from chassis.telemetry import Log
from contracts.fulfilment import Command
from contracts.newsletter import READER_LEFT, ReaderLeft
from contracts.personal_data import Locator
from services.newsletter.adapters.tasks import owe, owe_reconciliation
from services.newsletter.domain.callbacks import ASIDE_KEPT, AsideCallback, Callback
from services.newsletter.domain.letters import Letter
from services.newsletter.domain.secrets import Pseudonyms
from services.newsletter.domain.subscriptions import (
    LETTERS_MAX,
    LETTERS_WINDOW,
    Ending,
    OptIn,
    Subscription,
    normalised,
)
from services.newsletter.domain.tasks import LOOK_BACK, Action
from services.newsletter.tables import TABLES, AsideCallbackRow, Base, OptInRow, SubscriptionRow, SuppressionRow

CALLBACKS, CHOICES = "brevo-callback", "newsletter-choice"
SUBSCRIPTION = Base.metadata.tables["subscription"]
SUPPRESSION = Base.metadata.tables["suppression"]
CALLBACK_ASIDE = Base.metadata.tables["callback_aside"]
IS_FREE = is_free(SUBSCRIPTION, SubscriptionRow.__personal_data__, TABLES)

log = Log("subscriptions")


class SqlSubscriptions:
    """The port `Subscriptions`; each method is one unit of work, `apply` one for each call-back."""

    def __init__(self, database: Database, pseudonyms: Pseudonyms) -> None:
        self._database = database
        self._pseudonyms = pseudonyms

    async def of_address(self, email: str) -> Subscription | None:
        return await self._database.read(_find, col(SubscriptionRow.email_index) == email)

    async def by_id(self, subscription_id: str) -> Subscription | None:
        return await self._database.read(_find, col(SubscriptionRow.id) == subscription_id)

    async def ask(self, opt_in: OptIn, letter: Letter) -> None:
        await self._database.write(self._ask, opt_in, letter)

    async def take_back(self, consent_record: str) -> None:
        await self._database.write(_take_back, consent_record)

    async def opt_in_of(self, token_hash: str) -> OptIn | None:
        return await self._database.read(_opt_in_of, token_hash)

    async def confirm(self, subscription: Subscription, token_hash: str, welcome: Letter) -> bool:
        return await self._database.write(self._confirm, subscription, token_hash, welcome)

    async def end_by_link(self, unsubscribe_hash: str, now: datetime) -> bool:
        return await self._database.write(self._end_by_link, unsubscribe_hash, now)

    async def end_address(self, email: str, ending: Ending, now: datetime) -> None:
        await self._database.write(self._end, email, ending, now)

    async def end_refused(self, email: str, refused_at: datetime, now: datetime) -> None:
        await self._database.write(self._end_refused, email, refused_at, now)

    async def apply(self, callbacks: Iterable[Callback], aside: Iterable[AsideCallback], now: datetime) -> None:
        for poison in aside:
            await self._put_aside(poison, now)
        for callback in callbacks:
            try:
                await self._database.write(self._apply, callback, now)
            except DATABASE_FAILURES as error:
                if is_away(error):
                    raise
                event, identity = callback.identity.partition("|")[0], callback.identity
                await self._put_aside(AsideCallback(identity=identity, event=event, code="refused-by-database"), now)

    async def is_restricted(self, email: str) -> bool:
        return await self._database.read(is_restricted, TABLES, {Locator.EMAIL: [email]})

    async def lapsed(self, confirmed_before: datetime, limit: int) -> Sequence[str]:
        return await self._database.read(_lapsed, confirmed_before, limit)

    async def first_confirmed(self) -> datetime | None:
        return await self._database.read(_first_confirmed)

    async def subscribed_among(self, emails: Sequence[str]) -> set[str]:
        return await self._database.read(_subscribed_among, emails)

    async def _put_aside(self, callback: AsideCallback, now: datetime) -> None:
        if await self._database.write(_note_aside, self._pseudonyms.of_event(callback.identity), callback, now):
            DEAD_LETTERS.add(consumer=CALLBACKS)
            log.failure("callback put aside", vendor="brevo", kind=callback.event, reason=callback.code)

    def before_objection(self, session: Session, command: Command) -> None:
        """End what an address had begun by then, and keep it from coming back; a later subscription stays."""
        for address in command.locators.get(Locator.EMAIL, ()):
            self._end_refused(session, normalised(address), command.requested_at, now_in(session))
            if _find(session, col(SubscriptionRow.email_index) == normalised(address)) is None:
                self._suppress(session, normalised(address), None, now_in(session))

    def _ask(self, session: Session, opt_in: OptIn, letter: Letter) -> None:
        if opt_in.consent_record is not None and not self._rests_on(session, opt_in, opt_in.consent_record):
            return
        recent = select(func.count()).where(
            col(OptInRow.email_index) == opt_in.email, col(OptInRow.created_at) > opt_in.created_at - LETTERS_WINDOW
        )
        if (session.scalar(recent) or 0) >= LETTERS_MAX:
            return
        key = new_key(session)
        session.add(
            OptInRow(
                token_hash=opt_in.token_hash,
                sealed_by=key.cell,
                email=key.seal(opt_in.email),
                email_index=opt_in.email,
                language=opt_in.language,
                notice_version=opt_in.notice_version,
                created_at=opt_in.created_at,
                consent_record=opt_in.consent_record,
            )
        )
        _send(session, letter)

    def _rests_on(self, session: Session, opt_in: OptIn, consent_record: str) -> bool:
        """Let an existing subscription rest on this consent; False if it was told before."""
        identity = self._pseudonyms.of_event(f"{consent_record} {opt_in.email}")
        if not first_time(session, TABLES, CHOICES, identity, opt_in.created_at):
            return False
        _rest(session, opt_in.email, consent_record)
        return True

    def _confirm(self, session: Session, subscription: Subscription, token_hash: str, welcome: Letter) -> bool:
        used = delete(OptInRow).where(col(OptInRow.token_hash) == token_hash)
        if not affected(session, used):
            return False
        wake_after_commit(session, SUBJECT_KEYS)
        key = new_key(session)
        begun = insert_into(session, SUBSCRIPTION).values(_values(subscription, key))
        if not affected(session, begun.on_conflict_do_nothing(index_elements=["email_index"])):
            unneeded(session, key)
            _rest(session, subscription.email, subscription.consent_record)
            return True
        address_hash = self._pseudonyms.of_address(subscription.email)
        session.execute(delete(SuppressionRow).where(col(SuppressionRow.address_hash) == address_hash))
        owe(session, Action.ADD, subscription.id, subscription.confirmed_at)
        _send(session, welcome)
        return True

    def _end_by_link(self, session: Session, unsubscribe_hash: str, now: datetime) -> bool:
        subscription = _find(session, col(SubscriptionRow.unsubscribe_hash) == unsubscribe_hash)
        if subscription is not None:
            self._end(session, subscription.email, Ending.UNSUBSCRIBED, now)
            return True
        known = select(SuppressionRow).where(col(SuppressionRow.unsubscribe_hash) == unsubscribe_hash)
        return session.execute(known).first() is not None

    def _end_refused(self, session: Session, email: str, refused_at: datetime, now: datetime) -> None:
        theirs = (col(OptInRow.email_index) == email) & (col(OptInRow.created_at) <= refused_at)
        session.execute(delete(OptInRow).where(theirs))
        subscription = _find(session, col(SubscriptionRow.email_index) == email)
        if subscription is not None and subscription.confirmed_at <= refused_at:
            self._end(session, email, Ending.UNSUBSCRIBED, now)

    def _apply(self, session: Session, callback: Callback, now: datetime) -> None:
        identity = self._pseudonyms.of_event(callback.identity)
        if first_time(session, TABLES, CALLBACKS, identity, now):
            for email in callback.addresses:
                self._apply_to(session, email, callback, now)

    def _apply_to(self, session: Session, email: str, callback: Callback, now: datetime) -> None:
        subscription = _find(session, col(SubscriptionRow.email_index) == email)
        if callback.ending is not None:
            if subscription is None or not callback.is_older_than(subscription.confirmed_at):
                self._end(session, email, callback.ending, now)
        elif subscription is None:
            owe_reconciliation(session, min(callback.at or now, now) - LOOK_BACK)

    def _end(self, session: Session, email: str, ending: Ending, now: datetime) -> None:
        """Whatever the address still had open goes as well: an older opt-in must not outlive the withdrawal."""
        session.execute(delete(OptInRow).where(col(OptInRow.email_index) == email))
        wake_after_commit(session, SUBJECT_KEYS)
        columns = SUBSCRIPTION.c.id, SUBSCRIPTION.c.unsubscribe_hash, SUBSCRIPTION.c.consent_record
        ended = delete(SUBSCRIPTION).where(SUBSCRIPTION.c.email_index == email).returning(*columns)
        row = session.execute(ended).first()
        if row is not None:
            owe(session, Action.REMOVE, row.id, now)
            if ending.withdraws and row.consent_record is not None:
                left = ReaderLeft(record_id=row.consent_record).model_dump_json().encode()
                enqueue(session, TABLES, READER_LEFT.subject, left, row.id)
        if ending.suppresses:
            self._suppress(session, email, None if row is None else row.unsubscribe_hash, now)

    def _suppress(self, session: Session, email: str, unsubscribe_hash: str | None, now: datetime) -> None:
        values = {"unsubscribe_hash": unsubscribe_hash, "created_at": now}
        address_hash = self._pseudonyms.of_address(email)
        suppression = insert_into(session, SUPPRESSION).values(address_hash=address_hash, **values)
        if unsubscribe_hash is None:
            session.execute(suppression.on_conflict_do_nothing())
        else:
            session.execute(suppression.on_conflict_do_update(index_elements=["address_hash"], set_=values))


def _find(session: Session, condition: Any) -> Subscription | None:
    row = session.scalars(select(SubscriptionRow).where(condition)).first()
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


def _opt_in_of(session: Session, token_hash: str) -> OptIn | None:
    row = session.get(OptInRow, token_hash)
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


def _take_back(session: Session, consent_record: str) -> None:
    session.execute(delete(OptInRow).where(col(OptInRow.consent_record) == consent_record))
    wake_after_commit(session, SUBJECT_KEYS)


def _note_aside(session: Session, identity: str, callback: AsideCallback, now: datetime) -> bool:
    """Note a call-back that is put aside; False if it was noted before. What is too old to matter goes."""
    session.execute(delete(AsideCallbackRow).where(col(AsideCallbackRow.received_at) < now - ASIDE_KEPT))
    row = {"identity": identity, "event": callback.event, "code": callback.code, "received_at": now}
    return bool(affected(session, insert_into(session, CALLBACK_ASIDE).values(**row).on_conflict_do_nothing()))


def _lapsed(session: Session, confirmed_before: datetime, limit: int) -> list[str]:
    confirmed_at = col(SubscriptionRow.confirmed_at)
    query = select(col(SubscriptionRow.email)).where(confirmed_at < confirmed_before, IS_FREE)
    return list(session.scalars(query.order_by(confirmed_at).limit(limit)))


def _first_confirmed(session: Session) -> datetime | None:
    confirmed_at = col(SubscriptionRow.confirmed_at)
    return session.scalars(select(confirmed_at).where(IS_FREE).order_by(confirmed_at).limit(1)).first()


def _subscribed_among(session: Session, emails: Sequence[str]) -> set[str]:
    return set(session.scalars(select(col(SubscriptionRow.email)).where(col(SubscriptionRow.email_index).in_(emails))))


def _rest(session: Session, email: str, consent_record: str | None) -> None:
    if consent_record is not None:
        theirs = col(SubscriptionRow.email_index) == email
        session.execute(update(SubscriptionRow).where(theirs).values(consent_record=consent_record))


def _values(subscription: Subscription, key: SubjectKey) -> dict[str, Any]:
    values = asdict(subscription)
    return {**values, "sealed_by": key.cell, "email": key.seal(subscription.email), "email_index": subscription.email}


def _send(session: Session, letter: Letter) -> None:
    mail = MailLetter(
        to=letter.to, subject=letter.subject, text=letter.text, html=letter.html, headers=dict(letter.headers)
    )
    post(session, TABLES, mail)
