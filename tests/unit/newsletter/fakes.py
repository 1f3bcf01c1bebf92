"""The newsletter's ports, kept in memory."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.newsletter.domain.callbacks import AsideCallback, Callback
from services.newsletter.domain.letters import Letter
from services.newsletter.domain.subscriptions import Ending, OptIn, Subscription
from services.newsletter.domain.tasks import Action, Task
from services.newsletter.ports import Choice, ListedContact, RecipientRefused, RecipientUnavailable


@dataclass
class FakeSubscriptions:
    opt_ins: dict[str, OptIn] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    endings: list[tuple[str, Ending]] = field(default_factory=list)
    refused: list[tuple[str, datetime]] = field(default_factory=list)
    applied: list[Callback] = field(default_factory=list)
    aside: list[AsideCallback] = field(default_factory=list)
    ended_links: set[str] = field(default_factory=set)

    async def of_address(self, email: str) -> Subscription | None:
        return next((one for one in self.subscriptions.values() if one.email == email), None)

    async def by_id(self, subscription_id: str) -> Subscription | None:
        return self.subscriptions.get(subscription_id)

    async def ask(self, opt_in: OptIn, letter: Letter) -> None:
        self.opt_ins[opt_in.token_hash] = opt_in
        self.letters.append(letter)

    async def take_back(self, consent_record: str) -> None:
        self.opt_ins = {key: one for key, one in self.opt_ins.items() if one.consent_record != consent_record}

    async def opt_in_of(self, token_hash: str) -> OptIn | None:
        return self.opt_ins.get(token_hash)

    async def confirm(self, subscription: Subscription, token_hash: str, welcome: Letter) -> bool:
        if self.opt_ins.pop(token_hash, None) is None:
            return False
        self.subscriptions[subscription.id] = subscription
        self.letters.append(welcome)
        return True

    async def end_by_link(self, unsubscribe_hash: str, now: datetime) -> bool:
        found = [one for one in self.subscriptions.values() if one.unsubscribe_hash == unsubscribe_hash]
        for one in found:
            del self.subscriptions[one.id]
            self.ended_links.add(unsubscribe_hash)
        return unsubscribe_hash in self.ended_links

    async def end_address(self, email: str, ending: Ending, now: datetime) -> None:
        self.endings.append((email, ending))
        self.subscriptions = {key: one for key, one in self.subscriptions.items() if one.email != email}

    async def end_refused(self, email: str, refused_at: datetime, now: datetime) -> None:
        self.refused.append((email, refused_at))

    async def apply(self, callbacks: Iterable[Callback], aside: Iterable[AsideCallback], now: datetime) -> None:
        self.applied.extend(callbacks)
        self.aside.extend(aside)

    async def lapsed(self, confirmed_before: datetime, limit: int) -> Sequence[str]:
        old = [one.email for one in self.subscriptions.values() if one.confirmed_at < confirmed_before]
        return old[:limit]

    async def first_confirmed(self) -> datetime | None:
        return min((one.confirmed_at for one in self.subscriptions.values()), default=None)

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
class FakeTasks:
    owed: list[Task] = field(default_factory=list)
    postponed: list[tuple[datetime, str]] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)

    def owe(self, action: Action, subscription_id: str, since: datetime) -> None:
        task = Task(id=len(self.owed), action=action, subscription_id=subscription_id, since=since, attempts=0)
        self.owed.append(task)

    async def take(self, actions: Sequence[Action], now: datetime) -> Task | datetime | None:
        theirs = [task for task in self.owed if task.action in actions]
        return replace(theirs[0], attempts=1) if theirs else None

    async def finish(self, task: Task) -> None:
        self.owed = [one for one in self.owed if one.id != task.id]

    async def postpone(self, task: Task, until: datetime, reason: str) -> None:
        self.postponed.append((until, reason))

    async def reconcile_since(self, since: datetime) -> None:
        self.since.append(since)


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
