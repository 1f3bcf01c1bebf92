"""What the receipt log proves: places of leaves, growth, keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from kernel.key_history import LoggedKey

PUBLISHED_EVERY = timedelta(days=1)
# A publication adds at least one leaf and fills the log up to a multiple of so many: a day with 25 erasures (ten leaves
# each) grows it as much as a day without any.
PADDED_TO = 256


def padded_size(size: int) -> int:
    """How many leaves the log has after a publication."""
    return (size // PADDED_TO + 1) * PADDED_TO


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvidence:
    """The log at a size: its root, the inclusion proofs of some leaves by index (hex), and its history of keys."""

    tree_size: int
    root_hash: str
    proofs: dict[int, list[str]]
    keys: Sequence[LoggedKey]
