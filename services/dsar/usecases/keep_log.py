"""Keep the receipt log: announce its keys and publish its head."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from kernel.key_history import history_of
from kernel.log_head import Head, sign_head
from services.dsar.domain.log_keys import KeysOfSettings, to_announce
from services.dsar.domain.log_proofs import PUBLISHED_EVERY
from services.dsar.domain.time import as_time
from services.dsar.ports import Clock, ReceiptLog


class KeepLog:
    """At the start, and once a day: heads are published in batches and padded, so that they do not count erasures."""

    def __init__(self, log: ReceiptLog, clock: Clock, keys: KeysOfSettings) -> None:
        self._log = log
        self._clock = clock
        self._keys = keys
        self._receipt_keys: Mapping[str, Sequence[str]] = {}

    def receipt_keys_of(self, service: str) -> Sequence[str]:
        """The keys of a service that stand in the log, the latest first; none before the first `keep`."""
        return self._receipt_keys.get(service, ())

    async def keep(self) -> datetime:
        """Announce what is new, publish a head if one is due; when the next one is.

        Raises:
            KeysContradict: the settings do not go with the history of keys.
        """
        now = self._clock.now()
        published_at = await self._log.publish(
            lambda history: to_announce(history, self._keys, as_time(now)), self._signed, now, now - PUBLISHED_EVERY
        )
        history = history_of((await self._log.evidence([])).keys)
        self._receipt_keys = {
            service: [key for _, key in reversed(keys)] for service, keys in history.receipt_keys.items()
        }
        return published_at + PUBLISHED_EVERY

    def _signed(self, tree_size: int, root_hash: str) -> Head:
        return sign_head(self._keys.log_seed, tree_size, root_hash, as_time(self._clock.now()))
