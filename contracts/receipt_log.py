"""The receipt log as anybody may read it: signed heads, proofs (RFC 9162 §2.1) and the history of its keys.

Hashes, keys and signatures in lower-case hex. Nothing here is personal data: leaves are salted hashes, and a head's
size grows by padding too.
"""

from typing import Annotated, Any

import pydantic
from pydantic import StringConstraints, model_validator

from contracts.envelope import Audience
from contracts.errors import ErrorKind
from contracts.messages import Empty, Reply, Request
from contracts.table import AnyCall, Call, Contract, Http

TREE_SIZE_MAX = 2**53 - 1  # what canonical JSON carries as a whole number (RFC 8785, 3.2.2.3)
# A head is published once a day; somebody who looks a minute too early sees the one before.
HEAD_CACHED_SECONDS = 60
# A proof between two published sizes never changes.
PROOF_CACHED_SECONDS = 86_400

TreeSize = Annotated[int, pydantic.Field(ge=1, le=TREE_SIZE_MAX)]
LeafHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class LogHead(Reply):
    """The signed tree head: how many leaves the log had at a time, and their root. `public_key` is the log's."""

    tree_size: int
    root_hash: str
    at: str
    public_key: str
    signature: str


class ConsistencyChoice(Request):
    """Two sizes of the log, the earlier first; neither above that of the published head."""

    first: TreeSize
    second: TreeSize

    @model_validator(mode="after")
    def _in_order(self) -> "ConsistencyChoice":
        if self.first > self.second:
            raise ValueError("first is the smaller of the two")
        return self


class Consistency(Reply):
    """The proof that the log of `second` leaves begins with that of `first` (RFC 9162 §2.1.4)."""

    first: int
    second: int
    proof: list[str]


class InclusionChoice(Request):
    """A leaf by its hash, and the size of the log, not above that of the published head."""

    leaf_hash: LeafHash
    tree_size: TreeSize


class Inclusion(Reply):
    """The proof that a leaf stands in the log of `tree_size` leaves (RFC 9162 §2.1.3)."""

    leaf_index: int
    tree_size: int
    inclusion_proof: list[str]


class AnnouncedKey(Reply):
    """An announcement (`body`, `signature`, `possession` of a log key), and its place in the published log."""

    announcement: dict[str, Any]
    leaf_index: int
    inclusion_proof: list[str]


class LogKeys(Reply):
    """Every key ever announced, in the order of the log; `log_key` is the one that it is signed with now."""

    log_key: str
    tree_size: int
    keys: list[AnnouncedKey]


LOG_HEAD = Call(
    owner="dsar",
    name="log_head",
    request=Empty,
    reply=LogHead,
    personal_data=False,
    http=Http(
        method="GET",
        path="/api/privacy/log",
        audience=Audience.VISITOR,
        cache_seconds=HEAD_CACHED_SECONDS,
        summary="The signed head of the receipt log, published once a day",
    ),
)
LOG_CONSISTENCY = Call(
    owner="dsar",
    name="log_consistency",
    request=ConsistencyChoice,
    reply=Consistency,
    personal_data=False,
    http=Http(
        method="GET",
        path="/api/privacy/log/consistency",
        audience=Audience.VISITOR,
        cache_seconds=PROOF_CACHED_SECONDS,
        refuses=(ErrorKind.NOT_FOUND,),
        summary="The proof that the log has only grown between two sizes (RFC 9162)",
    ),
)
LOG_INCLUSION = Call(
    owner="dsar",
    name="log_inclusion",
    request=InclusionChoice,
    reply=Inclusion,
    personal_data=False,
    http=Http(
        method="GET",
        path="/api/privacy/log/inclusion",
        audience=Audience.VISITOR,
        cache_seconds=PROOF_CACHED_SECONDS,
        refuses=(ErrorKind.NOT_FOUND,),
        summary="The proof that a leaf stands in the log (RFC 9162)",
    ),
)
LOG_KEYS = Call(
    owner="dsar",
    name="log_keys",
    request=Empty,
    reply=LogKeys,
    personal_data=False,
    http=Http(
        method="GET",
        path="/api/privacy/log/keys",
        audience=Audience.VISITOR,
        cache_seconds=HEAD_CACHED_SECONDS,
        summary="The keys of the log and of the services' receipts with their times, for verify-certificate --trust",
    ),
)

CALLS: tuple[AnyCall, ...] = (LOG_HEAD, LOG_CONSISTENCY, LOG_INCLUSION, LOG_KEYS)
CONTRACTS: tuple[Contract, ...] = CALLS
