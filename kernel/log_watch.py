"""What an outsider checks of the receipt log from one look to the next: it only grows, and its keys follow."""

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from kernel import merkle
from kernel.key_history import KeysRefused, LoggedKey, check_places, history_of
from kernel.log_head import Head
from kernel.shapes import Part, Proof


class LogRefused(ValueError):
    """The log is not what it was, or not what it says; the message names the check in plain words."""


class Seen(Part):
    """What was seen of the log at one look: its signed head, and every key announced up to it."""

    head: Head
    keys: list[LoggedKey]


def read_seen(data: bytes) -> Seen:
    """Read what was kept of a look.

    Raises:
        LogRefused: it is nothing of the kind.
    """
    try:
        return Seen.model_validate_json(data)
    except ValidationError:
        raise LogRefused("it has not the shape of a head with its keys") from None


def check_seen(now: Seen) -> Iterator[str]:
    """Check one look by itself; yields each check that held, in plain words.

    Raises:
        LogRefused: the first check that did not hold.
    """
    head = now.head
    if not head.is_signed():
        raise LogRefused("the head is not signed by the key that it names")
    try:
        history = history_of(now.keys)
        check_places(now.keys, head.tree_size, head.root_hash)
    except KeysRefused as refused:
        raise LogRefused(str(refused)) from refused
    if history.log_keys[-1] != head.public_key:
        raise LogRefused("the head is signed by a key that is not the log's last announced one")
    yield f"The head ({head.tree_size} leaves, {head.at}) is signed by the log's key {head.public_key}."
    yield (
        f"All {len(now.keys)} announced keys stand in the log, each signed by the log key in force before it; "
        f"the log's key was replaced {len(history.log_keys) - 1} times."
    )


def check_growth(before: Seen, now: Seen, proof: Sequence[str]) -> Iterator[str]:
    """Check that the log of one look is the beginning of the log of the next; yields each check that held.

    `proof`: the consistency proof between the two sizes, in hex; empty where they are the same.

    Raises:
        LogRefused: the log was rewritten or cut.
    """
    old, new = before.head, now.head
    if new.tree_size < old.tree_size:
        raise LogRefused(f"the log has shrunk: {old.tree_size} leaves were signed on {old.at}, now {new.tree_size}")
    roots = bytes.fromhex(old.root_hash), bytes.fromhex(new.root_hash)
    steps = [bytes.fromhex(step) for step in proof]
    if not merkle.is_consistent(old.tree_size, new.tree_size, *roots, steps):
        raise LogRefused(
            f"the log was rewritten: its {new.tree_size} leaves do not begin with the {old.tree_size} that were signed "
            f"on {old.at}"
        )
    if now.keys[: len(before.keys)] != _placed_as(before.keys, now.keys):
        raise LogRefused(f"the history of keys is another than the one that was seen on {old.at}")
    yield f"It begins with all {old.tree_size} leaves that were seen before ({old.at}): nothing was changed or removed."


def _placed_as(before: Sequence[LoggedKey], now: Sequence[LoggedKey]) -> list[LoggedKey]:
    """The keys of before with the proofs of now: a proof changes as the log grows, the announcement does not."""
    return [
        old.model_copy(update={"inclusion_proof": new.inclusion_proof}) for old, new in zip(before, now, strict=False)
    ]


def check_beginning(log: Head, now: Seen, proof: Sequence[str]) -> Iterator[str]:
    """Check that the log of a certificate is the beginning of the log that everybody sees.

    Raises:
        LogRefused: it is another log.
    """
    roots = bytes.fromhex(log.root_hash), bytes.fromhex(now.head.root_hash)
    steps = [bytes.fromhex(step) for step in proof]
    if not merkle.is_consistent(log.tree_size, now.head.tree_size, *roots, steps):
        raise LogRefused("the certificate rests on another log than the one that is public")
    yield f"The log that the certificate rests on ({log.tree_size} leaves) is the beginning of the public one."


class GrowthProof(Part):
    """The answer of the log about two sizes."""

    first: int
    second: int
    proof: Proof
