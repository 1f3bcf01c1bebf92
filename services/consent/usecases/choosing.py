"""See, give and withdraw consent. Withdrawing takes the same one call as giving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.consent import ACCOUNT_PURPOSES, COOKIE_PURPOSES, Purpose
from contracts.errors import ErrorKind, Refusal
from kernel.visitor_choice import VisitorChoice
from services.consent.domain import BY_LETTER, WEB, ActiveConsent, Change, Event, Record, Shown, Wish, decide
from services.consent.ports import Announcer, Clock, Consents, Notices

RECORDS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who chooses: an account, a browser with its cookie, or both; and the language they read."""

    account_id: str | None
    choice: VisitorChoice | None
    language: str

    @property
    def visitor_id(self) -> str | None:
        """The browser's pseudonym, if it has one."""
        return self.choice.visitor_id if self.choice else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The state after a change, the records of it, and the cookie if the browser's choice was part of it."""

    purposes: dict[Purpose, bool]
    records: tuple[Record, ...]
    choice: VisitorChoice | None
    cookie: VisitorChoice | None


class Choosing:
    """The choices of people, under the notice in force."""

    def __init__(self, consents: Consents, notices: Notices, announcer: Announcer, clock: Clock) -> None:
        self._consents = consents
        self._notices = notices
        self._announcer = announcer
        self._clock = clock

    async def granted(self, account_id: str | None, visitor_id: str | None) -> set[Purpose]:
        """What is consented to now."""
        return self._holding(await self._consents.active_consents(account_id, visitor_id))

    def chosen(self, choice: VisitorChoice | None) -> bool:
        """Whether this browser has answered the question under the notice in force."""
        return choice is not None and choice.notice_version in self._notices.valid_versions

    async def choose(self, person: Person, purposes: Mapping[Purpose, bool], notice_version: str) -> Outcome:
        """Give or withdraw, purpose by purpose."""
        if notice_version != self._notices.version:
            raise Refusal(ErrorKind.CONFLICT, "notice-version", current=self._notices.version)
        # A no needs no account: whoever refuses everything names every purpose.
        if person.account_id is None and any(purposes.get(one) for one in ACCOUNT_PURPOSES):
            raise Refusal(ErrorKind.UNAUTHENTICATED, "account-purpose")
        return await self._change(person, purposes)

    async def withdraw_all(self, person: Person) -> Outcome:
        """Withdraw everything that this account and this browser could have given."""
        named = set(Purpose) if person.account_id else COOKIE_PURPOSES
        return await self._change(person, dict.fromkeys(sorted(named), False))

    async def history(self, person: Person) -> Sequence[Record]:
        """The account's and this browser's records, newest first."""
        return await self._consents.history(person.account_id, person.visitor_id, RECORDS_MAX)

    async def newsletter_choice(self, record_id: str) -> Record | None:
        """The choice that newsletter was told of; none if it was erased, or is a yes that stands no more."""
        record = await self._consents.account_record(record_id)
        if record is None or record.event != Event.GIVEN or await self._stands(record):
            return record
        return None

    async def left_newsletter(self, record_id: str) -> None:
        """Withdraw the consent that a subscription rested on, which its reader ended; nothing, if it stands no more."""
        record = await self._consents.account_record(record_id)
        if record is not None and await self._stands(record):
            person = Person(account_id=record.account_id, choice=None, language=record.language)
            await self._change(person, {Purpose(record.purpose): False}, method=BY_LETTER)

    async def _stands(self, record: Record) -> bool:
        active_consents = await self._consents.active_consents(record.account_id, None)
        return record.record_id in {one.record_id for one in active_consents}

    async def _change(self, person: Person, purposes: Mapping[Purpose, bool], *, method: str = WEB) -> Outcome:
        wish = Wish(
            method=method,
            account_id=person.account_id,
            visitor_id=person.visitor_id,
            account_purposes={one.value: agreed for one, agreed in purposes.items() if one in ACCOUNT_PURPOSES},
            cookie_purposes={one.value: agreed for one, agreed in purposes.items() if one in COOKIE_PURPOSES},
        )
        now, shown = self._clock.now(), self._notices.shown(person.language)
        change = await self._consents.change(
            person.account_id,
            person.visitor_id,
            lambda active_consents: decide(wish, active_consents, self._notices.valid_versions, shown, now),
        )
        await self._announce(wish, change)
        cookie = self._cookie(change, shown, now) if wish.cookie_purposes else None
        choice = cookie or person.choice
        granted = await self.granted(person.account_id, choice.visitor_id if choice else None)
        return Outcome(
            purposes={purpose: purpose in granted for purpose in Purpose},
            records=change.records,
            choice=choice,
            cookie=cookie,
        )

    async def _announce(self, wish: Wish, change: Change) -> None:
        account_id = wish.account_id if wish.account_purposes else None
        browsers = {wish.visitor_id, change.visitor_id} if wish.cookie_purposes else set()
        known = sorted(one for one in browsers if one)
        if account_id or known:
            await self._announcer.changed(account_id, known, change.withdrawn)

    def _cookie(self, change: Change, shown: Shown, now: datetime) -> VisitorChoice:
        return VisitorChoice(
            notice_version=shown.version,
            on=now.date(),
            accepted=frozenset(Purpose(one) for one in change.accepted_cookies),
            visitor_id=change.visitor_id,
        )

    def _holding(self, active_consents: Sequence[ActiveConsent]) -> set[Purpose]:
        now = self._clock.now()
        return {Purpose(one.purpose) for one in active_consents if one.holds(self._notices.valid_versions, now)}
