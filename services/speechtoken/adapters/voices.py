"""Lists the voices through the vendor's SDK, in a thread and loaded only then: it is large, and it blocks."""

import asyncio
from typing import Any

from chassis.telemetry import Log
from contracts.errors import ErrorKind, Refusal
from services.speechtoken.domain import Voice

LIST_SECONDS = 8.0
ALL_LOCALES = ""

log = Log("azure-speech")


class AzureVoices:
    """The vendor's list. `host` replaces the region's own host where the vendor is emulated."""

    def __init__(self, region: str, key: str, host: str | None) -> None:
        self._region = region
        self._key = key
        self._host = host
        self._listing: asyncio.Future[list[Voice]] | None = None

    async def voices(self) -> list[Voice]:
        """Every voice. A listing that hangs is waited for again rather than begun twice.

        Raises:
            Refusal: the vendor refused or was silent.
        """
        if self._listing is None or self._listing.done():
            self._listing = asyncio.ensure_future(asyncio.to_thread(self._list))
        try:
            async with asyncio.timeout(LIST_SECONDS):
                return await asyncio.shield(self._listing)
        except TimeoutError:
            seconds = LIST_SECONDS
            raise Refusal(ErrorKind.TIMEOUT, "vendor-silent", retry_after_seconds=2, deadline_seconds=seconds) from None

    def _list(self) -> list[Voice]:
        from azure.cognitiveservices import speech  # noqa: PLC0415 — see above

        where = {"host": self._host} if self._host else {"region": self._region}
        config = speech.SpeechConfig(subscription=self._key, **where)
        try:
            synthesizer = speech.SpeechSynthesizer(speech_config=config, audio_config=None)
            result = synthesizer.get_voices_async(ALL_LOCALES).get()
        except RuntimeError as error:
            log.warning("vendor unreachable", error=error)
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "unreachable") from None
        if result.reason != speech.ResultReason.VoicesListRetrieved:
            log.failure("vendor refused to list its voices")
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "voices")
        return [voice_of(one) for one in result.voices]


def voice_of(one: Any) -> Voice:
    """The SDK's description, reduced."""
    return Voice(name=one.short_name, locale=one.locale, gender=one.gender.name.lower(), display_name=one.local_name)
