"""The worker that destroys the keys of rows that are gone: after the commit, or at the start if missed."""

from chassis.database import Database
from chassis.sealing.subject_keys import BATCH_MAX, SUBJECT_KEYS, Sealing
from chassis.worker import AT_ONCE, Worker

# What deletes rows wakes the worker; where that was forgotten, and on another replica, it looks by itself.
LOOK_SECONDS = 30.0


class KeyDestruction:
    """Destroys unused keys until cancelled."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing
        self._worker = Worker(SUBJECT_KEYS, self._step, database=database)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._worker.run()

    async def _step(self) -> float:
        if not await self._database.read(self._sealing.has_unused):  # looking is free
            return LOOK_SECONDS
        cells = await self._database.write(self._sealing.destroy_unused)
        return AT_ONCE if len(cells) == BATCH_MAX else LOOK_SECONDS
