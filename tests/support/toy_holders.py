"""The holders of dsar in miniature: every other holder of personal data on a real bus, with rows in memory."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chassis.bus import Answer, Bus, DurableConsumer
from chassis.bus.consumers import publish_durably
from chassis.clock import Clock
from contracts.auth import ACCOUNT_LOCATORS, BLOCK_ACCOUNT, AccountLocators, AccountLocatorsRequest, BlockAccount
from contracts.dsar import CLAIM, ERASURE_COMPLETED, ERASURE_REQUESTED, Claim, ClaimRequest, ErasureRequested
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import HolderReceipt as Receipt
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
from kernel.erasure_receipt import RECEIPT_DOMAIN, coverages, sign
from tests.support.nats import NatsServer

PAGE_ROWS = 2
INVENTORIES = Path(__file__).parents[2] / "contracts" / "schemas" / "holders.json"
COVERAGE = coverages(json.loads(INVENTORIES.read_bytes())["inventories"])


def retained(store: str) -> dict[str, str]:
    """What a receipt says of a store that is kept back."""
    return {"store": store, "article": "Art. 5(2)", "reason": "proof", "until": "2029-11-22T12:00:00Z"}


class ToyHolders:
    """auth, gateway and the others. `rows[holder][locator value]` are a person's rows; `down` holders do not act;
    the pages of `garbled` accounts cannot be read."""

    def __init__(self, server: NatsServer) -> None:
        self.rows: dict[str, dict[str, list[dict[str, Any]]]] = {holder: {} for holder in HOLDERS}
        self.addresses: dict[str, str] = {}
        self.blocked: list[str] = []
        self.claims: list[tuple[str, Claim]] = []
        self.deliveries: list[tuple[str, str]] = []
        self.down: set[str] = set()
        self.garbled: set[str] = set()
        self.sent: dict[tuple[str, str], bytes] = {}
        self._server = server
        self.buses = {role: Bus(role, Clock()) for role in SERVICES if role != "dsar"}
        self._tasks: list[asyncio.Task[None]] = []

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
        for holder in HOLDERS:
            if holder != "dsar":
                bus = self.buses[service_of(holder)]
                consumer = DurableConsumer(bus, ERASURE_REQUESTED, holder, self._erasing(holder))
                self._tasks.append(asyncio.create_task(consumer.run()))
        for bus in self.buses.values():
            await bus.serving()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for bus in self.buses.values():
            await bus.close()

    async def send(self, holder: str, receipt: Receipt) -> None:
        """Publish a receipt on the subject of a holder, in the role of its service."""
        bus, data = self.buses[service_of(holder)], receipt.model_dump_json().encode()
        await publish_durably(bus, ERASURE_COMPLETED.subject_for(holder), data, secrets.token_hex(8))

    def receipt(self, holder: str, erasure_id: str, *, seed_of: str | None = None, **changed: Any) -> Receipt:
        """A receipt as a holder signs it; `changed` replaces members of its body before it is signed."""
        body = {
            "domain": RECEIPT_DOMAIN,
            "holder": holder,
            "service": service_of(holder),
            "inventory_hash": COVERAGE[holder].inventory_hash,
            "erasure_id": erasure_id,
            "salt": secrets.token_hex(32),
            "erased": {"toy": 3},
            "retained": [retained(store) for store in sorted(COVERAGE[holder].retained)],
            "probe": dict.fromkeys(sorted(COVERAGE[holder].emptied), 0),
            "clean": True,
            "at": "2026-11-22T12:00:00Z",
            **changed,
        }
        seed = self._server.keys.secret(f"receipt-{seed_of or service_of(holder)}")
        return sign(seed, body)

    def _erasing(self, holder: str) -> Callable[[ErasureRequested], Awaitable[None]]:
        async def erase(event: ErasureRequested) -> None:
            self.deliveries.append((holder, event.erasure_id))
            if holder in self.down:
                raise Refusal(ErrorKind.UNAVAILABLE, "down")
            bus = self.buses[service_of(holder)]
            request = ClaimRequest(erasure_id=event.erasure_id, holder=holder)
            claim = await bus.call(CLAIM, request)
            self.claims.append((holder, claim))
            if claim.done:
                return
            for account_id in list(self.rows[holder]):
                if self._concerns(claim, account_id):
                    self.rows[holder].pop(account_id, None)
            await self.send(holder, self.receipt(holder, event.erasure_id))

        return erase

    def _concerns(self, claim: Claim, account_id: str) -> bool:
        known = {account_id, self.addresses[account_id], f"quota-{account_id}", f"visitor-{account_id}"}
        return any(value in known for values in claim.locators.values() for value in values)

    def _exporting(self, role: str) -> Callable[[ExportRequest, Caller], Awaitable[ExportPage | Answer]]:
        async def export(request: ExportRequest, _caller: Caller) -> ExportPage | Answer:
            if role in self.down:
                raise Refusal(ErrorKind.UNAVAILABLE, "down")
            told = Claim(done=False, locators=request.locators)
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
