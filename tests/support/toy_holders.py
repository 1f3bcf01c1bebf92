"""The holders of dsar in miniature: every other holder of personal data on a real bus, with rows in memory."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chassis.bus import Answer, Bus
from chassis.clock import Clock
from contracts.auth import ACCOUNT_LOCATORS, BLOCK_ACCOUNT, AccountLocators, AccountLocatorsRequest, BlockAccount
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import (
    FULFIL,
    HOLDER_READY,
    TOLD,
    Command,
    CommandKind,
    Fulfil,
    Fulfilled,
    HolderAnswer,
    HolderReady,
    HolderReceipt,
)
from contracts.gateway import QUOTA_KEYS, QuotaKeys, QuotaKeysRequest
from contracts.holder import (
    EXPORT,
    HOLDERS,
    LOCATORS_BY_HOLDER,
    SERVICES,
    ExportedStore,
    ExportPage,
    ExportRequest,
    service_of,
)
from contracts.messages import Done
from contracts.personal_data import Locator
from kernel.receipt import RECEIPT_DOMAIN, coverages, sign
from tests.support.nats import NatsServer

PAGE_ROWS = 2
INVENTORIES = Path(__file__).parents[2] / "contracts" / "schemas" / "holders.json"
DECLARED = json.loads(INVENTORIES.read_bytes())["inventories"]
COVERAGES = {kind: coverages(DECLARED, kind) for kind in CommandKind}

Script = Callable[[Command], HolderAnswer]


def retained(store: str) -> dict[str, str]:
    """What a receipt says of a store that is kept back."""
    return {"store": store, "article": "Art. 5(2)", "reason": "proof", "until": "2029-11-22T12:00:00Z"}


class ToyHolders:
    """auth, gateway and the others. `rows[holder][locator value]` are a person's rows; the pages of `garbled` accounts
    cannot be read. A service that is `down` refuses; one whose recipient is `down` answers “not yet” for it. A holder
    that has one of the `scripts` answers by that."""

    def __init__(self, server: NatsServer) -> None:
        self.rows: dict[str, dict[str, list[dict[str, Any]]]] = {holder: {} for holder in HOLDERS}
        self.addresses: dict[str, str] = {}
        self.blocked: list[str] = []
        self.told: list[tuple[str, Command]] = []
        self.batches: list[tuple[str, int]] = []
        self.scripts: dict[str, Script] = {}
        self.down: set[str] = set()
        self.garbled: set[str] = set()
        self.receipts: dict[tuple[str, str], HolderReceipt] = {}
        self._server = server
        self.buses = {role: Bus(role, Clock()) for role in SERVICES if role != "dsar"}

    def person(self, account_id: str) -> str:
        """A person with a row in every holder; returns the address."""
        address = f"{account_id}@example.org"
        self.addresses[account_id] = address
        for holder, store in self.rows.items():
            if not LOCATORS_BY_HOLDER[holder]:
                continue  # it is told nobody's identifiers, since it holds none
            store[account_id] = [{"holder": holder, "mark": f"{account_id}-{number}"} for number in range(3)]
        return address

    def left_of(self, account_id: str) -> list[str]:
        return [holder for holder, store in self.rows.items() if holder != "dsar" and account_id in store]

    async def __aenter__(self) -> Self:
        for role, bus in self.buses.items():
            await bus.open(self._server.servers, self._server.seed(role), self._server.seed(role, "EVENTS"))
            await bus.serve(EXPORT[role], self._exporting(role))
        await self.buses["auth"].serve(ACCOUNT_LOCATORS, self._locators)
        await self.buses["auth"].serve(BLOCK_ACCOUNT, self._block)
        await self.buses["gateway"].serve(QUOTA_KEYS, self._quota_keys)
        for service in TOLD:
            await self.buses[service].serve(FULFIL[service], self._fulfilling(service))
        for bus in self.buses.values():
            await bus.serving()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for bus in self.buses.values():
            await bus.close()

    async def back(self, *holders: str) -> None:
        """These are no longer down, and their services say so."""
        self.down -= set(holders)
        for service in sorted({service_of(holder) for holder in holders}):
            await self.buses[service].signal(HOLDER_READY[service], HolderReady(service=service))

    def receipt(self, holder: str, command: Command, /, *, seed_of: str | None = None, **changed: Any) -> HolderReceipt:
        """A receipt as a holder signs it; `changed` replaces members of its body before it is signed."""
        coverage = COVERAGES[command.kind][holder]
        body = {
            "domain": RECEIPT_DOMAIN,
            "holder": holder,
            "service": service_of(holder),
            "inventory_hash": coverage.inventory_hash,
            "command_id": command.command_id,
            "kind": command.kind.value,
            "salt": secrets.token_hex(32),
            "looked_for": {kind.value: len(values) for kind, values in command.locators.items()},
            "changed": {"toy": 3},
            "probe": dict.fromkeys(sorted(coverage.probed), 0),
            "retained": [retained(store) for store in sorted(coverage.retained)],
            "at": "2026-11-22T12:00:00Z",
            **changed,
        }
        seed = self._server.keys.secret(f"receipt-{seed_of or service_of(holder)}")
        return sign(seed, body)

    def answer(self, holder: str, command: Command, receipt: HolderReceipt | None) -> HolderAnswer:
        return HolderAnswer(command_id=command.command_id, holder=holder, receipt=receipt)

    def _fulfilling(self, service: str) -> Callable[[Fulfil, Caller], Awaitable[Fulfilled]]:
        async def fulfil(request: Fulfil, _caller: Caller) -> Fulfilled:
            self.batches.append((service, len(request.commands)))
            if service in self.down:
                raise Refusal(ErrorKind.UNAVAILABLE, "down")
            told = [(holder, command) for command in request.commands for holder in command.holders]
            self.told += told
            return Fulfilled(answers=[self._answered(holder, command) for holder, command in told])

        return fulfil

    def _answered(self, holder: str, command: Command) -> HolderAnswer:
        if holder in self.scripts:
            return self.scripts[holder](command)
        if holder in self.down:
            return self.answer(holder, command, None)
        if command.kind is CommandKind.ERASE:
            for account_id in [name for name in self.rows[holder] if self._concerns(command.locators, name)]:
                del self.rows[holder][account_id]
        key = (holder, command.command_id)
        if key not in self.receipts:
            self.receipts[key] = self.receipt(holder, command)
        return self.answer(holder, command, self.receipts[key])

    def _concerns(self, locators: Mapping[Locator, Sequence[str]], account_id: str) -> bool:
        known = {account_id, self.addresses[account_id], f"quota-{account_id}", f"visitor-{account_id}"}
        return any(value in known for values in locators.values() for value in values)

    def _exporting(self, role: str) -> Callable[[ExportRequest, Caller], Awaitable[ExportPage | Answer]]:
        async def export(request: ExportRequest, _caller: Caller) -> ExportPage | Answer:
            if role in self.down:
                raise Refusal(ErrorKind.UNAVAILABLE, "down")
            told = request.locators
            if any(self._concerns(told, name) for name in self.garbled):
                return Answer(b'{"stores": 7}', {})
            found = [row for name, rows in self.rows[role].items() if self._concerns(told, name) for row in rows]
            start = int(request.cursor or 0)
            rows = found[start : start + PAGE_ROWS]
            cursor = str(start + PAGE_ROWS) if len(found) > start + PAGE_ROWS else None
            return ExportPage(stores=[_stored(role, rows)] if rows else [], cursor=cursor)

        return export

    async def _locators(self, request: AccountLocatorsRequest, _caller: Caller) -> AccountLocators:
        address = self.addresses.get(request.account_id)
        if address is None:
            raise Refusal(ErrorKind.NOT_FOUND, "account")
        values = {Locator.ACCOUNT_ID: [request.account_id], Locator.EMAIL: [address]}
        return AccountLocators(values=values, verified_addresses=[address], name="Kim")

    async def _block(self, request: BlockAccount, _caller: Caller) -> Done:
        if "auth" in self.down:
            raise Refusal(ErrorKind.UNAVAILABLE, "down")
        self.blocked.append(request.account_id)
        return Done()

    async def _quota_keys(self, request: QuotaKeysRequest, _caller: Caller) -> QuotaKeys:
        return QuotaKeys(keys=[f"quota-{request.account_id}"])


def _stored(role: str, rows: list[dict[str, Any]]) -> ExportedStore:
    return ExportedStore(
        store="toy",
        categories=["contact"],
        purpose="try it out",
        legal_basis="contract",
        retention="P30D",
        source="the data subject",
        recipients=["nobody <b>"],
        rows=[{**row, "role": role} for row in rows],
    )
