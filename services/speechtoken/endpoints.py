"""A token for the page, and the voices to choose from."""

from contracts import speech
from contracts.envelope import Caller
from contracts.messages import Empty
from services.speechtoken.usecases import Issuing, VoiceList


class SpeechEndpoints:
    """Where the browser connects is the operator's word, not the vendor's."""

    def __init__(self, issuing: Issuing, voices: VoiceList, *, region: str, endpoint: str) -> None:
        self._issuing = issuing
        self._voices = voices
        self._region = region
        self._endpoint = endpoint

    async def issue(self, request: Empty, caller: Caller) -> speech.SpeechToken:  # noqa: ARG002 — a handler's shape
        """A token of ten minutes."""
        token = await self._issuing.issue(caller.quota_key, caller.tier)
        return speech.SpeechToken(
            token=token.value, region=self._region, endpoint=self._endpoint, expires_at=token.expires_at
        )

    async def voices(self, request: Empty, caller: Caller) -> speech.Voices:  # noqa: ARG002 — a handler's shape
        """The voices of our languages."""
        return speech.Voices(
            voices=[
                speech.Voice(name=one.name, locale=one.locale, gender=one.gender, display_name=one.display_name)
                for one in await self._voices.current()
            ]
        )
