"""The newsletter's ports, kept in memory; tests/integration/newsletter/test_store.py proves those that store."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from contracts.personal_data import Rectifiable
from services.newsletter.domain.callbacks import AsideCallback, Callback
from services.newsletter.domain.letters import Letter
from services.newsletter.domain.subscriptions import LETTERS_MAX, LETTERS_WINDOW, Ending, OptIn, Subscription
from services.newsletter.domain.tasks import LOOK_BACK, Action, Task
from services.newsletter.ports import Choice, ListedContact, RecipientRefused, RecipientUnavailable


@dataclass
class FakeTasks:
    """`due` holds when a task may be taken again; `subscribed` are the subscriptions by id."""

    owed: list[Task] = field(default_factory=list)
    due: dict[int, datetime] = field(default_factory=dict)
    postponed: list[tuple[datetime, str]] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)
    subscribed: dict[str, Subscription] = field(default_factory=dict)
    number: int = 0

    def owe(self, action: Action, subscription_id: str, since: datetime) -> None:
        self.number += 1
        task = Task(id=self.number, action=action, subscription_id=subscription_id, since=since, attempts=0)
        self.owed.append(task)

    async def take(self, actions: Sequence[Action], now: datetime) -> Task | datetime | None:
        theirs = [(task.attempts, self.due.get(task.id, now), task) for task in self.owed if task.action in actions]
        due = sorted((one for one in theirs if one[1] <= now), key=lambda one: one[:2])
        if not due:
            return min((due_at for _, due_at, _ in theirs), default=None)
        task = due[0][-1]
        taken = replace(task, attempts=task.attempts + 1)
        self.owed[self.owed.index(task)] = taken
        self.due[task.id] = now + task.action.lease
        return taken

    async def finish(self, task: Task) -> None:
        self.owed = [one for one in self.owed if one.id != task.id]
        if task.action is Action.ADD and task.subscription_id not in self.subscribed:
            self.owe(Action.REMOVE, task.subscription_id, task.since)

    async def postpone(self, task: Task, until: datetime, reason: str) -> None:
        self.postponed.append((until, reason))
        self.due[task.id] = until

    async def reconcile_since(self, since: datetime) -> None:
        self.since.append(since)
        waiting = [task for task in self.owed if task.action is Action.RECONCILE and not task.attempts]
        if not any(task.since <= since for task in waiting):
            self.owe(Action.RECONCILE, "", since)


@dataclass
class FakeSubscriptions:
    """`told` are the consents whose reader left, `suppressed` the hash of the link (if any) by address."""

    tasks: FakeTasks = field(default_factory=FakeTasks)
    opt_ins: dict[str, OptIn] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    endings: list[tuple[str, Ending]] = field(default_factory=list)
    refused: list[tuple[str, datetime]] = field(default_factory=list)
    applied: list[Callback] = field(default_factory=list)
    aside: list[AsideCallback] = field(default_factory=list)
    suppressed: dict[str, str | None] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    restricted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tasks.subscribed = self.subscriptions

    async def of_address(self, email: str) -> Subscription | None:
        return next((one for one in self.subscriptions.values() if one.email == email), None)

    async def by_id(self, subscription_id: str) -> Subscription | None:
        return self.subscriptions.get(subscription_id)

    async def ask(self, opt_in: OptIn, letter: Letter) -> None:
        if opt_in.consent_record is not None:
            if not self._first_time(f"{opt_in.consent_record} {opt_in.email}"):
                return
            self._rest(opt_in.email, opt_in.consent_record)
        theirs = [one for one in self.opt_ins.values() if one.email == opt_in.email]
        if len([one for one in theirs if one.created_at > opt_in.created_at - LETTERS_WINDOW]) >= LETTERS_MAX:
            return
        self.opt_ins[opt_in.token_hash] = opt_in
        self.letters.append(letter)

    async def take_back(self, consent_record: str) -> None:
        self.opt_ins = {key: one for key, one in self.opt_ins.items() if one.consent_record != consent_record}

    async def opt_in_of(self, token_hash: str) -> OptIn | None:
        return self.opt_ins.get(token_hash)

    async def confirm(self, subscription: Subscription, token_hash: str, welcome: Letter) -> bool:
        if self.opt_ins.pop(token_hash, None) is None:
            return False
        if await self.of_address(subscription.email) is not None:
            self._rest(subscription.email, subscription.consent_record)
            return True
        self.subscriptions[subscription.id] = subscription
        self.suppressed.pop(subscription.email, None)
        self.tasks.owe(Action.ADD, subscription.id, subscription.confirmed_at)
        self.letters.append(welcome)
        return True

    async def end_by_link(self, unsubscribe_hash: str, now: datetime) -> bool:
        for one in [one for one in self.subscriptions.values() if one.unsubscribe_hash == unsubscribe_hash]:
            await self.end_address(one.email, Ending.UNSUBSCRIBED, now)
        return unsubscribe_hash in self.suppressed.values()

    async def end_address(self, email: str, ending: Ending, now: datetime) -> None:
        self.endings.append((email, ending))
        self._forget_opt_ins(email, now)
        ended = await self.of_address(email)
        if ended is not None:
            del self.subscriptions[ended.id]
            self.tasks.owe(Action.REMOVE, ended.id, now)
            if ending.withdraws and ended.consent_record is not None:
                self.told.append(ended.consent_record)
        if ending.suppresses:
            self.suppressed[email] = ended.unsubscribe_hash if ended else self.suppressed.get(email)

    async def end_refused(self, email: str, refused_at: datetime, now: datetime) -> None:
        self.refused.append((email, refused_at))
        self._forget_opt_ins(email, refused_at)
        found = await self.of_address(email)
        if found is not None and found.confirmed_at <= refused_at:
            await self.end_address(email, Ending.UNSUBSCRIBED, now)

    async def apply(self, callbacks: Iterable[Callback], aside: Iterable[AsideCallback], now: datetime) -> None:
        self.aside.extend(aside)
        for callback in callbacks:
            if self._first_time(callback.identity):
                self.applied.append(callback)
                for email in callback.addresses:
                    await self._apply_to(email, callback, now)

    async def _apply_to(self, email: str, callback: Callback, now: datetime) -> None:
        found = await self.of_address(email)
        if callback.ending is None:
            if found is None:
                await self.tasks.reconcile_since(min(callback.at or now, now) - LOOK_BACK)
        elif found is None or not callback.is_older_than(found.confirmed_at):
            await self.end_address(email, callback.ending, now)

    def _first_time(self, identity: str) -> bool:
        known = identity in self.seen
        self.seen.add(identity)
        return not known

    def _rest(self, email: str, consent_record: str | None) -> None:
        for one in list(self.subscriptions.values()):
            if one.email == email and consent_record is not None:
                self.subscriptions[one.id] = replace(one, consent_record=consent_record)

    def _forget_opt_ins(self, email: str, until: datetime) -> None:
        gone = [key for key, one in self.opt_ins.items() if one.email == email and one.created_at <= until]
        for key in gone:
            del self.opt_ins[key]

    async def lapsed(self, confirmed_before: datetime, limit: int) -> Sequence[str]:
        oldest_first = sorted(self.subscriptions.values(), key=lambda one: one.confirmed_at)
        return [one.email for one in oldest_first if one.confirmed_at < confirmed_before][:limit]

    async def first_confirmed(self) -> datetime | None:
        return min((one.confirmed_at for one in self.subscriptions.values()), default=None)

    async def is_restricted(self, email: str) -> bool:
        return email in self.restricted

    async def subscribed_among(self, emails: Sequence[str]) -> set[str]:
        return {one.email for one in self.subscriptions.values()} & set(emails)


@dataclass
class FakeChoices:
    choices: dict[str, Choice]

    async def of(self, record_id: str) -> Choice | None:
        return self.choices.get(record_id)


@dataclass
class FakeAccounts:
    addresses: dict[str, list[str]]
    erased_after_asking: bool = False

    async def addresses_of(self, account_id: str) -> Sequence[str]:
        known = self.addresses.get(account_id, [])
        if self.erased_after_asking:
            self.addresses = {}
        return known


@dataclass
class FakeContacts:
    added: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    expelled: list[int] = field(default_factory=list)
    listed: list[ListedContact] = field(default_factory=list)
    down: bool = False
    stuck: set[int] = field(default_factory=set)

    async def add(self, subscription: Subscription) -> None:
        self._answer()
        self.added.append(subscription.id)

    async def erase(self, subscription_id: str) -> bool:
        self._answer()
        self.erased.append(subscription_id)
        return True

    async def show(self, subscription_id: str) -> dict[str, Any] | None:
        return {"ext_id": subscription_id} if subscription_id in self.added else None

    async def adopt(self, address: str, subscription_id: str) -> bool:
        return False

    async def unlist(self, subscription_id: str) -> bool:
        return subscription_id in self.added

    async def rectify(self, subscription_id: str, values: Mapping[Rectifiable, str]) -> bool:
        return subscription_id in self.added

    async def is_listed(self, subscription_id: str) -> bool:
        return subscription_id in self.added

    def has(self, shown: Mapping[str, Any], values: Mapping[Rectifiable, str]) -> bool:
        return bool(shown)

    async def changed_since(self, since: datetime) -> AsyncIterator[Sequence[ListedContact]]:
        self._answer()
        yield self.listed

    async def expel(self, contact: ListedContact) -> None:
        if contact.contact_id in self.stuck:
            raise RecipientRefused("status-400")
        self.expelled.append(contact.contact_id)

    def _answer(self) -> None:
        if self.down:
            raise RecipientUnavailable("no-answer")
