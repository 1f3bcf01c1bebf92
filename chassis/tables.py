"""The tables that every service has beside its own, each with its declaration for the data inventory."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

from chassis.database import UtcDateTime
from chassis.sealing import BlindIndex, Sealed
from contracts.personal_data import (
    RESTRICTION_STORE,
    Category,
    Declaration,
    LegalBasis,
    Locator,
    NoPersonalData,
    PersonalData,
    Retained,
)

DECLARATION = "personal_data"
VERSION_TABLE, CHASSIS_VERSION_TABLE = "alembic_version", "chassis_version"

# Longer than any backup or stream is kept, so that a repeated message is always recognised.
TRACES_KEPT = timedelta(days=400)
MAIL_KEPT = timedelta(days=2)
RECIPIENT_ERASURE_KEPT = timedelta(days=180)
RESTRICTION_KEPT = timedelta(days=10 * 365)

ID_MAX, NAME_MAX, SUBJECT_MAX, STATE_MAX, VALUE_MAX = 64, 64, 200, 16, 320


@dataclass(frozen=True, slots=True)
class StandardTables:
    """The chassis' tables within one service's metadata; those that may be None only if asked for."""

    outbox: Table
    inbox: Table
    tombstone: Table
    receipt: Table
    watermark: Table
    lease: Table
    restriction: Table
    subject_key: Table | None
    mail_queue: Table | None
    recipient_erasure: Table | None
    recipient_command: Table | None


def standard_tables(
    metadata: MetaData, *, mail: bool, recipients: bool = False, sealed: bool = False
) -> StandardTables:
    """Add the chassis' tables to a service's metadata.

    `mail` for a service that sends letters, `recipients` for one that answers for external stores, `sealed` for one
    that has sealed columns of its own.
    """
    for name in (VERSION_TABLE, CHASSIS_VERSION_TABLE):
        _version(metadata, name)
    return StandardTables(
        outbox=_outbox(metadata),
        inbox=_inbox(metadata),
        tombstone=_tombstone(metadata),
        receipt=_receipt(metadata),
        watermark=_watermark(metadata),
        lease=_lease(metadata),
        restriction=_restriction(metadata),
        subject_key=_subject_key(metadata) if sealed or mail or recipients else None,
        mail_queue=_mail_queue(metadata) if mail else None,
        recipient_erasure=_recipient_erasure(metadata) if recipients else None,
        recipient_command=_recipient_command(metadata) if recipients else None,
    )


def _declared(declaration: Declaration) -> dict[str, Declaration]:
    return {DECLARATION: declaration}


def _outbox(metadata: MetaData) -> Table:
    return Table(
        "outbox",
        metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("subject", String(SUBJECT_MAX), nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("message_id", String(SUBJECT_MAX), nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,  # an id is never used twice, so that order is kept
        info=_declared(NoPersonalData(reason="durable events hold opaque ids and counts; gone once published")),
    )


def _inbox(metadata: MetaData) -> Table:
    return Table(
        "inbox",
        metadata,
        Column("consumer", String(NAME_MAX), primary_key=True),
        Column("message_id", String(SUBJECT_MAX), primary_key=True),
        Column("handled_at", UtcDateTime, nullable=False, index=True),
        info=_declared(NoPersonalData(reason="which messages were handled, by opaque id")),
    )


def _tombstone(metadata: MetaData) -> Table:
    return Table(
        "tombstone",
        metadata,
        Column("erasure_id", String(ID_MAX), primary_key=True),
        Column("holder", String(NAME_MAX), primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        Column("erased", JSON, nullable=False),
        Column("erased_at", UtcDateTime, nullable=False, index=True),
        info=_declared(NoPersonalData(reason="an erasure's opaque id and counts; only dsar's ledger tells whose")),
    )


def _receipt(metadata: MetaData) -> Table:
    return Table(
        "receipt",
        metadata,
        Column("command_id", String(ID_MAX), primary_key=True),
        Column("holder", String(NAME_MAX), primary_key=True),
        Column("payload", LargeBinary, nullable=False),
        Column("signed_at", UtcDateTime, nullable=False, index=True),
        info=_declared(NoPersonalData(reason="the signed receipt of a command: opaque id, counts and reasons")),
    )


def _watermark(metadata: MetaData) -> Table:
    return Table(
        "watermark",
        metadata,
        Column("holder", String(NAME_MAX), primary_key=True),
        Column("last_erasure_seq", BigInteger, nullable=False),
        info=_declared(NoPersonalData(reason="the highest sequence of an erasure carried out here")),
    )


def _lease(metadata: MetaData) -> Table:
    return Table(
        "lease",
        metadata,
        Column("name", String(NAME_MAX), primary_key=True),
        Column("holder", String(ID_MAX), nullable=False),
        Column("until", UtcDateTime, nullable=False),
        info=_declared(
            NoPersonalData(reason="which replica does a piece of work now, by the random id of its process")
        ),
    )


def _subject_key(metadata: MetaData) -> Table:
    state: Column[str] = Column("state", String(STATE_MAX), nullable=True)  # none: in use
    not_in_use = state.is_not(None)
    return Table(
        "subject_key",
        metadata,
        Column("cell", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        state,
        Column("file_name", String(ID_MAX), nullable=True),
        Index("ix_subject_key_state", "state", "cell", sqlite_where=not_in_use, postgresql_where=not_in_use),
        info=_declared(
            NoPersonalData(reason="which cells of the file of subject keys are in use, and that file's name")
        ),
    )


def _restriction(metadata: MetaData) -> Table:
    """Whose data may only be stored: by a kind of identifier, and the value as the service's tables hold it.

    By which kinds its rows are found depends on the service: by all that its other tables are found by. An address is
    noted by its keyed hash, in hex.
    """
    return Table(
        RESTRICTION_STORE,
        metadata,
        Column("kind", String(NAME_MAX), primary_key=True),
        Column("value", String(VALUE_MAX), primary_key=True),
        Column("command_id", String(ID_MAX), nullable=False),
        Column("since", UtcDateTime, nullable=False, index=True),
        Index("ix_restriction_value", "value"),
        info=_declared(
            PersonalData(
                categories=(Category.REQUESTS,),
                purpose="only store the data of a person who had its use restricted",
                legal_basis=LegalBasis.LEGAL_OBLIGATION,
                retention=RESTRICTION_KEPT,
                located_by={},
                expires=None,  # it stands until it is lifted
                withheld=frozenset({"command_id"}),
            )
        ),
    )


def _version(metadata: MetaData, name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("version_num", String(32), primary_key=True),
        info=_declared(NoPersonalData(reason="the revision of the schema")),
    )


def _mail_queue(metadata: MetaData) -> Table:
    return Table(
        "mail_queue",
        metadata,
        Column("id", String(ID_MAX), primary_key=True),
        Column("sealed_by", BigInteger, nullable=False),
        Column("address", Sealed("mail_queue.address"), nullable=False),
        Column("address_index", BlindIndex("address"), nullable=False, index=True),
        Column("message", Sealed("mail_queue.message"), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", UtcDateTime, nullable=False, index=True),
        Column("created_at", UtcDateTime, nullable=False),
        info=_declared(
            PersonalData(
                categories=(Category.CONTACT, Category.CORRESPONDENCE),
                purpose="deliver letters to the address they are for",
                legal_basis=LegalBasis.CONTRACT,
                retention=MAIL_KEPT,
                located_by={Locator.EMAIL: "address_index"},
                expires="created_at",
                rectifies={},  # a letter on its way goes to the address that it was written for
                recipients=("mail relay",),
                # The message's links are secrets; the letter itself arrives by mail.
                withheld=frozenset({"sealed_by", "address_index", "message"}),
            )
        ),
    )


def _recipient_erasure(metadata: MetaData) -> Table:
    return Table(
        "recipient_erasure",
        metadata,
        Column("erasure_id", String(ID_MAX), primary_key=True),
        Column("holder", String(NAME_MAX), primary_key=True),
        Column("prepared", JSON, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        info=_declared(
            PersonalData(
                categories=(Category.REQUESTS,),
                purpose="have recipients erase what they hold",
                legal_basis=LegalBasis.LEGAL_OBLIGATION,
                retention=RECIPIENT_ERASURE_KEPT,
                located_by={},  # it is reached by the erasure, not by the person
                expires="created_at",
                source="the service's own records",
                retained=Retained(
                    article="Art. 19",
                    reason="names the record at the recipient; removed as soon as the recipient has erased it",
                    period=RECIPIENT_ERASURE_KEPT,
                    until_recipients=True,
                ),
            )
        ),
    )


def _recipient_command(metadata: MetaData) -> Table:
    return Table(
        "recipient_command",
        metadata,
        Column("command_id", String(ID_MAX), primary_key=True),
        Column("holder", String(NAME_MAX), primary_key=True),
        Column("kind", String(NAME_MAX), nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("looked_for", JSON, nullable=False),
        Column("sealed_by", BigInteger, nullable=False),
        Column("work", Sealed("recipient_command.work"), nullable=False),
        Column("changed", BigInteger, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("next_attempt_at", UtcDateTime, nullable=False),
        Column("failures", Integer, nullable=False),
        Column("reason", String(NAME_MAX)),
        Index("ix_recipient_command_holder_next_attempt_at", "holder", "next_attempt_at"),
        info=_declared(
            PersonalData(
                categories=(Category.REQUESTS,),
                purpose="have recipients carry out what a person demands",
                legal_basis=LegalBasis.LEGAL_OBLIGATION,
                retention=RECIPIENT_ERASURE_KEPT,
                located_by={},  # it is reached by the command, not by the person
                expires=None,  # owed until it is done
                withheld=frozenset({"sealed_by"}),
                source="the service's own records",
                retained=Retained(
                    article="Art. 19",
                    reason="names the record at the recipient; removed as soon as the recipient has done its part",
                    period=RECIPIENT_ERASURE_KEPT,
                    until_recipients=True,
                ),
            )
        ),
    )


def trace_columns(tables: StandardTables) -> tuple[tuple[Table, str], ...]:
    """The tables of opaque ids that are swept after `TRACES_KEPT`, and the column to count from."""
    return ((tables.inbox, "handled_at"), (tables.tombstone, "erased_at"), (tables.receipt, "signed_at"))
