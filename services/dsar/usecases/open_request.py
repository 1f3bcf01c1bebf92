"""Receive a request: record it with its deadline, tell every verified address, and set it going."""

from dataclasses import dataclass, replace

from contracts.dsar import Open, Opened, Right, State
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import CommandKind
from contracts.identifiers import new_id
from contracts.personal_data import Locator
from services.dsar.domain.case import CaseView, Letter, LetterKind, NewCase, NewCommand, Subject
from services.dsar.domain.deadline import one_month_after
from services.dsar.domain.pseudonyms import case_secret, commitment, nonce, pseudonym
from services.dsar.ports import Accounts, Clock, Requests
from services.dsar.usecases.issue_command import new_command

# How each right begins. The last three wait for a caseworker: nothing is done by itself, and nothing is claimed to be.
BEGINNINGS = {
    Right.ACCESS: (State.GATHERING, LetterKind.ACCESS_RECEIVED),
    Right.PORTABILITY: (State.GATHERING, LetterKind.ACCESS_RECEIVED),
    Right.ERASURE: (State.EXECUTING, LetterKind.ERASURE_RECEIVED),
    Right.RECTIFICATION: (State.AWAITING_INSTRUCTION, LetterKind.REQUEST_RECEIVED),
    Right.RESTRICTION: (State.AWAITING_INSTRUCTION, LetterKind.REQUEST_RECEIVED),
    Right.OBJECTION: (State.AWAITING_INSTRUCTION, LetterKind.REQUEST_RECEIVED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of pseudonyms and of case secrets."""

    ledger: bytes
    case: bytes


class OpenRequest:
    """Opens cases. An account has one erasure at most: asking again shows the case that is there."""

    def __init__(self, requests: Requests, accounts: Accounts, clock: Clock, keys: Keys) -> None:
        self._requests = requests
        self._accounts = accounts
        self._clock = clock
        self._keys = keys

    async def open(self, request: Open, caller: Caller) -> tuple[Opened, bool]:
        """Open a case for the signed-in account; and whether it is new: an erasure asked for twice is one.

        Raises:
            Refusal: nobody is signed in, a service that must be asked is away, or the account is being erased.
        """
        if caller.account_id is None:
            raise Refusal(ErrorKind.UNAUTHENTICATED, "no-account")
        earlier = await self._earlier(request, caller, caller.account_id)
        if earlier is not None:
            return earlier, False
        subject = await self._accounts.subject(caller.account_id)
        case = self._case(request, caller, caller.account_id)
        letters = self._letters_of(case, subject)
        if request.right is not Right.ERASURE:
            case_id = await self._requests.record(case, letters, caller.idempotency_key)
            return await self._opened_as(case_id, case, request.right)
        if not await self._requests.record_erasure(case, self._erasure(case, subject, caller), letters):
            return await self._opened_elsewhere(caller.account_id, request.right), False
        return self._opened(case.id, request.right, State(case.state), case), True

    async def _earlier(self, request: Open, caller: Caller, account_id: str) -> Opened | None:
        """What the same request was answered with before, or the erasure that the account has."""
        if caller.idempotency_key is not None:
            opened = await self._requests.opened_by(account_id, caller.idempotency_key)
            if opened is not None:
                return self._repeated(opened, request.right)
        erasing = await self._requests.erasure_case_of(account_id)
        return None if erasing is None else self._shown_again(erasing, request.right)

    async def _opened_as(self, case_id: str, case: NewCase, right: Right) -> tuple[Opened, bool]:
        """The new case; or the one that the same request opened meanwhile."""
        if case_id == case.id:
            return self._opened(case.id, right, State(case.state), case), True
        earlier = await self._requests.case(case_id)
        if earlier is None:
            raise Refusal(ErrorKind.CONFLICT, "request-under-way", retry_after_seconds=1)
        return self._repeated(earlier, right), False

    def _repeated(self, earlier: CaseView, right: Right) -> Opened:
        if earlier.right != right:
            raise Refusal(ErrorKind.CONFLICT, "key-used-with-another-body")
        return Opened(id=earlier.id, right=right, state=State(earlier.state), due_at=earlier.due_at)

    def _case(self, request: Open, caller: Caller, account_id: str) -> NewCase:
        now = self._clock.now()
        return NewCase(
            id=new_id(),
            right=request.right.value,
            state=BEGINNINGS[request.right][0].value,
            details=request.details,
            language=caller.language.value,
            account_id=account_id,
            account_hash=pseudonym(self._keys.ledger, Locator.ACCOUNT_ID.value, account_id),
            received_at=now,
            due_at=one_month_after(now),
        )

    def _letters_of(self, case: NewCase, subject: Subject) -> list[Letter]:
        kind = BEGINNINGS[Right(case.right)][1]
        secret = case_secret(self._keys.case, case.id)
        return [
            Letter(kind=kind, address=address, language=case.language, case_id=case.id, case_secret=secret)
            for address in subject.addresses
        ]

    def _erasure(self, case: NewCase, subject: Subject, caller: Caller) -> NewCommand:
        locators = dict(subject.locators)
        if caller.visitor_id:
            locators[Locator.VISITOR_ID.value] = [caller.visitor_id]
        case_nonce = nonce(self._keys.case, case.id)
        commitments = [commitment(case_nonce, address) for address in subject.addresses]
        command = new_command(CommandKind.ERASE, locators, self._keys.ledger)
        return replace(command, commitments=commitments)

    async def _opened_elsewhere(self, account_id: str, right: Right) -> Opened:
        erasing = await self._requests.erasure_case_of(account_id)
        if erasing is None:
            raise Refusal(ErrorKind.CONFLICT, "erasure-under-way")
        return self._shown_again(erasing, right)

    def _shown_again(self, erasing: CaseView, right: Right) -> Opened:
        if right is not Right.ERASURE:
            raise Refusal(ErrorKind.CONFLICT, "erasure-under-way")
        return self._opened(erasing.id, right, State(erasing.state), erasing)

    def _opened(self, case_id: str, right: Right, state: State, case: NewCase | CaseView) -> Opened:
        secret = case_secret(self._keys.case, case_id)
        return Opened(id=case_id, right=right, state=state, due_at=case.due_at, case_secret=secret)
