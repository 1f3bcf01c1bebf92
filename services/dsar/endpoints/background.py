"""What dsar does by itself: carry erasures on, ask again, raise the alarm, gather packages."""

import asyncio

from chassis.database import DATABASE_FAILURES, StillBusy
from chassis.telemetry import Log
from contracts.dsar import Right
from contracts.errors import Refusal
from services.dsar.domain.case import CaseView, Letter, LetterKind, Subject
from services.dsar.domain.deadline import LATE_AFTER
from services.dsar.domain.erasure import Progress, Step
from services.dsar.domain.pseudonyms import case_secret
from services.dsar.ports import Accounts, Clock, Erasures, Requests
from services.dsar.usecases.conduct_erasure import ConductErasure
from services.dsar.usecases.gather import Gather

SWEEP_SECONDS = 5.0
LETTER_SECONDS = 0.1
AT_ONCE_MAX = 16
WAITING: tuple[type[Exception], ...] = (StillBusy, *DATABASE_FAILURES)

log = Log("background")


class Awake:
    """Waits to be woken, or for the next sweep: whatever a wake-up misses, the sweep finds."""

    def __init__(self) -> None:
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Something may be due."""
        self._awake.set()

    def begin(self) -> None:
        """From here on, a wake-up is for the next round."""
        self._awake.clear()

    async def rest(self, seconds: float = SWEEP_SECONDS) -> None:
        """Until woken, or the next sweep."""
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return


class ErasureRounds(Awake):
    """Carries on every erasure that can go on, several side by side, each by one task at a time."""

    def __init__(self, erasures: Erasures, conducting: ConductErasure, clock: Clock) -> None:
        super().__init__()
        self._erasures = erasures
        self._conducting = conducting
        self._clock = clock
        self._room = asyncio.Semaphore(AT_ONCE_MAX)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._missed: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self.begin()
                seconds = SWEEP_SECONDS
                try:
                    if await self._round():
                        seconds = LETTER_SECONDS
                except DATABASE_FAILURES as error:
                    log.warning("erasures wait", error=error)
                await self.rest(seconds)
        finally:
            for task in self._running.values():
                task.cancel()

    async def _round(self) -> bool:
        """One look at every erasure; whether one of them waits for its last letter to leave."""
        unfinished = await self._erasures.unfinished()
        for progress in unfinished:
            now = self._clock.now()
            if progress.next_step(now) is not Step.WAIT:
                self._start(progress.erasure_id)
            elif progress.must_ask_again(now):
                log.info("holders asked again", count=len(progress.holders_waiting | progress.recipients_waiting))
                await self._erasures.ask_holders(progress.erasure_id, again=True)
            if progress.is_late(now, LATE_AFTER):
                await self._alarm(progress)
        return any(progress.letters_waiting for progress in unfinished)

    def _start(self, erasure_id: str) -> None:
        if erasure_id in self._running:
            self._missed.add(erasure_id)  # it may just have decided to wait: look again when it has ended
            return
        task = asyncio.create_task(self._advance(erasure_id))
        self._running[erasure_id] = task
        task.add_done_callback(lambda _: self._ended(erasure_id))

    def _ended(self, erasure_id: str) -> None:
        self._running.pop(erasure_id, None)
        if erasure_id in self._missed:
            self._missed.discard(erasure_id)
            self.wake()

    async def _advance(self, erasure_id: str) -> None:
        async with self._room:
            try:
                await self._conducting.advance(erasure_id)
            except Refusal as refusal:
                log.warning("erasure waits", kind=refusal.kind.value, reason=refusal.reason)
            except WAITING as error:
                log.warning("erasure waits", error=error)

    async def _alarm(self, progress: Progress) -> None:
        for holder in sorted(progress.holders_waiting | progress.recipients_waiting):
            log.failure("erasure late", holder=holder)
        await self._erasures.mark_late(progress.erasure_id)


class GatheringRounds(Awake):
    """Tries every package once: a case is closed only when every service has answered."""

    def __init__(self, requests: Requests, gathering: Gather, accounts: Accounts, case_key: bytes) -> None:
        super().__init__()
        self._requests = requests
        self._gathering = gathering
        self._accounts = accounts
        self._case_key = case_key

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.begin()
            try:
                for case in await self._requests.to_gather():
                    await self._gather(case)
            except DATABASE_FAILURES as error:
                log.warning("packages wait", error=error)
            await self.rest()

    async def _gather(self, case: CaseView) -> None:
        if case.account_id is None:
            return
        try:
            await self._gathering.everything_answers(case.account_id)
            subject = await self._accounts.subject(case.account_id)
        except Refusal as refusal:
            log.warning("package waits", kind=refusal.kind.value, service=refusal.members.get("service"))
            return
        await self._requests.gathered(case.id, self._letters_of(case, subject))

    def _letters_of(self, case: CaseView, subject: Subject) -> list[Letter]:
        secret = case_secret(self._case_key, case.id)
        return [
            Letter(
                kind=LetterKind.PACKAGE_READY,
                address=address,
                language=case.language,
                case_id=case.id,
                case_secret=secret,
            )
            for address in subject.addresses
            if case.right in {Right.ACCESS, Right.PORTABILITY}
        ]
