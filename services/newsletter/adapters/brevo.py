"""Brevo's contacts through its SDK, by our opaque id: an address never stands in a URL, where it would be logged.

The SDK repeats a POST by itself, so its retries are off; ours are bounded, and what still fails is postponed by
whoever called. It is imported at the first call, since it is large and most replicas never speak to Brevo at all.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from contracts.personal_data import Rectifiable
from services.newsletter.domain.subscriptions import Subscription
from services.newsletter.ports import ListedContact, RecipientRefused, RecipientUnavailable

if TYPE_CHECKING:
    from brevo import AsyncBrevo

CALL_SECONDS = 10.0
ATTEMPTS = 3
PER_SECOND = 8
PAGE = 500
PAGES_MAX = 200
RESET_SECONDS_MAX = 60

Result = TypeVar("Result")


# What is about our key, our plan or our pace, and so about every call (Brevo's documentation of its API's errors).
OURS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN})


class Passing(Exception):
    """A call that may go well if repeated: no answer (then without `status`), or an HTTP status from 500 on."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__()
        self.status = status


class Limited(Exception):
    """HTTP 429: no call for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Pace:
    """Spaces calls evenly, at most `per_second`: Brevo allows ten a second on contacts (its rate limits page)."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._next = 0.0

    def hold(self, seconds: float) -> None:
        """Let no call begin within so many seconds from now."""
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds)

    async def wait(self) -> None:
        """Return when the next call may begin."""
        loop = asyncio.get_running_loop()
        turn = max(loop.time(), self._next)
        self._next = turn + self._gap
        await asyncio.sleep(turn - loop.time())


class BrevoContacts:
    """The newsletter's list. `attributes` maps Brevo's names to fields of a subscription; no others are sent."""

    def __init__(self, base_url: str, api_key: str, list_id: int, attributes: Mapping[str, str]) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._list_id = list_id
        self._attributes = attributes
        self._pace = Pace(PER_SECOND)
        self._client: AsyncBrevo | None = None
        self._http: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()

    async def add(self, subscription: Subscription) -> None:
        attributes = {name: as_attribute(getattr(subscription, field)) for name, field in self._attributes.items()}
        await self._call(
            lambda brevo: brevo.contacts.create_contact(
                email=subscription.email,
                ext_id=subscription.id,
                list_ids=[self._list_id],
                attributes=attributes,
                email_blacklisted=False,
                update_enabled=True,
            )
        )

    async def erase(self, subscription_id: str) -> bool:
        return await self._erase(subscription_id, "ext_id")

    async def show(self, subscription_id: str) -> dict[str, Any] | None:
        found = await self._call(
            lambda brevo: brevo.contacts.get_contact_info(subscription_id, identifier_type="ext_id")
        )
        return None if found is None else described(found)

    async def adopt(self, address: str, subscription_id: str) -> bool:
        # Of all that finds a contact by its address, only this call names it in the body and not in the URL. It answers
        # 404 for an address without a contact.
        from brevo.contacts.types import UpdateBatchContactsRequestContactsItem  # noqa: PLC0415 — see above

        adopted = UpdateBatchContactsRequestContactsItem(email=address, ext_id=subscription_id)
        return await self._done(lambda brevo: brevo.contacts.update_batch_contacts(contacts=[adopted]))

    async def unlist(self, subscription_id: str) -> bool:
        shown = await self.show(subscription_id)
        if shown is None:
            return False
        return not shown["list_ids"] or await self._change(subscription_id, unlink_list_ids=shown["list_ids"])

    async def rectify(self, subscription_id: str, values: Mapping[Rectifiable, str]) -> bool:
        attributes = self._attributes_of(values)
        if Rectifiable.EMAIL in values:
            attributes["EMAIL"] = values[Rectifiable.EMAIL]
        return await self._change(subscription_id, attributes=attributes)

    async def is_listed(self, subscription_id: str) -> bool:
        shown = await self.show(subscription_id)
        return shown is not None and self._list_id in shown["list_ids"]

    def has(self, shown: Mapping[str, Any], values: Mapping[Rectifiable, str]) -> bool:
        address = values.get(Rectifiable.EMAIL, shown["email"])
        return bool(shown["email"] == address and self._attributes_of(values).items() <= shown["attributes"].items())

    def _attributes_of(self, values: Mapping[Rectifiable, str]) -> dict[str, str]:
        """What Brevo keeps of these values as attributes of a contact, by Brevo's names."""
        return {name: values[Rectifiable(field)] for name, field in self._attributes.items() if field in values}

    async def changed_since(self, since: datetime) -> AsyncIterator[Sequence[ListedContact]]:
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        for number in range(PAGES_MAX):
            page = await self._page(stamp, number * PAGE)
            yield [self._listed(contact) for contact in page if getattr(contact, "email", None)]
            if len(page) < PAGE:
                return

    async def expel(self, contact: ListedContact) -> None:
        if not contact.elsewhere:
            await self._erase(contact.contact_id, "contact_id")
            return
        await self._call(
            lambda brevo: brevo.contacts.update_contact(
                contact.contact_id, identifier_type="contact_id", unlink_list_ids=[self._list_id]
            )
        )

    async def _page(self, stamp: str, offset: int) -> Sequence[Any]:
        answer = await self._call(
            lambda brevo: brevo.contacts.get_contacts(modified_since=stamp, limit=PAGE, offset=offset)
        )
        return getattr(answer, "contacts", None) or ()

    def _listed(self, contact: Any) -> ListedContact:
        lists = set(contact.list_ids or ())
        return ListedContact(
            contact_id=contact.id,
            email=contact.email,
            in_list=self._list_id in lists,
            elsewhere=bool(lists - {self._list_id}),
        )

    async def _erase(self, identifier: str | int, kind: str) -> bool:
        return await self._done(lambda brevo: brevo.contacts.delete_contact(identifier, identifier_type=kind))

    async def _change(self, subscription_id: str, **changes: Any) -> bool:
        return await self._done(
            lambda brevo: brevo.contacts.update_contact(subscription_id, identifier_type="ext_id", **changes)
        )

    async def _done(self, ask: Callable[["AsyncBrevo"], Awaitable[object]]) -> bool:
        """Whether there was such a contact to do it with."""

        async def do(brevo: "AsyncBrevo") -> bool:
            await ask(brevo)
            return True

        return bool(await self._call(do))

    async def _call(self, ask: Callable[["AsyncBrevo"], Awaitable[Result]]) -> Result | None:
        """The answer; None if Brevo knows no such contact."""
        attempts = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential_jitter(initial=0.2, max=2),
            retry=retry_if_exception_type(Passing),
            reraise=True,
        )
        try:
            return await attempts(self._attempt, ask)
        except Passing as passing:
            if passing.status is None:
                raise RecipientUnavailable("no-answer") from None
            raise RecipientRefused(f"status-{passing.status}") from None
        except Limited as limited:
            self._pace.hold(limited.seconds)
            raise RecipientUnavailable("limited") from None

    async def _attempt(self, ask: Callable[["AsyncBrevo"], Awaitable[Result]]) -> Result | None:
        from brevo.core import ApiError, ParsingError  # noqa: PLC0415 — see the module's docstring

        await self._pace.wait()
        try:
            return await ask(self._brevo())
        except ApiError:
            # From here on without a cause: the SDK's exceptions carry request and answer, addresses included.
            return None  # "there is no such contact": all other refusals were raised by `refuse_failures`
        except httpx.HTTPError:
            raise Passing from None
        except ParsingError:
            raise RecipientRefused("unreadable-answer") from None

    def _brevo(self) -> "AsyncBrevo":
        if self._client is None:
            from brevo import AsyncBrevo  # noqa: PLC0415 — see the module's docstring

            self._http = httpx.AsyncClient(
                timeout=CALL_SECONDS,
                trust_env=False,
                follow_redirects=False,
                event_hooks={"request": [tell_nothing_of_ourselves], "response": [refuse_failures]},
            )
            self._client = AsyncBrevo(
                base_url=self._base_url,
                api_key=self._api_key,
                timeout=CALL_SECONDS,
                max_retries=0,
                httpx_client=self._http,
            )
        return self._client


async def tell_nothing_of_ourselves(request: httpx.Request) -> None:
    """Leave out what the SDK tells of our machine: Brevo needs the key and the contact."""
    for name in [name for name in request.headers if name.startswith("x-fern-")]:
        del request.headers[name]
    request.headers["User-Agent"] = "larabot"


async def refuse_failures(response: httpx.Response) -> None:
    """See to every refusal but "there is no such contact": the SDK takes one without a body for success."""
    if response.is_success or response.status_code == HTTPStatus.NOT_FOUND:
        return
    if response.is_server_error:
        raise Passing(response.status_code)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise Limited(_until_reset(response.headers))
    code = f"status-{response.status_code}"
    raise RecipientUnavailable(code) if response.status_code in OURS else RecipientRefused(code)


def _until_reset(headers: httpx.Headers) -> float:
    """Brevo tells the seconds that are left in a header of its own, which its SDK does not read."""
    told = headers.get("x-sib-ratelimit-reset", "")
    return float(min(int(told), RESET_SECONDS_MAX)) if told.isdecimal() else 1.0


def as_attribute(value: Any) -> str:
    """A field as Brevo takes it: text, or a date."""
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def described(contact: Any) -> dict[str, Any]:
    """A contact as it is told to its data subject."""
    return {
        "email": contact.email,
        "ext_id": getattr(contact, "ext_id", None),
        "attributes": dict(contact.attributes),  # a mapping, or the SDK's model, which yields pairs as well
        "list_ids": list(contact.list_ids or ()),
        "created_at": str(contact.created_at),
        "modified_at": str(contact.modified_at),
    }
