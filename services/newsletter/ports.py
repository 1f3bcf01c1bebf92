"""The ports of the use cases: interfaces that the adapters implement, and the fakes of the unit tests."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from contracts.personal_data import Rectifiable
from services.newsletter.domain.callbacks import AsideCallback, Callback
from services.newsletter.domain.letters import Letter
from services.newsletter.domain.subscriptions import Ending, OptIn, Subscription
from services.newsletter.domain.tasks import Action, Task


class Clock(Protocol):
    """Tells the time; a fake one is moved by tests."""

    def now(self) -> datetime:
        """Aware, in UTC."""


class Subscriptions(Protocol):
    """Opt-ins, subscriptions, suppressions. Each method is one transaction, its letter and its task included."""

    async def of_address(self, email: str) -> Subscription | None:
        """The subscription of an address."""

    async def by_id(self, subscription_id: str) -> Subscription | None:
        """A subscription that has not ended."""

    async def ask(self, opt_in: OptIn, letter: Letter) -> None:
        """Note an opt-in and send its letter; too many for one address within the hour means neither.

        A consent given with an account asks once, however often it is told; an existing subscription rests on it from
        now on.
        """

    async def take_back(self, consent_record: str) -> None:
        """Forget what this consent asked for and nobody has confirmed."""

    async def opt_in_of(self, token_hash: str) -> OptIn | None:
        """What a confirmation link belongs to."""

    async def confirm(self, subscription: Subscription, token_hash: str, welcome: Letter) -> bool:
        """Use up a link and begin the subscription, unless there is one; lifts a suppression. False if it is gone."""

    async def end_by_link(self, unsubscribe_hash: str, now: datetime) -> bool:
        """End the subscription that a link belongs to. True as well if that link ended it before."""

    async def end_address(self, email: str, ending: Ending, now: datetime) -> None:
        """End an address's subscription, if any; suppress the address if the ending says so."""

    async def end_refused(self, email: str, refused_at: datetime, now: datetime) -> None:
        """End what an address had begun by then, and suppress one that was subscribed; a later subscription stays."""

    async def apply(self, callbacks: Iterable[Callback], aside: Iterable[AsideCallback], now: datetime) -> None:
        """Do what new call-backs ask for, once, and note those that are put aside."""

    async def is_restricted(self, email: str) -> bool:
        """Whether the data of an address may only be stored now (Art. 18)."""

    async def lapsed(self, confirmed_before: datetime, limit: int) -> Sequence[str]:
        """Addresses that confirmed long ago, the oldest first; none whose data may only be stored."""

    async def first_confirmed(self) -> datetime | None:
        """When the oldest of those subscriptions was confirmed; None if there is none."""

    async def subscribed_among(self, emails: Sequence[str]) -> set[str]:
        """Which of these addresses are subscribed."""


class Accounts(Protocol):
    """What the auth service knows."""

    async def addresses_of(self, account_id: str) -> Sequence[str]:
        """The verified addresses of an account, none if it is being erased. Raises Refusal if nobody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A yes or no to the newsletter that somebody gave with an account."""

    account_id: str
    agreed: bool
    at: datetime
    language: str


class Choices(Protocol):
    """What the consent service knows."""

    async def of(self, record_id: str) -> Choice | None:
        """The choice; none if it was erased, or is a yes that stands no more. Raises Refusal if nobody can tell."""


class Tasks(Protocol):
    """What is owed to Brevo."""

    async def take(self, actions: Sequence[Action], now: datetime) -> Task | datetime | None:
        """The least tried task of these actions that is due, leased so that no other replica takes it.

        Without one, when the next will be due; None if none is owed.
        """

    async def finish(self, task: Task) -> None:
        """It is done. An addition whose subscription has ended meanwhile is not: it stays, and is due at once."""

    async def postpone(self, task: Task, until: datetime, reason: str) -> None:
        """Try it later, and say by a code why it was not done; told to the operator once it is stuck."""

    async def reconcile_since(self, since: datetime) -> None:
        """Have the list compared with our subscriptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContact:
    """A contact as it stands at the recipient."""

    contact_id: int
    email: str
    in_list: bool
    elsewhere: bool


class RecipientUnavailable(Exception):
    """The recipient cannot be reached, or serves none of our calls now. The text is the code of a reason."""


class RecipientRefused(Exception):
    """The recipient answered, and did not do this one; others may go well. The text is a code, as above."""


class ContactList(Protocol):
    """The newsletter's list at the recipient. An address never stands in a URL.

    Every method raises RecipientUnavailable or RecipientRefused; to be tried again after either.
    """

    async def add(self, subscription: Subscription) -> None:
        """Have the contact on the list, under the subscription's id."""

    async def erase(self, subscription_id: str) -> bool:
        """Erase the contact with all that it has, in whatever list; False if there was none."""

    async def show(self, subscription_id: str) -> dict[str, Any] | None:
        """What the recipient holds under an id."""

    async def adopt(self, address: str, subscription_id: str) -> bool:
        """Have the contact of an address, whoever made it and in whatever list, go by an id; False if there is none."""

    async def unlist(self, subscription_id: str) -> bool:
        """Take a contact off all lists, so that nothing is sent to it; False if there is none."""

    async def rectify(self, subscription_id: str, values: Mapping[Rectifiable, str]) -> bool:
        """Correct a contact's address or attributes; False if there is none."""

    async def is_listed(self, subscription_id: str) -> bool:
        """Whether a contact stands on our list."""

    def has(self, shown: Mapping[str, Any], values: Mapping[Rectifiable, str]) -> bool:
        """Whether a contact, as it is shown, has these values, as far as the recipient keeps them."""

    def changed_since(self, since: datetime) -> AsyncIterator[Sequence[ListedContact]]:
        """The contacts that changed, page by page."""

    async def expel(self, contact: ListedContact) -> None:
        """Take a contact off the list; erase it if it stands on no other."""
