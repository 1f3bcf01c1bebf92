"""Addresses of an account, asked of the service that verified them."""

from collections.abc import Sequence

from pydantic import BaseModel
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from chassis.bus import Bus
from contracts.auth import ACCOUNT_LOCATORS, AccountLocators, AccountLocatorsRequest
from contracts.errors import RETRYABLE, ErrorKind, Refusal

ATTEMPTS = 6


class BusAccounts:
    """Asks over the bus, several times if need be: a withdrawal is told only once."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def addresses_of(self, account_id: str) -> Sequence[str]:
        attempts = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential_jitter(initial=0.5, max=10),
            retry=retry_if_exception(_passes),
            reraise=True,
        )
        try:
            request = AccountLocatorsRequest(account_id=account_id)
            reply: BaseModel = await attempts(self._bus.call, ACCOUNT_LOCATORS, request)
        except Refusal as refusal:
            if refusal.kind is ErrorKind.NOT_FOUND:
                return ()
            raise
        return reply.verified_addresses if isinstance(reply, AccountLocators) else ()


def _passes(error: BaseException) -> bool:
    return isinstance(error, Refusal) and error.kind in RETRYABLE
