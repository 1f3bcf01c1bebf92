"""See, give and withdraw consent. Withdrawing takes the same one call as giving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.consent import ACCOUNT_PURPOSES, COOKIE_PURPOSES, Purpose
from contracts.errors import ErrorKind, Refusal
from kernel.visitor_choice import VisitorChoice
from services.consent.domain import BY_LETTER, ActiveConsent, Change, Event, Record, Wish, decide
from services.consent.ports import Announcer, Clock, Consents, Decide, Notices

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

    async def state(self, person: Person) -> tuple[set[Purpose], str | None]:
        """What is consented to now, and the receipt of the newest act."""
        active_consents, newest = await self._consents.state(person.account_id, person.visitor_id)
        return self._holding(active_consents), newest.receipt_id if newest else None

    async def choose(self, person: Person, purposes: Mapping[Purpose, bool], notice_version: str) -> Outcome:
        """Give or withdraw, purpose by purpose.

        Raises:
            Refusal: `conflict`, since another notice is in force than was shown; `unauthenticated`, since an
                account's purpose needs one, or the account has been erased.
        """
        # A no needs no account: whoever refuses everything names every purpose.
        if person.account_id is None and any(purposes.get(one) for one in ACCOUNT_PURPOSES):
            raise Refusal(ErrorKind.UNAUTHENTICATED, "account-purpose")
        wish = _wish(person, purposes)

        def decided(active_consents: Sequence[ActiveConsent]) -> Change:
            if notice_version != self._notices.version:
                raise Refusal(ErrorKind.CONFLICT, "notice-version", current=self._notices.version)
            return self._decided(wish, person.language, active_consents)

        return await self._change(person, wish, decided)

    async def withdraw_all(self, person: Person) -> Outcome:
        """Withdraw everything that this account and this browser could have given.

        Raises:
            Refusal: `unauthenticated`, since the account has been erased.
        """
        named = set(Purpose) if person.account_id else COOKIE_PURPOSES
        wish = _wish(person, dict.fromkeys(sorted(named), False))
        return await self._change(person, wish, lambda active: self._decided(wish, person.language, active))

    async def history(self, person: Person) -> Sequence[Record]:
        """The account's and this browser's records, newest first."""
        return await self._consents.history(person.account_id, person.visitor_id, RECORDS_MAX)

    async def newsletter_choice(self, record_id: str) -> Record | None:
        """The choice that newsletter was told of; None if it was erased, or is a yes that is not active any more."""
        found = await self._consents.account_record(record_id)
        if found is None:
            return None
        record, is_active = found
        return record if is_active or record.event != Event.GIVEN else None

    async def left_newsletter(self, record_id: str) -> None:
        """Withdraw the consent that a subscription rested on, which its reader ended.

        Nothing if that consent is not active any more: a yes given since, at whatever moment, is another one.
        """

        def decided(record: Record, active_consents: Sequence[ActiveConsent]) -> Change:
            return self._decided(_withdrawal(record), record.language, active_consents)

        change = await self._consents.change_resting_on(record_id, decided)
        if change is not None:
            await self._announcer.changed(change.records[0].account_id, (), change.withdrawn)

    def _decided(self, wish: Wish, language: str, active_consents: Sequence[ActiveConsent]) -> Change:
        notices = self._notices
        return decide(wish, active_consents, notices.valid_versions, notices.shown(language), self._clock.now())

    async def _change(self, person: Person, wish: Wish, decided: Decide) -> Outcome:
        change = await self._consents.change(person.account_id, person.visitor_id, decided)
        await self._announce(wish, change)
        cookie = _cookie(change) if wish.cookie_purposes else None
        granted = self._holding(change.active)
        return Outcome(
            purposes={purpose: purpose in granted for purpose in Purpose},
            records=change.records,
            choice=cookie or person.choice,
            cookie=cookie,
        )

    async def _announce(self, wish: Wish, change: Change) -> None:
        account_id = wish.account_id if wish.account_purposes else None
        browsers = {wish.visitor_id, change.visitor_id} if wish.cookie_purposes else set()
        known = sorted(one for one in browsers if one)
        if account_id or known:
            await self._announcer.changed(account_id, known, change.withdrawn)

    def _holding(self, active_consents: Sequence[ActiveConsent]) -> set[Purpose]:
        now = self._clock.now()
        return {Purpose(one.purpose) for one in active_consents if one.holds(self._notices.valid_versions, now)}


def _wish(person: Person, purposes: Mapping[Purpose, bool]) -> Wish:
    return Wish(
        account_id=person.account_id,
        visitor_id=person.visitor_id,
        account_purposes={one.value: agreed for one, agreed in purposes.items() if one in ACCOUNT_PURPOSES},
        cookie_purposes={one.value: agreed for one, agreed in purposes.items() if one in COOKIE_PURPOSES},
    )


def _withdrawal(record: Record) -> Wish:
    return Wish(
        account_id=record.account_id,
        visitor_id=None,
        account_purposes={record.purpose: False},
        cookie_purposes={},
        method=BY_LETTER,
    )


def _cookie(change: Change) -> VisitorChoice:
    first = change.records[0]
    return VisitorChoice(
        notice_version=first.notice_version,
        on=first.at.date(),
        accepted=frozenset(Purpose(one) for one in change.accepted_cookies),
        visitor_id=change.visitor_id,
    )
