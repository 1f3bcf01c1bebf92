"""Carry an erasure on: do what its state says is next, until somebody else has to act."""

from contracts.personal_data import Locator
from services.dsar.domain.erasure import Progress, Step
from services.dsar.domain.pseudonyms import case_secret
from services.dsar.ports import Accounts, Clock, Erasures, Turns


class ConductErasure:
    """Drives erasures from what is recorded of them alone, so that a crash between two steps is harmless."""

    def __init__(self, erasures: Erasures, accounts: Accounts, turns: Turns, clock: Clock, case_key: bytes) -> None:
        self._erasures = erasures
        self._accounts = accounts
        self._turns = turns
        self._clock = clock
        self._case_key = case_key
        self._running_since = clock.now()

    async def advance(self, erasure_id: str) -> None:
        """Go on until there is nothing to do but wait.

        Raises:
            Refusal: a service that must act first is away; to be tried again.
        """
        while progress := await self._erasures.progress(erasure_id):
            step = progress.next_step(self._clock.now())
            if step is Step.WAIT:
                return
            await self._do(step, progress)

    async def _do(self, step: Step, progress: Progress) -> None:
        erasure_id, case_id = progress.erasure_id, progress.case_id
        match step:
            case Step.BLOCK_AND_ASK:
                await self._block(erasure_id)
                await self._erasures.ask_holders(erasure_id, again=False)
            case Step.SAY_GOODBYE:
                await self._erasures.say_goodbye(erasure_id, case_id, case_secret(self._case_key, case_id))
            case Step.TAKE_TURN:
                again = progress.turn_needs_asking(self._clock.now(), self._running_since)
                await self._erasures.take_turn(erasure_id, ask_again=again)
                self._turns.come(erasure_id)
            case Step.CERTIFY:
                await self._erasures.certify(erasure_id, case_id)
            case Step.FORGET:
                await self._erasures.forget(erasure_id)
            case Step.CLOSE:
                await self._erasures.close(erasure_id, case_id)

    async def _block(self, erasure_id: str) -> None:
        """Nobody may be asked to erase while new rows can still be made: the sessions end first."""
        locators = await self._erasures.locators(erasure_id)
        for account_id in locators.get(Locator.ACCOUNT_ID.value, []):
            await self._accounts.block(account_id)
