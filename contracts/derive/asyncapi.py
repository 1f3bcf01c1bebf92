"""The AsyncAPI 3 document of the bus: who sends and receives what, in which account, and where replies go."""

from typing import Any

from contracts.derive.schemas import Schemas
from contracts.derive.streams import durable_name, stream_of
from contracts.holder import HOLDERS, service_of
from contracts.registry import CALLS, EVENTS
from contracts.table import Account, AnyCall, AnyEvent, Stream

VERSION = "1.0.0"
DESCRIPTION = """Accounts of one NATS installation. `content` carries message text and imports nothing, so nothing in it
can be stored; `events` stands for one account per service, which imports its durable events from the account `STORE`,
where JetStream is. Subjects, headers and durable events hold opaque ids, never personal data. A request
is an envelope (one line of JSON), a line feed, and the body."""

JsonObject = dict[str, Any]
SPOKEN_IN = (Account.APP, Account.CONTENT, Account.EVENTS)  # nobody speaks in STORE


def asyncapi_document() -> JsonObject:
    """The whole document; the same table gives the same bytes."""
    schemas = Schemas()
    channels: JsonObject = {}
    operations: JsonObject = {}
    for call in CALLS:
        channels |= call_channels(call, schemas)
        operations |= call_operations(call)
    for event in EVENTS:
        channels |= event_channel(event, schemas)
        operations |= event_operations(event)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Larabot bus", "version": VERSION, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {account.value.lower(): server(account) for account in SPOKEN_IN},
        "channels": dict(sorted(channels.items())),
        "operations": dict(sorted(operations.items())),
        "components": {"schemas": schemas.components()},
    }


def server(account: Account) -> JsonObject:
    return {
        "host": "{host}",
        "protocol": "nats",
        "description": f"Account {account.value}",
        "variables": {"host": {"default": "localhost:4222"}},
    }


def call_channels(call: AnyCall, schemas: Schemas) -> JsonObject:
    """A channel for the request and one for the reply, whose address is the caller's inbox."""
    servers = [{"$ref": f"#/servers/{call.account.value.lower()}"}]
    return {
        name_of(call): {
            "address": call.subject,
            "servers": servers,
            "messages": {"request": {"payload": schemas.reference(call.request)}},
            "x-personal-data": call.personal_data,
        },
        f"{name_of(call)}_reply": {
            "address": None,
            "servers": servers,
            "messages": {"reply": reply_message(call, schemas)},
            "x-personal-data": call.personal_data,
        },
    }


def reply_message(call: AnyCall, schemas: Schemas) -> JsonObject:
    """A streamed reply is pieces of bytes, numbered without a gap, up to an explicit end."""
    if not isinstance(call, Stream):
        return {"payload": schemas.reference(call.reply)}
    headers = {"X-Seq": {"type": "integer", "minimum": 1}, "X-End": {"enum": ["ok", "error", "cancelled"]}}
    return {
        "contentType": call.media_type,
        "headers": {"type": "object", "properties": headers},
        "payload": {"type": "string"},
    }


def call_operations(call: AnyCall) -> JsonObject:
    """The owner receives in its queue group; each caller sends."""
    name = name_of(call)
    shared = {
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/request"}],
        "reply": {
            "address": {"location": "$message.header#/reply", "description": "The caller's inbox"},
            "channel": {"$ref": f"#/channels/{name}_reply"},
            "messages": [{"$ref": f"#/channels/{name}_reply/messages/reply"}],
        },
    }
    operations = {
        f"{call.owner}_receives_{name}": {"action": "receive", **shared, "bindings": {"nats": {"queue": call.owner}}}
    }
    for caller in call.callers:
        operations[f"{caller}_sends_{name}"] = {"action": "send", **shared}
    return operations


def event_channel(event: AnyEvent, schemas: Schemas) -> JsonObject:
    channel: JsonObject = {
        "address": event.subject_for("{holder}") if event.per_holder else event.subject,
        "servers": [{"$ref": f"#/servers/{(Account.EVENTS if event.durable else Account.APP).value.lower()}"}],
        "messages": {"event": {"payload": schemas.reference(event.model)}},
    }
    if event.per_holder:
        channel["parameters"] = {"holder": {"enum": list(HOLDERS)}}
    if event.durable:
        channel["x-stream"] = stream_of(event)
    return {name_of(event): channel}


def event_operations(event: AnyEvent) -> JsonObject:
    """A durable event is received through a durable consumer, a shared signal by one replica of a service."""
    name = name_of(event)
    shared = {
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/event"}],
    }
    senders = [service_of(holder) for holder in HOLDERS] if event.per_holder else [event.owner]
    operations: JsonObject = {f"{sender}_sends_{name}": {"action": "send", **shared} for sender in senders}
    for consumer in event.consumers:
        received: JsonObject = {"action": "receive", **shared}
        if event.durable and not event.kept_in:
            received["x-durable-consumer"] = durable_name(event, consumer)
        if event.shared:
            received["bindings"] = {"nats": {"queue": consumer}}
        operations[f"{consumer}_receives_{name}"] = received
    return operations


def name_of(entry: AnyCall | AnyEvent) -> str:
    """A name that is unique in the document and fit for a key."""
    return entry.subject.replace(".", "_")
