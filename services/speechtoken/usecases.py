"""Issue a token within the day's quota; keep the list of voices fresh without asking for it at every call."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from contracts.errors import Refusal
from services.speechtoken.domain import LOCALES, Token, Voice
from services.speechtoken.ports import Quota, TokenVendor, VoiceVendor

TOOL = "voice"
VOICES_FRESH = timedelta(hours=24)
ASK_AGAIN_AFTER_FAILURE = timedelta(seconds=30)


class Issuing:
    """A fresh token for everyone who asks: none is shared between people."""

    def __init__(self, vendor: TokenVendor, quota: Quota) -> None:
        self._vendor = vendor
        self._quota = quota

    async def issue(self, quota_key: str | None, tier: str | None) -> Token:
        """Count, then ask the vendor.

        Raises:
            Refusal: no quota left, or the vendor's.
        """
        await self._quota.spend(quota_key, tier, TOOL)
        return await self._vendor.issue()


class VoiceList:
    """The voices of our languages; while the vendor fails, those of yesterday serve."""

    def __init__(self, vendor: VoiceVendor, now: Callable[[], datetime]) -> None:
        self._vendor = vendor
        self._now = now
        self._turn = asyncio.Lock()
        self._voices: list[Voice] = []
        self._failure: Refusal | None = None
        self._fresh_until: datetime | None = None

    async def current(self) -> list[Voice]:
        """The list.

        Raises:
            Refusal: the vendor failed and there is no earlier list.
        """
        async with self._turn:
            if self._fresh_until is None or self._now() >= self._fresh_until:
                await self._refresh()
        if self._failure is not None and not self._voices:
            raise self._failure
        return self._voices

    async def _refresh(self) -> None:
        try:
            offered = await self._vendor.voices()
        except Refusal as failure:
            self._failure, fresh = failure, ASK_AGAIN_AFTER_FAILURE
        else:
            self._voices = [voice for voice in offered if voice.locale in LOCALES]
            self._failure, fresh = None, VOICES_FRESH
        self._fresh_until = self._now() + fresh
