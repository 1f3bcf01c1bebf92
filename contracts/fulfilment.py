"""What dsar demands of every service about stored data, and how each of the service's holders answers: by a receipt.

A demand is a *command*: erase, rectify, restrict, lift or object (GDPR Art. 17, 16, 18(1), 18(3), 21). The identifiers
of whom it concerns travel in memory only, over core NATS; no stream ever keeps them.
"""

from enum import StrEnum
from typing import Annotated, Any

import pydantic
from pydantic import StringConstraints, TypeAdapter, field_validator, model_validator

from contracts.envelope import Language
from contracts.fields import EMAIL_MAX, Email, Name, OpaqueId
from contracts.holder import RECIPIENT_HOLDERS, SERVICES
from contracts.messages import Reply, Request
from contracts.personal_data import Locator, Rectifiable
from contracts.table import AnyCall, AnyEvent, Call, Contract, Event

COMMANDS_MAX = 64
IDENTIFIERS_MAX = 100
HOLDERS_MAX = 8
SEQUENCE_MAX = 2**53 - 1  # what canonical JSON carries as a whole number (RFC 8785, 3.2.2.3)
# A batch is one transaction at the holder, and its recipients are not waited for.
FULFIL_SECONDS = 10.0


class CommandKind(StrEnum):
    """What is to be done with a person's stored data."""

    ERASE = "erase"
    RECTIFY = "rectify"
    RESTRICT = "restrict"
    LIFT = "lift"
    OBJECT = "object"


_VALUES: dict[Rectifiable, TypeAdapter[Any]] = {
    Rectifiable.NAME: TypeAdapter(Name),
    Rectifiable.EMAIL: TypeAdapter(Email),
    Rectifiable.LANGUAGE: TypeAdapter(Language),
}

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=320)]
HolderName = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Value = Annotated[str, StringConstraints(min_length=1, max_length=EMAIL_MAX)]
Code = Annotated[str, StringConstraints(max_length=40, pattern=r"^[A-Za-z0-9-]+$")]


class Command(Request):
    """One demand on stored data, as one service is told it.

    `sequence` counts commands, and `requested_at` is when the person asked: a command reaches what was stored by then.
    `locators` has the kinds that the service's inventory declares, and no others. `payload` holds the new values of a
    rectification, as they are to be stored (an address in its canonical spelling). `holders` are those of the service
    whose receipt is still wanted.
    """

    command_id: OpaqueId
    kind: CommandKind
    sequence: Annotated[int, pydantic.Field(ge=1, le=SEQUENCE_MAX)]
    requested_at: pydantic.AwareDatetime
    locators: dict[Locator, Annotated[list[Identifier], pydantic.Field(max_length=IDENTIFIERS_MAX)]]
    payload: dict[Rectifiable, Value] = {}
    holders: Annotated[list[HolderName], pydantic.Field(min_length=1, max_length=HOLDERS_MAX)]

    @field_validator("payload")
    @classmethod
    def _as_stored(cls, payload: dict[Rectifiable, str]) -> dict[Rectifiable, str]:
        return {what: str(_VALUES[what].validate_python(value)) for what, value in payload.items()}

    @model_validator(mode="after")
    def _payload_fits(self) -> "Command":
        if (self.kind is CommandKind.RECTIFY) != bool(self.payload):
            raise ValueError("a rectification needs new values, and nothing else has any")
        return self


class Fulfil(Request):
    """A batch of commands: each is carried out by itself, all of them in one transaction."""

    commands: Annotated[list[Command], pydantic.Field(min_length=1, max_length=COMMANDS_MAX)]


class HolderReceipt(Reply):
    """A holder's signed statement; `signature` is Ed25519 over the canonical body with the receipt domain."""

    body: dict[str, Any]
    signature: Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{128}$")]


class HolderAnswer(Reply):
    """How one holder answers one command: by its receipt, by the code of why it failed, or not yet.

    Neither receipt nor failure means that a recipient takes its time: `signal.<service>.holder.ready.v1` tells when to
    ask again.
    """

    command_id: str
    holder: str
    receipt: HolderReceipt | None = None
    failure: Code | None = None


class Fulfilled(Reply):
    """One answer for each command and each of its holders."""

    answers: list[HolderAnswer]


class HolderReady(Reply):
    """A service can be asked for receipts: it has just started, or a recipient's receipt was signed."""

    service: HolderName


def fulfil_of(service: str) -> Call[Fulfil, Fulfilled]:
    """The contract by which dsar has a service carry out commands; asked again, it gives the same receipts."""
    return Call(
        owner=service,
        name="fulfil",
        request=Fulfil,
        reply=Fulfilled,
        callers=("dsar",),
        deadline_seconds=FULFIL_SECONDS,
    )


def ready_of(service: str) -> Event[HolderReady]:
    """The signal by which every replica of dsar learns that a service can be asked again."""
    return Event(owner=service, entity="holder", past="ready", model=HolderReady, consumers=("dsar",), durable=False)


# dsar carries out its own part by itself, without the bus.
TOLD = tuple(service for service in SERVICES if service != "dsar")
FULFIL = {service: fulfil_of(service) for service in TOLD}
HOLDER_READY = {service: ready_of(service) for service in TOLD}
CALLS: tuple[AnyCall, ...] = tuple(FULFIL.values())
SIGNALS: tuple[AnyEvent, ...] = tuple(HOLDER_READY.values())
CONTRACTS: tuple[Contract, ...] = (*CALLS, *SIGNALS)


def holders_of(service: str) -> tuple[str, ...]:
    """The holders that a service answers for: its own database, then the recipients that it speaks to."""
    return (service, *(holder for holder, owner in RECIPIENT_HOLDERS.items() if owner == service))
