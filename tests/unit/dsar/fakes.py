"""The ports of dsar in memory; `tests/integration/dsar/test_stores.py` holds them to what the SQL adapters do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from contracts.dsar import State
from contracts.errors import ErrorKind, Refusal
from contracts.holder import HOLDERS, RECIPIENT_HOLDERS, ExportPage
from services.dsar.domain.attempts import Due, after_failure
from services.dsar.domain.case import CaseView, Held, Letter, NewCase, NewCommand, Subject
from services.dsar.domain.deadline import PACKAGE_KEPT
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
    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.cases: dict[str, CaseView] = {}
        self.letters: list[Letter] = []
        self.commands: dict[str, NewCommand] = {}
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

    async def record_erasure(self, case: NewCase, command: NewCommand, letters: Sequence[Letter]) -> bool:
        if case.account_id in self._erasing:
            return False
        self._erasing[case.account_id] = case.id
        for other in await self.cases_of(case.account_id):
            self.cases[other.id] = replace(other, state=State.CLOSED.value, package_until=None)
            self._next.pop(other.id, None)
        self._add(case)
        self._issue(case.id, command)
        self.letters += letters
        return True

    async def record_command(self, case_id: str, command: NewCommand) -> bool:
        case = self.cases.get(case_id)
        if case is None or case.state != State.AWAITING_INSTRUCTION:
            return False
        self.cases[case_id] = replace(case, state=State.EXECUTING.value)
        self._issue(case_id, command)
        return True

    async def opened_by(self, account_id: str, idempotency_key: str) -> CaseView | None:
        return self.cases.get(self._keys.get((account_id, idempotency_key), ""))

    async def erasure_case_of(self, account_id: str) -> CaseView | None:
        return await self.case(self._erasing.get(account_id, ""))

    async def case(self, case_id: str) -> CaseView | None:
        return self.cases.get(case_id)

    async def cases_of(self, account_id: str) -> list[CaseView]:
        mine = [case for case in self.cases.values() if case.account_id == account_id]
        return sorted(mine, key=lambda case: case.received_at, reverse=True)

    async def take(self) -> Due | datetime | None:
        now = self.clock.now()
        due = [(self._failures.get(key, 0), at, key) for key, at in self._next.items() if at <= now]
        if not due:
            return min(self._next.values(), default=None)
        _, at, key = min(due)
        self._next[key] = now + timedelta(minutes=5)
        return Due(key, at)

    async def put_off(self, due: Due, *, is_poison: bool) -> bool:
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

    def _add(self, case: NewCase) -> None:
        self.cases[case.id] = CaseView(
            id=case.id,
            right=case.right,
            state=case.state,
            received_at=case.received_at,
            due_at=case.due_at,
            account_id=case.account_id,
            language=case.language,
        )

    def _issue(self, case_id: str, command: NewCommand) -> None:
        self.commands[command.command_id] = command
        held = (Held(holder=name, recipient=name in RECIPIENT_HOLDERS, received_at=None) for name in HOLDERS)
        self.cases[case_id] = replace(self.cases[case_id], command_id=command.command_id, holders=tuple(held))


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
