"""Who may publish and subscribe to what on the bus, by role and account, as nats-server enforces it.

Replies need no `allow_responses`, which would let a caller aim a service's reply at any subject (a forged
receipt, a purge): instead an owner may publish to the inboxes of the callers that the table names. Subscribing
to a call is allowed only in the owner's queue group. Whatever is not listed is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.derive.streams import DURABLES, STREAMS, DurableSettings, dead_letter_subject
from contracts.holder import HOLDERS, SERVICES, service_of
from contracts.registry import CALLS, EVENTS
from contracts.table import Account, Call, Event, Stream

ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Two allow-lists of subjects; `subject group` means: only as a member of that queue group."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def connections() -> list[tuple[str, str]]:
    """Every role and account that has a key of its own; the admin is the init job, and nothing else."""
    content = {role for call in _calls_in(Account.CONTENT) for role in (call.owner, *call.callers)}
    return [
        *((service, Account.APP.value) for service in SERVICES),
        *((service, Account.CONTENT.value) for service in SERVICES if service in content),
        (ADMIN, Account.APP.value),
    ]


def permissions_of(role: str, account: str) -> Permissions:
    """What one role may do in one account."""
    if (role, account) not in connections():
        msg = f"{role} has no connection to {account}"
        raise KeyError(msg)
    if role == ADMIN:
        return _listed(_administers(), [inbox_of(ADMIN)])
    calls = _calls_in(Account(account))
    publish = {subject for call in calls for subject in _published_for(call, role)}
    subscribe = {f"{call.subject} {role}" for call in calls if call.owner == role}
    if account == Account.APP:
        publish |= {subject for event in EVENTS for subject in _announced(event, role)}
        publish |= {subject for durable in DURABLES if durable.service == role for subject in _fetched(durable)}
        subscribe |= {_heard(event, role) for event in EVENTS if not event.durable and role in event.consumers}
    return _listed(publish, [inbox_of(role), *subscribe])


def inbox_of(role: str) -> str:
    """The only place where a role receives replies."""
    return f"_INBOX.{role}.>"


def _calls_in(account: Account) -> list[Call]:
    return [call for call in CALLS if call.account == account]


def _published_for(call: Call, role: str) -> Iterable[str]:
    if role in call.callers:
        yield call.subject
        if isinstance(call, Stream):  # credit and cancel go to the owner's inbox
            yield inbox_of(call.owner)
    if role == call.owner:
        yield from (inbox_of(caller) for caller in call.callers)


def _announced(event: Event, role: str) -> Iterable[str]:
    """An event's own subject for its owner; of a per-holder event, the subjects of one's own holders only."""
    if event.per_holder:
        yield from (event.subject_for(holder) for holder in HOLDERS if service_of(holder) == role)
    elif event.owner == role:
        yield event.subject


def _heard(event: Event, role: str) -> str:
    return f"{event.subject} {role}" if event.shared else event.subject


def _fetched(durable: DurableSettings) -> Iterable[str]:
    place = f"{durable.stream}.{durable.name}"
    yield f"$JS.API.CONSUMER.INFO.{place}"
    yield f"$JS.API.CONSUMER.MSG.NEXT.{place}"
    yield f"$JS.ACK.{place}.>"
    yield dead_letter_subject(durable.service, durable.name)


def _administers() -> Iterable[str]:
    """Create and update what the table names; neither read, purge nor delete."""
    for stream in STREAMS:
        yield from (f"$JS.API.STREAM.{verb}.{stream.name}" for verb in ("INFO", "CREATE", "UPDATE"))
    for durable in DURABLES:
        place = f"{durable.stream}.{durable.name}"
        yield f"$JS.API.CONSUMER.INFO.{place}"
        yield f"$JS.API.CONSUMER.CREATE.{place}.{durable.filter_subject}"


def _listed(publish: Iterable[str], subscribe: Iterable[str]) -> Permissions:
    return Permissions(publish=tuple(sorted(set(publish))), subscribe=tuple(sorted(set(subscribe))))
