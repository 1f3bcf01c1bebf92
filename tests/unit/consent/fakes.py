"""The world of the consent service in memory; tests/integration/consent proves it like the real one."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from contracts.errors import ErrorKind, Refusal
from services.consent.domain import ActiveConsent, Change, Kind, Record, Shown
from services.consent.ports import Consents, Decide, DecideOn


class FakeConsents:
    """The port `Consents`."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.active: dict[tuple[Kind, str, str], ActiveConsent] = {}
        self.erased: set[str] = set()

    async def erase(self, account_id: str) -> None:
        """What dsar has done to an account's rows."""
        self.erased.add(account_id)
        self.records = [one for one in self.records if one.account_id != account_id]
        self.active = {key: one for key, one in self.active.items() if one.subject_id != account_id}

    async def active_consents(self, account_id: str | None, visitor_id: str | None) -> Sequence[ActiveConsent]:
        return self._active_of(account_id, visitor_id)

    async def state(
        self, account_id: str | None, visitor_id: str | None
    ) -> tuple[Sequence[ActiveConsent], Record | None]:
        newest = await self.history(account_id, visitor_id, 1)
        return self._active_of(account_id, visitor_id), newest[0] if newest else None

    async def change(self, account_id: str | None, visitor_id: str | None, decide: Decide) -> Change:
        if account_id in self.erased:
            raise Refusal(ErrorKind.UNAUTHENTICATED, "account-erased")
        change = decide(self._active_of(account_id, visitor_id))
        for ended in change.ended:
            del self.active[ended.kind, ended.subject_id, ended.purpose]
        for given in change.given:
            self.active[given.kind, given.subject_id, given.purpose] = given
        self.records += change.records
        if change.retired is not None:
            self.records = [one for one in self.records if one.visitor_id != change.retired]
        return change

    async def change_resting_on(self, record_id: str, decide: DecideOn) -> Change | None:
        found = await self.account_record(record_id)
        if found is None or not found[1]:
            return None
        return await self.change(found[0].account_id, None, lambda active: decide(found[0], active))

    async def history(self, account_id: str | None, visitor_id: str | None, records_max: int) -> Sequence[Record]:
        theirs = [
            one
            for one in reversed(self.records)
            if (account_id and one.account_id == account_id) or (visitor_id and one.visitor_id == visitor_id)
        ]
        return theirs[:records_max]

    async def account_record(self, record_id: str) -> tuple[Record, bool] | None:
        for record in self.records:
            if record.record_id == record_id and record.account_id is not None:
                return record, record_id in {one.record_id for one in self.active.values()}
        return None

    def _active_of(self, account_id: str | None, visitor_id: str | None) -> list[ActiveConsent]:
        whose = {(Kind.ACCOUNT, account_id), (Kind.VISITOR, visitor_id)}
        return [one for one in self.active.values() if (one.kind, one.subject_id) in whose]


class Interleaved:
    """Any store behind the port `Consents`, in which something happens once before the next change is carried out."""

    def __init__(self, consents: Consents) -> None:
        self._consents = consents
        self._happening: Callable[[], Awaitable[object]] | None = None
        self.active_consents, self.state = consents.active_consents, consents.state
        self.history, self.account_record = consents.history, consents.account_record

    def before_change(self, happening: Callable[[], Awaitable[object]]) -> None:
        self._happening = happening

    async def change(self, account_id: str | None, visitor_id: str | None, decide: Decide) -> Change:
        await self._happen()
        return await self._consents.change(account_id, visitor_id, decide)

    async def change_resting_on(self, record_id: str, decide: DecideOn) -> Change | None:
        await self._happen()
        return await self._consents.change_resting_on(record_id, decide)

    async def _happen(self) -> None:
        happening, self._happening = self._happening, None
        if happening is not None:
            await happening()


@dataclass
class FakeNotices:
    """A notice that a test may change at any moment."""

    version: str = "2024-05-22"
    valid_versions: frozenset[str] = frozenset({"2024-05-22"})

    def shown(self, language: str) -> Shown:
        return Shown(
            controller="Midgard AI AS", version=self.version, hash="a" * 64, language=language, legal_basis="consent"
        )


@dataclass
class FakeAnnouncer:
    told: list[tuple[str | None, tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)

    async def changed(self, account_id: str | None, visitor_ids: Sequence[str], withdrawn: Sequence[str]) -> None:
        self.told.append((account_id, tuple(visitor_ids), tuple(withdrawn)))
