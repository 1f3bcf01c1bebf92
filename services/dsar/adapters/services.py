"""The other services, over the bus."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from chassis.bus import Bus
from contracts.auth import ACCOUNT_LOCATORS, BLOCK_ACCOUNT, AccountLocatorsRequest, BlockAccount
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import FULFIL, Command, Fulfil, HolderAnswer
from contracts.gateway import QUOTA_KEYS, QuotaKeysRequest
from contracts.holder import EXPORT, ExportPage, ExportRequest
from contracts.personal_data import Locator
from services.dsar.domain.case import Subject
from services.dsar.domain.command import OWN_HOLDER


class BusAccounts:
    """auth, and the gateway for the quota keys that it alone can derive."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def subject(self, account_id: str) -> Subject:
        """What the account is known by.

        Raises:
            Refusal: a service did not answer, or does not know the account.
        """
        account, quota = await asyncio.gather(
            self._bus.call(ACCOUNT_LOCATORS, AccountLocatorsRequest(account_id=account_id)),
            self._bus.call(QUOTA_KEYS, QuotaKeysRequest(account_id=account_id)),
        )
        locators = {kind.value: list(values) for kind, values in account.values.items()}
        addresses = sorted(set(account.verified_addresses))
        locators[Locator.ACCOUNT_ID.value] = [account_id]
        locators[Locator.EMAIL.value] = sorted({*locators.get(Locator.EMAIL.value, []), *addresses})
        locators[Locator.QUOTA_KEY.value] = quota.keys
        return Subject(locators=locators, addresses=addresses)

    async def block(self, account_id: str) -> None:
        """Block the account; one that is gone needs no blocking.

        Raises:
            Refusal: auth did not answer.
        """
        try:
            await self._bus.call(BLOCK_ACCOUNT, BlockAccount(account_id=account_id))
        except Refusal as refusal:
            if refusal.kind is not ErrorKind.NOT_FOUND:
                raise


class BusHolders:
    """Every service that holds personal data; `own` is our own part, which is called directly."""

    def __init__(self, bus: Bus, own: Callable[[Sequence[Command]], Awaitable[list[HolderAnswer]]]) -> None:
        self._bus = bus
        self._own = own

    async def fulfil(self, service: str, commands: Sequence[Command]) -> list[HolderAnswer]:
        """Have a service carry out commands.

        Raises:
            Refusal: it did not answer, or refused.
        """
        if service == OWN_HOLDER:
            return await self._own(commands)
        fulfilled = await self._bus.call(FULFIL[service], Fulfil(commands=list(commands)))
        return fulfilled.answers

    async def page(self, service: str, locators: dict[str, list[str]], cursor: str | None) -> ExportPage:
        """A page of a person's rows.

        Raises:
            Refusal: the service did not answer.
        """
        told = {Locator(kind): values for kind, values in locators.items()}
        return await self._bus.call(EXPORT[service], ExportRequest(locators=told, cursor=cursor))
