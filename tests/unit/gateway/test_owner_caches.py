"""What the gateway believes of sessions and consents, and how fast it stops believing it."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from contracts.auth import SessionsRevoked
from contracts.consent import ConsentChanged, Granted, Purpose
from contracts.errors import ErrorKind, Refusal
from services.gateway.adapters.owner_caches import BusConsents, BusSessions

ACCOUNT, OTHER = "a" * 22, "b" * 22
SESSION = {
    "session_id": "s" * 22,
    "account_id": ACCOUNT,
    "role": "user",
    "tier": "free",
    "entitlements": [],
    "fresh_until": "2026-11-22T12:00:00Z",
}


class FakeBus:
    """Answers each call with the next of the given answers."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.on_lost: list[Any] = []

    async def call(self, call: Any, request: BaseModel) -> BaseModel:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Refusal):
            raise answer
        return call.reply.model_validate(answer)  # type: ignore[no-any-return]


async def test_a_session_is_asked_for_once_and_again_after_a_revocation() -> None:
    bus = FakeBus(SESSION, Refusal(ErrorKind.UNAUTHENTICATED))
    sessions = BusSessions(bus)  # type: ignore[arg-type]
    assert (await sessions.of("cookie")) == (await sessions.of("cookie")) is not None
    assert bus.asked == 1
    sessions.revoked(SessionsRevoked(account_id=ACCOUNT))
    assert await sessions.of("cookie") is None


async def test_another_accounts_revocation_changes_nothing() -> None:
    bus = FakeBus(SESSION)
    sessions = BusSessions(bus)  # type: ignore[arg-type]
    await sessions.of("cookie")
    sessions.revoked(SessionsRevoked(account_id=OTHER))
    await sessions.of("cookie")
    assert bus.asked == 1


async def test_losing_the_bus_forgets_everything() -> None:
    bus = FakeBus(SESSION)
    sessions = BusSessions(bus)  # type: ignore[arg-type]
    await sessions.of("cookie")
    for forget in bus.on_lost:
        forget()
    await sessions.of("cookie")
    assert bus.asked == 2


async def test_an_unreachable_auth_is_no_sign_of_a_wrong_cookie() -> None:
    sessions = BusSessions(FakeBus(Refusal(ErrorKind.UNAVAILABLE)))  # type: ignore[arg-type]
    with pytest.raises(Refusal):
        await sessions.of("cookie")


async def test_an_answer_from_before_a_withdrawal_is_asked_for_again() -> None:
    """The withdrawal arrives while the older answer is under way."""
    under_way, withdrawn = asyncio.Event(), asyncio.Event()

    class SlowBus(FakeBus):
        async def call(self, call: Any, request: BaseModel) -> BaseModel:
            reply = await super().call(call, request)
            under_way.set()
            await withdrawn.wait()
            return reply

    bus = SlowBus({"purposes": ["text_tools"]}, {"purposes": []})
    consents = BusConsents(bus)  # type: ignore[arg-type]
    first = asyncio.create_task(consents.granted(ACCOUNT, None))
    await under_way.wait()
    consents.changed(ConsentChanged(account_id=ACCOUNT, withdrawn=[Purpose.TEXT_TOOLS]))
    withdrawn.set()
    assert await first == frozenset()
    assert await consents.granted(ACCOUNT, None) == frozenset()


async def test_nobody_has_consented_to_nothing() -> None:
    consents = BusConsents(FakeBus(Granted(purposes=[Purpose.ANALYTICS]).model_dump()))  # type: ignore[arg-type]
    assert await consents.granted(None, None) == frozenset()
