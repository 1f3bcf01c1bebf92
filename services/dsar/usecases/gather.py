"""Gather everything that is held about a person: every service's export, page by page."""

import asyncio
from collections.abc import AsyncIterator

from contracts.errors import ErrorKind, Refusal
from contracts.holder import LOCATORS_BY_HOLDER, SERVICES, ExportedStore, ExportPage, service_of
from contracts.personal_data import Locator
from services.dsar.ports import Accounts, Holders, Piece

PAGES_MAX = 1000


class Gather:
    """Asks all services at once, then reads on one after the other; nothing is left out in silence."""

    def __init__(self, accounts: Accounts, holders: Holders) -> None:
        self._accounts = accounts
        self._holders = holders

    async def pieces(self, account_id: str, visitor_id: str | None) -> AsyncIterator[Piece]:
        """The pieces, service by service; the first comes once every service has answered.

        Raises:
            Refusal: a service is away; the members name it.
        """
        subject = await self._accounts.subject(account_id)
        known = dict(subject.locators)
        if visitor_id:
            known[Locator.VISITOR_ID.value] = [visitor_id]
        first = await asyncio.gather(*(self._page(service, known, None) for service in SERVICES))
        for service, page in zip(SERVICES, first, strict=True):
            yield Piece(service)
            async for store in self._stores(service, known, page):
                yield Piece(service, store)

    async def everything_answers(self, account_id: str) -> None:
        """Read everything once and keep nothing.

        Raises:
            Refusal: a service is away; the members name it.
        """
        async for _ in self.pieces(account_id, None):
            pass

    async def _stores(
        self, service: str, known: dict[str, list[str]], page: ExportPage
    ) -> AsyncIterator[ExportedStore]:
        for _ in range(PAGES_MAX):
            for store in page.stores:
                yield store
            if page.cursor is None:
                return
            page = await self._page(service, known, page.cursor)
        raise Refusal(ErrorKind.UNAVAILABLE, "holder-endless", service=service)

    async def _page(self, service: str, known: dict[str, list[str]], cursor: str | None) -> ExportPage:
        kinds = told_to(service)
        locators = {kind: values for kind, values in known.items() if kind in kinds}
        try:
            return await self._holders.page(service, locators, cursor)
        except Refusal as refusal:
            raise Refusal(
                ErrorKind.UNAVAILABLE, "holder-unavailable", service=service, retry_after_seconds=5
            ) from refusal


def told_to(service: str) -> frozenset[Locator]:
    """The kinds of identifier that any holder of a service declared."""
    kinds = [declared for holder, declared in LOCATORS_BY_HOLDER.items() if service_of(holder) == service]
    return frozenset().union(*kinds)
