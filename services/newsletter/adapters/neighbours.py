"""What other services know: whose a refusal is, and the addresses of an account."""

from collections.abc import Sequence
from datetime import datetime

from chassis.bus import Bus
from contracts.auth import ACCOUNT_LOCATORS, AccountLocators, AccountLocatorsRequest
from contracts.consent import REFUSAL, RefusalChoice, RefusalFound
from contracts.errors import ErrorKind, Refusal


class BusRefusals:
    """The port `Refusals` over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def of(self, record_id: str) -> tuple[str, datetime] | None:
        reply = await self._bus.call(REFUSAL, RefusalChoice(record_id=record_id))
        found = RefusalFound.model_validate(reply.model_dump())
        return None if found.account_id is None or found.at is None else (found.account_id, found.at)


class BusAccounts:
    """The port `Accounts` over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def addresses_of(self, account_id: str) -> Sequence[str]:
        try:
            reply = await self._bus.call(ACCOUNT_LOCATORS, AccountLocatorsRequest(account_id=account_id))
        except Refusal as refusal:
            if refusal.kind is ErrorKind.NOT_FOUND:
                return ()
            raise
        return AccountLocators.model_validate(reply.model_dump()).verified_addresses
