"""What dsar does by itself beside commands: gather packages."""

from datetime import datetime

from chassis.telemetry import Log
from contracts.dsar import State
from contracts.errors import ErrorKind
from services.dsar.domain.attempts import Due
from services.dsar.domain.case import CaseView, Letter, LetterKind, Subject
from services.dsar.domain.pseudonyms import case_secret
from services.dsar.ports import Accounts, Requests
from services.dsar.usecases.gather import Gather

log = Log("packages")


class PackageWork:
    """The packages that are to be gathered: a case is closed only when every service has answered."""

    def __init__(self, requests: Requests, gathering: Gather, accounts: Accounts, case_key: bytes) -> None:
        self._requests = requests
        self._gathering = gathering
        self._accounts = accounts
        self._case_key = case_key

    async def take(self) -> Due | datetime | None:
        """The next case to gather, or when there will be one."""
        return await self._requests.take()

    async def carry_out(self, item: Due) -> None:
        """Gather everything once and keep nothing of it.

        Raises:
            Refusal: a service is away.
            LookupError: the case has lost its account.
        """
        case = await self._requests.case(item.key)
        if case is None or case.state != State.GATHERING:
            return
        if case.account_id is None:
            raise LookupError("a case to gather without an account")
        await self._gathering.everything_answers(case.account_id)
        subject = await self._accounts.subject(case.account_id)
        await self._requests.gathered(case.id, self._letters_of(case, subject))

    async def put_off(self, item: Due, reason: str) -> None:
        """Try again later; what no service refused is a fault of ours, and ends in quarantine."""
        if await self._requests.put_off(item, is_poison=reason not in set(ErrorKind)):
            log.failure("package quarantined", reason=reason)

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
