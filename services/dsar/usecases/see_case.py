"""See a case: by the account's own session, or with the case secret; to everybody else it does not exist."""

from contracts.dsar import Right, State
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from services.dsar.domain.case import CaseView
from services.dsar.domain.pseudonyms import opens
from services.dsar.ports import Clock, Requests

PACKAGED = frozenset({Right.ACCESS, Right.PORTABILITY})


class SeeCase:
    """Finds a case for whoever may see it."""

    def __init__(self, requests: Requests, clock: Clock, case_key: bytes) -> None:
        self._requests = requests
        self._clock = clock
        self._case_key = case_key

    async def see(self, case_id: str, caller: Caller) -> CaseView:
        """The case, if the caller may see it.

        Raises:
            Refusal: NOT_FOUND alike for a case that is none and for one that is somebody else's.
        """
        case = await self._requests.case(case_id)
        knows_secret = caller.case_secret is not None and opens(self._case_key, case_id, caller.case_secret)
        if case is not None and (knows_secret or self._is_party(case, caller)):
            return case
        raise Refusal(ErrorKind.NOT_FOUND, "case")

    async def package_of(self, case_id: str, caller: Caller) -> CaseView:
        """The case whose package the account may fetch now.

        Raises:
            Refusal: NOT_FOUND, CONFLICT while it is being gathered, GONE after seven days.
        """
        case = await self._requests.case(case_id)
        if case is None or not self._is_party(case, caller) or case.right not in PACKAGED:
            raise Refusal(ErrorKind.NOT_FOUND, "package")
        if case.state == State.GATHERING:
            raise Refusal(ErrorKind.CONFLICT, "package-not-ready")
        if case.package_until is None or case.package_until <= self._clock.now():
            raise Refusal(ErrorKind.GONE, "package-expired")
        return case

    def _is_party(self, case: CaseView, caller: Caller) -> bool:
        return caller.account_id is not None and case.account_id == caller.account_id
