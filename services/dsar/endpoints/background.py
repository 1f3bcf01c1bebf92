"""What dsar does by itself: carry erasures on, ask again, raise the alarm, gather packages."""

from chassis.telemetry import Log
from contracts.dsar import State
from services.dsar.domain.attempts import Due
from services.dsar.domain.case import CaseView, Letter, LetterKind, Subject
from services.dsar.domain.pseudonyms import case_secret
from services.dsar.ports import Accounts, Erasures, Requests
from services.dsar.usecases.conduct_erasure import ConductErasure
from services.dsar.usecases.gather import Gather

log = Log("background")


class ErasureWork:
    """One look at an erasure that is due."""

    def __init__(self, erasures: Erasures, conducting: ConductErasure) -> None:
        self._erasures = erasures
        self._conducting = conducting

    async def attempt(self, due: Due) -> None:
        """Carry it on as far as it goes.

        Raises:
            Refusal: a service that must act first is away.
        """
        waiting = await self._conducting.advance(due.key)
        if waiting is None:
            return
        if waiting.asked_again:
            log.info("holders asked again", count=len(waiting.holders))
        if waiting.late:
            for holder in sorted(waiting.holders):
                log.failure("erasure late", holder=holder)
        await self._erasures.postpone(due, waiting.until)


class PackageWork:
    """One trial of a package: its case is closed only when every service has answered."""

    def __init__(self, requests: Requests, gathering: Gather, accounts: Accounts, case_key: bytes) -> None:
        self._requests = requests
        self._gathering = gathering
        self._accounts = accounts
        self._case_key = case_key

    async def attempt(self, due: Due) -> None:
        """Gather everything once and keep nothing of it.

        Raises:
            Refusal: a service is away.
            LookupError: the case has lost its account.
        """
        case = await self._requests.case(due.key)
        if case is None or case.state != State.GATHERING:
            return
        if case.account_id is None:
            raise LookupError("a case to gather without an account")
        await self._gathering.everything_answers(case.account_id)
        subject = await self._accounts.subject(case.account_id)
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
        ]
