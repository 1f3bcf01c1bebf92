"""Who may publish and subscribe to what on the bus, by role and account, as nats-server enforces it.

Replies need no `allow_responses`, which would let a caller aim a service's reply at any subject (a forged
receipt, a purge): instead an owner may publish to the inboxes of the callers that the table names. Subscribing
to a call is allowed only in the owner's queue group. Whatever is not listed is refused.

nats-server checks the subject of a message against these lists, not its reply subject, and whoever answers (JetStream
too) answers there. In one account with JetStream, a fetch with the reply `$JS.API.STREAM.PURGE.…` empties a stream;
in an account shared by services, one with the reply `evt.…` stores a message in another service's name, even through
an import. So JetStream stands in STORE, where no service is, and each service reaches it from an account of its own
(EVENTS), which imports only what this service may publish anyway: wherever a reply points, it lends nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.derive.streams import DURABLES, STREAMS, DurableSettings, dead_letter_subject
from contracts.holder import HOLDERS, SERVICES, service_of
from contracts.registry import CALLS, EVENTS
from contracts.table import Account, AnyCall, AnyEvent, Stream

ADMIN = "admin"
NEXT = "$JS.API.CONSUMER.MSG.NEXT."
READ_AGAIN = "$JS.API.DIRECT.GET."


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Two allow-lists of subjects; `subject group` means: only as a member of that queue group."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def connections() -> list[tuple[str, str]]:
    """Every role and account that has a key of its own; the admin is the init job, and alone in STORE."""
    content = {role for call in _calls_in(Account.CONTENT) for role in (call.owner, *call.callers)}
    return [
        *((service, Account.APP.value) for service in SERVICES),
        *((service, Account.CONTENT.value) for service in SERVICES if service in content),
        *((service, Account.EVENTS.value) for service in SERVICES),
        (ADMIN, Account.STORE.value),
    ]


def permissions_of(role: str, account: str) -> Permissions:
    """What one role may do in one account."""
    if (role, account) not in connections():
        msg = f"{role} has no connection to {account}"
        raise KeyError(msg)
    if role == ADMIN:
        return _listed(_administers(), [inbox_of(ADMIN)])
    if account == Account.EVENTS:
        return _listed(_stored(role), [inbox_of(role)])
    calls = _calls_in(Account(account))
    publish = {subject for call in calls for subject in _published_for(call, role)}
    subscribe = {f"{call.subject} {role}" for call in calls if call.owner == role}
    if account == Account.APP:
        signals = [event for event in EVENTS if not event.durable]
        publish |= {subject for event in signals for subject in _announced(event, role)}
        subscribe |= {_heard(event, role) for event in signals if role in event.consumers}
    return _listed(publish, [inbox_of(role), *subscribe])


def inbox_of(role: str) -> str:
    """The only place where a role receives replies."""
    return f"_INBOX.{role}.>"


def is_fetch(subject: str) -> bool:
    """Whether a request on this subject has several answers: the messages, and how the fetch ended."""
    return subject.startswith((NEXT, READ_AGAIN))


def _stored(role: str) -> set[str]:
    """What a role reaches in STORE: the events that it announces; fetch, acks and dead letters of its consumers."""
    announced = {subject for event in EVENTS if event.durable for subject in _announced(event, role)}
    announced |= {f"{READ_AGAIN}{stream.name}" for stream in STREAMS if stream.reader == role}
    return announced | {subject for durable in DURABLES if durable.service == role for subject in _fetched(durable)}


def _calls_in(account: Account) -> list[AnyCall]:
    return [call for call in CALLS if call.account == account]


def _published_for(call: AnyCall, role: str) -> Iterable[str]:
    if role in call.callers:
        yield call.subject
        if isinstance(call, Stream):  # credit and cancel go to the owner's inbox
            yield inbox_of(call.owner)
    if role == call.owner:
        yield from (inbox_of(caller) for caller in call.callers)


def _announced(event: AnyEvent, role: str) -> Iterable[str]:
    """An event's own subject for its owner; of a per-holder event, the subjects of one's own holders only."""
    if event.per_holder:
        yield from (event.subject_for(holder) for holder in HOLDERS if service_of(holder) == role)
    elif event.owner == role:
        yield event.subject


def _heard(event: AnyEvent, role: str) -> str:
    return f"{event.subject} {role}" if event.shared else event.subject


def _fetched(durable: DurableSettings) -> Iterable[str]:
    place = f"{durable.stream}.{durable.name}"
    yield f"{NEXT}{place}"
    yield f"$JS.ACK.{place}.>"
    yield dead_letter_subject(durable.service, durable.name)


def _administers() -> Iterable[str]:
    """Create and update what the table names."""
    for stream in STREAMS:
        yield from (f"$JS.API.STREAM.{verb}.{stream.name}" for verb in ("INFO", "CREATE", "UPDATE"))
    for durable in DURABLES:
        place = f"{durable.stream}.{durable.name}"
        yield f"$JS.API.CONSUMER.INFO.{place}"
        yield f"$JS.API.CONSUMER.CREATE.{place}.{durable.filter_subject}"


def _listed(publish: Iterable[str], subscribe: Iterable[str]) -> Permissions:
    return Permissions(publish=tuple(sorted(set(publish))), subscribe=tuple(sorted(set(subscribe))))
