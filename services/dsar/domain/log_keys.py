"""Which keys are to be announced in the receipt log: those of the settings that its history does not have yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel.key_history import Announcement, KeyRole, announce, first_log_key
from kernel.signature import public_key_of


class KeysContradict(Exception):
    """The settings and the history of keys cannot both be right; the text tells the operator what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysOfSettings:
    """The log's seed, that of the log key which it replaces if it is new, and the receipt key of every service."""

    log_seed: str
    replaced_log_seed: str | None
    receipt_keys: Mapping[str, str]

    @property
    def log_key(self) -> str:
        """The log's public key."""
        return public_key_of(self.log_seed)


def to_announce(history: Sequence[Announcement], keys: KeysOfSettings, at: str) -> list[Announcement]:
    """What must be appended to a history, the log key first, so that it signs the receipt keys.

    Raises:
        KeysContradict: a key of the settings was replaced before, or the log key's successor is not vouched for.
    """
    found = _new_log_key([one.body.public_key for one in history if one.body.role is KeyRole.LOG], keys, at)
    for service, key in sorted(keys.receipt_keys.items()):
        known = [
            one.body.public_key for one in history if one.body.role is KeyRole.RECEIPT and one.body.service == service
        ]
        if key in known[:-1]:
            raise KeysContradict(f"LARABOT_RECEIPT_KEYS has a key of {service} that was replaced before")
        if key not in known:
            before = known[-1] if known else None
            found.append(announce(KeyRole.RECEIPT, service, key, at, before, [keys.log_seed]))
    return found


def _new_log_key(known: Sequence[str], keys: KeysOfSettings, at: str) -> list[Announcement]:
    if not known:
        return [first_log_key(keys.log_seed, at)]
    if keys.log_key == known[-1]:
        return []
    if keys.log_key in known:
        raise KeysContradict("LARABOT_LOG_SEED is that of a key of the receipt log that was replaced before")
    replaced = keys.replaced_log_seed
    if replaced is None or public_key_of(replaced) != known[-1]:
        raise KeysContradict(
            f"the receipt log is signed with the key {known[-1]}; to replace it, set LARABOT_REPLACED_LOG_SEED to its "
            "seed until dsar has started once with the new one"
        )
    return [announce(KeyRole.LOG, "dsar", keys.log_key, at, known[-1], [replaced, keys.log_seed])]
