"""Which keys the receipt log speaks with, and the services sign receipts with: announced as leaves of the log itself.

Every announcement is signed by the log key that is in force before it, the first log key by itself. The announcement of
a log key is also signed by the announced key, so that trust in any key of the chain reaches the others: the
predecessor names its successor, and the successor its predecessor (as the root role of TUF changes, specification
§5.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from kernel import merkle
from kernel.shapes import Count, Hash, Part, Proof, Signature, Time
from kernel.signature import canonical, is_signed, public_key_of, sign

ANNOUNCEMENT_DOMAIN = "larabot-key-announcement-v1"
NAME_MAX = 32


class KeyRole(StrEnum):
    """What a key signs: the log's heads, certificates and announcements, or the receipts of one service."""

    LOG = "log"
    RECEIPT = "receipt"


class Announced(Part):
    """What an announcement says. `replaces`: the key of the same role and service before, if there was one."""

    domain: Literal["larabot-key-announcement-v1"]
    role: Annotated[KeyRole, Field(strict=False)]
    service: Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
    public_key: Hash
    valid_from: Time
    replaces: Hash | None


class Announcement(Part):
    """An announcement with its signatures; `possession` is by the announced key itself, of log keys only."""

    body: Announced
    signature: Signature
    possession: Signature | None

    def leaf(self) -> bytes:
        """Its leaf in the receipt log."""
        return merkle.leaf_hash(ANNOUNCEMENT_DOMAIN.encode() + b"\n" + canonical(self.model_dump(mode="json")))

    def is_signed_by(self, public_key: str) -> bool:
        """Whether the log key that was in force signed it, and a log key that is announced did so, too."""
        body = self.body.model_dump(mode="json")
        if self.body.role is KeyRole.RECEIPT:
            return self.possession is None and is_signed(public_key, self.signature, ANNOUNCEMENT_DOMAIN, body)
        possessed = is_signed(self.body.public_key, self.possession or "", ANNOUNCEMENT_DOMAIN, body)
        return possessed and is_signed(public_key, self.signature, ANNOUNCEMENT_DOMAIN, body)


class LoggedKey(Part):
    """An announcement and its place in the log."""

    announcement: Announcement
    leaf_index: Count
    inclusion_proof: Proof


class KeysRefused(ValueError):
    """The announcements are no history of keys; the message says why, in plain words."""


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """Keys in the order of their announcement: the log's, and each service's with the leaf that announced it."""

    log_keys: tuple[str, ...]
    receipt_keys: dict[str, tuple[tuple[int, str], ...]]

    def receipt_keys_before(self, service: str, leaf_index: int) -> list[str]:
        """The keys of a service that stood in the log before a leaf."""
        return [key for index, key in self.receipt_keys.get(service, ()) if index < leaf_index]


def announce(
    role: KeyRole, service: str, public_key: str, valid_from: str, replaces: str | None, signing: Sequence[str]
) -> Announcement:
    """Announce a key. `signing`: the seed of the log key that is in force; then, for a log key, the seed announced.

    The first log key announces itself: then the one seed is both.
    """
    body = Announced(
        domain="larabot-key-announcement-v1",
        role=role,
        service=service,
        public_key=public_key,
        valid_from=valid_from,
        replaces=replaces,
    )
    content = body.model_dump(mode="json")
    possession = sign(signing[-1], ANNOUNCEMENT_DOMAIN, content) if role is KeyRole.LOG else None
    return Announcement(body=body, signature=sign(signing[0], ANNOUNCEMENT_DOMAIN, content), possession=possession)


def history_of(entries: Sequence[LoggedKey]) -> KeyHistory:
    """Follow announcements in the order of the log: the first is a log key's own, each is signed by the one in force.

    Raises:
        KeysRefused: out of order, not signed by the key in force, or a key announced twice.
    """
    log_keys: list[str] = []
    receipt_keys: dict[str, tuple[tuple[int, str], ...]] = {}
    last = -1
    for entry in entries:
        body = entry.announcement.body
        if entry.leaf_index <= last:
            raise KeysRefused("the announcements of keys are not in the order of the log")
        last = entry.leaf_index
        _check_signer(entry.announcement, log_keys)
        if body.role is KeyRole.LOG:
            log_keys.append(body.public_key)
        else:
            known = receipt_keys.get(body.service, ())
            receipt_keys[body.service] = (*known, (entry.leaf_index, body.public_key))
    if not log_keys:
        raise KeysRefused("no key of the log is announced")
    return KeyHistory(tuple(log_keys), receipt_keys)


def _check_signer(announcement: Announcement, log_keys: Sequence[str]) -> None:
    body = announcement.body
    in_force = log_keys[-1] if log_keys else None
    if body.role is KeyRole.LOG:
        if body.replaces != in_force or body.public_key in log_keys:
            raise KeysRefused("a key of the log is announced that does not replace the one before")
    elif in_force is None:
        raise KeysRefused("a receipt key is announced before any key of the log")
    if not announcement.is_signed_by(in_force or body.public_key):
        raise KeysRefused(f"the announcement of a key of {body.service} is not signed by the log key in force")


def check_places(entries: Sequence[LoggedKey], tree_size: int, root_hash: str) -> None:
    """Check that every announcement stands in the tree.

    Raises:
        KeysRefused: one does not.
    """
    for entry in entries:
        proof = [bytes.fromhex(step) for step in entry.inclusion_proof]
        root = merkle.root_by_proof(entry.announcement.leaf(), entry.leaf_index, tree_size, proof)
        if root is None or root.hex() != root_hash:
            raise KeysRefused(f"the announcement of a key of {entry.announcement.body.service} is not in the log")


def first_log_key(seed: str, valid_from: str) -> Announcement:
    """The first announcement of a log: its own key, by itself."""
    return announce(KeyRole.LOG, "dsar", public_key_of(seed), valid_from, None, [seed])
