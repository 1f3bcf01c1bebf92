"""Keep the receipt log: announce its keys and publish its head."""

from datetime import datetime

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

    async def keep(self) -> datetime:
        """Announce what is new, publish a head if one is due; when the next one is.

        Raises:
            KeysContradict: the settings do not go with the history of keys.
        """
        now = self._clock.now()
        published_at = await self._log.publish(
            lambda history: to_announce(history, self._keys, as_time(now)), self._signed, now, now - PUBLISHED_EVERY
        )
        return published_at + PUBLISHED_EVERY

    def _signed(self, tree_size: int, root_hash: str) -> Head:
        return sign_head(self._keys.log_seed, tree_size, root_hash, as_time(self._clock.now()))
