"""The ports of dsar in memory; `tests/integration/dsar/test_stores.py` holds them to what the SQL adapters do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from contracts.dsar import State
from contracts.errors import ErrorKind, Refusal
from contracts.holder import HOLDERS, RECIPIENT_HOLDERS, ExportPage
from kernel.erasure_receipt import Coverage
from services.dsar.domain.attempts import Due, after_failure
from services.dsar.domain.case import CaseView, Held, Letter, NewCase, NewErasure, Subject
from services.dsar.domain.deadline import PACKAGE_KEPT
from services.dsar.ports import Expected, Stored
from tests.support.clock import START, FakeClock


def a_case(case_id: str, account_id: str, right: str = "access", state: str = "gathering") -> NewCase:
    return NewCase(
        id=case_id,
        right=right,
        state=state,
        details="räksmörgås 🦐",
        language="nb",
        account_id=account_id,
        account_hash="cd" * 32,
        received_at=START,
        due_at=START + timedelta(days=30),
    )


class FakeRequests:
    def __init__(self, clock: FakeClock, coverage: dict[str, Coverage]) -> None:
        self.clock = clock
        self.cases: dict[str, CaseView] = {}
        self.letters: list[Letter] = []
        self.receipts = FakeReceipts(clock)
        self._coverage = coverage
        self._erasing: dict[str, str] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._next: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self.quarantined: set[str] = set()
        self._looked_up: set[str] = set()

    async def record(self, case: NewCase, letters: Sequence[Letter], idempotency_key: str | None) -> str:
        if idempotency_key is not None:
            earlier = self._keys.setdefault((case.account_id, idempotency_key), case.id)
            if earlier != case.id:
                return earlier
        self._add(case)
        if case.state == State.GATHERING:
            self._next[case.id] = case.received_at
        self.letters += letters
        return case.id

    async def record_erasure(self, case: NewCase, erasure: NewErasure, letters: Sequence[Letter]) -> bool:
        if case.account_id in self._erasing:
            return False
        self._erasing[case.account_id] = case.id
        for other in await self.cases_of(case.account_id):
            self.cases[other.id] = replace(other, state=State.CLOSED.value, package_until=None)
            self._next.pop(other.id, None)
        self._add(case, erasure.erasure_id)
        for holder in HOLDERS:
            self.receipts.expect(erasure.erasure_id, holder, self._coverage[holder])
        self.letters += letters
        return True

    async def opened_by(self, account_id: str, idempotency_key: str) -> CaseView | None:
        return self.cases.get(self._keys.get((account_id, idempotency_key), ""))

    async def erasure_case_of(self, account_id: str) -> CaseView | None:
        return await self.case(self._erasing.get(account_id, ""))

    async def case(self, case_id: str) -> CaseView | None:
        found = self.cases.get(case_id)
        if found is None or found.erasure_id is None:
            return found
        return replace(found, holders=self.receipts.held(found.erasure_id))

    async def cases_of(self, account_id: str) -> list[CaseView]:
        mine = [case for case in self.cases.values() if case.account_id == account_id]
        return sorted(mine, key=lambda case: case.received_at, reverse=True)

    async def due(self, most: int) -> tuple[list[Due], datetime | None]:
        waiting = sorted((at, key) for key, at in self._next.items())
        due = [Due(key, at) for at, key in waiting if at <= self.clock.now()]
        return due[:most], waiting[0][0] if waiting else None

    async def fail(self, due: Due, *, is_poison: bool) -> bool:
        if due.key not in self._next:
            return False
        failures = self._failures[due.key] = self._failures.get(due.key, 0) + 1
        self._next[due.key], is_quarantined = after_failure(failures, self.clock.now(), is_poison=is_poison)
        is_new = is_quarantined and due.key not in self.quarantined
        self.quarantined |= {due.key} if is_quarantined else set()
        return is_new

    async def gathered(self, case_id: str, letters: Sequence[Letter]) -> None:
        case = self.cases[case_id]
        if case.state == State.GATHERING:
            until = self.clock.now() + PACKAGE_KEPT
            self.cases[case_id] = replace(case, state=State.CLOSED.value, package_until=until)
            self._next.pop(case_id)
            self.letters += letters

    async def note_lookup(self, address_hash: str, letter: Letter) -> None:
        if address_hash not in self._looked_up:
            self._looked_up.add(address_hash)
            self.letters.append(letter)

    def _add(self, case: NewCase, erasure_id: str | None = None) -> None:
        self.cases[case.id] = CaseView(
            id=case.id,
            right=case.right,
            state=case.state,
            received_at=case.received_at,
            due_at=case.due_at,
            erasure_id=erasure_id,
            account_id=case.account_id,
            language=case.language,
        )


class FakeReceipts:
    def __init__(self, clock: FakeClock) -> None:
        self.stored: dict[tuple[str, str], bytes] = {}
        self._clock = clock
        self._expected: dict[tuple[str, str], Coverage] = {}
        self._received_at: dict[tuple[str, str], datetime] = {}
        self._refused: dict[tuple[str, str], str] = {}

    def expect(self, erasure_id: str, holder: str, coverage: Coverage) -> None:
        self._expected[erasure_id, holder] = coverage

    def held(self, erasure_id: str) -> tuple[Held, ...]:
        return tuple(
            Held(
                holder=holder,
                recipient=holder in RECIPIENT_HOLDERS,
                received_at=self._received_at.get((erasure_id, holder)),
                refused=self._refused.get((erasure_id, holder)),
            )
            for holder in HOLDERS
            if (erasure_id, holder) in self._expected
        )

    async def expected(self, erasure_id: str, holder: str) -> Expected | None:
        frozen = self._expected.get((erasure_id, holder))
        if frozen is None:
            return None
        return Expected(frozen=frozen, is_in=(erasure_id, holder) in self.stored)

    async def store(self, erasure_id: str, holder: str, receipt: bytes, leaf: bytes) -> Stored:
        key = (erasure_id, holder)
        if key not in self._expected:
            return Stored.UNEXPECTED
        if key in self.stored:
            return Stored.DUPLICATE
        self.stored[key], self._received_at[key] = receipt, self._clock.now()
        self._refused.pop(key, None)
        return Stored.STORED

    async def refuse(self, erasure_id: str, holder: str, code: str) -> None:
        if (erasure_id, holder) in self._expected and (erasure_id, holder) not in self.stored:
            self._refused[erasure_id, holder] = code


class FakeAccounts:
    """auth and the gateway: accounts by id, each with an address; `away` refuses everybody."""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        self.blocked: list[str] = []
        self.away = False

    async def subject(self, account_id: str) -> Subject:
        if self.away:
            raise Refusal(ErrorKind.UNAVAILABLE, "auth")
        address = self.addresses[account_id]
        return Subject(locators={"account_id": [account_id], "email": [address]}, addresses=[address])

    async def block(self, account_id: str) -> None:
        self.blocked.append(account_id)


class FakeHolders:
    """Every service's export: `pages[service]` in order; services in `away` refuse."""

    def __init__(self) -> None:
        self.pages: dict[str, list[ExportPage]] = {}
        self.away: set[str] = set()
        self.told: dict[str, dict[str, list[str]]] = {}

    async def page(self, service: str, locators: dict[str, list[str]], cursor: str | None) -> ExportPage:
        if service in self.away:
            raise Refusal(ErrorKind.TIMEOUT, "deadline")
        self.told[service] = locators
        pages = self.pages.get(service, [ExportPage(stores=[])])
        return pages[int(cursor or 0)]
