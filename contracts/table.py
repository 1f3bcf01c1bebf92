"""The contract table: one entry per message on the bus. Permissions, routes and documents are derived from it.

Kinds: `Call` (request and reply), `Stream` (request and streamed reply), `Event` (published; durable ones are
kept by a JetStream stream, the others reach whoever listens now). Subjects follow from owner and name, so
that they cannot be misspelt: rpc.<owner>.v1.<verb>, evt.<owner>.<entity>.<past>.v1, signal.<…>.v1.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel

from contracts.envelope import Audience
from contracts.errors import ErrorKind

Request_co = TypeVar("Request_co", bound=BaseModel, covariant=True)
Reply_co = TypeVar("Reply_co", bound=BaseModel, covariant=True)
Message_co = TypeVar("Message_co", bound=BaseModel, covariant=True)
Method = Literal["GET", "POST", "PUT", "DELETE"]


class Account(StrEnum):
    """The NATS accounts, each a space of subjects of its own.

    APP carries calls and signals, CONTENT message text. STORE alone has JetStream, and no service's key. EVENTS
    stands for one account per service, which imports from STORE what this service publishes and consumes.
    """

    APP = "APP"
    CONTENT = "CONTENT"
    EVENTS = "EVENTS"
    STORE = "STORE"


class Limit(StrEnum):
    """Which rate limit a route counts against; the figures are in policies/limits.json.

    SESSION is no route's: it counts the session cookies of one address that belong to no session.
    """

    DEFAULT = "default"
    LOGIN = "login"
    REGISTER = "register"
    MAIL = "mail"
    TEXT = "text"
    SPEECH = "speech"
    PRIVACY = "privacy"
    ANALYTICS = "analytics"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """Where a browser reaches a contract, whom it serves and which consent purpose it needs.

    `drop_without_consent` answers `status` without asking the owner when the purpose is not consented to.
    `creates` honours Idempotency-Key; `recalls` means that the owner knows a repetition by `caller.idempotency_key`
    and answers it as it did the first time, so the gateway asks it again (otherwise a repetition of an answered
    request gets the status alone). `empty` means that the answer has no body. `alias` is a second path under
    the same name. `refuses` names what the owner refuses beyond what follows from the rest. `cache_seconds`: how long
    anybody may keep the answer, which then must be the same for everybody; 0 forbids it.
    """

    method: Method
    path: str
    audience: Audience
    summary: str
    status: int = 200
    purpose: str | None = None
    drop_without_consent: bool = False
    sets_cookie: bool = False
    creates: bool = False
    recalls: bool = False
    csrf: bool = True
    empty: bool = False
    limit: Limit = Limit.DEFAULT
    alias: str | None = None
    refuses: tuple[ErrorKind, ...] = ()
    cache_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Request_co, Reply_co]):
    """A request with one reply. `personal_data` says whether either may hold any (core NATS only, never kept)."""

    owner: str
    name: str
    request: type[Request_co]
    reply: type[Reply_co]
    callers: tuple[str, ...] = ("gateway",)
    personal_data: bool = True
    account: Account = Account.APP
    http: Http | None = None
    deadline_seconds: float = 5.0

    @property
    def subject(self) -> str:
        """The subject that the owner serves, in a queue group of the owner's name."""
        return f"rpc.{self.owner}.v1.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(Call[Request_co, Reply_co]):
    """A request whose reply is a sequence of byte chunks with credit, cancel and an explicit end.

    `stall_seconds` is the longest silence between two chunks before the caller gives up.
    """

    media_type: str = "text/event-stream"
    stall_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Generic[Message_co]):
    """Something that happened. Durable ones hold opaque ids and counts only, but for the ledger of commands.

    `per_holder` widens the subject by the holder's name, so that each may publish only its own. `shared`: of a
    signal, one replica of each consumer hears it; otherwise every replica does. `kept_in` names a stream of its own,
    which the owner reads again from its beginning, without a durable consumer.
    """

    owner: str
    entity: str
    past: str
    model: type[Message_co]
    consumers: tuple[str, ...]
    durable: bool = True
    per_holder: bool = False
    shared: bool = False
    kept_in: str | None = None

    @property
    def subject(self) -> str:
        """The subject, without the holder's token where the event has one."""
        root = "signal" if not self.durable else self.kept_in.lower() if self.kept_in else "evt"
        return f"{root}.{self.owner}.{self.entity}.{self.past}.v1"

    def subject_for(self, holder: str) -> str:
        """The subject under which one holder publishes."""
        return f"{self.subject}.{holder}"


AnyCall: TypeAlias = Call[BaseModel, BaseModel]
AnyStream: TypeAlias = Stream[BaseModel, BaseModel]
AnyEvent: TypeAlias = Event[BaseModel]
Contract = AnyCall | AnyEvent
