"""The vendor of speech in memory; tests/contract/test_speech_vendor_ports.py proves it beside Azure's adapters."""

from contracts.errors import ErrorKind, Refusal
from services.speechtoken.domain import TOKEN_LIFETIME, Token, Voice
from tests.support.clock import START

SOFIE = Voice("sv-SE-SofieNeural", "sv-SE", "female", "Sofie")
KATJA = Voice("de-DE-KatjaNeural", "de-DE", "female", "Katja")


class FakeVendor:
    """Both ports, `TokenVendor` and `VoiceVendor`. `failing` fails both; `busy` only issues nothing."""

    def __init__(self) -> None:
        self.asked = 0
        self.failing = False
        self.busy = False
        self.offered = [SOFIE, KATJA]

    async def issue(self) -> Token:
        self.asked += 1
        if self.busy:
            raise Refusal(ErrorKind.RATE_LIMITED, "vendor-busy", retry_after_seconds=1)
        self._answer("status")
        return Token(f"token-{self.asked}", START + TOKEN_LIFETIME)

    async def voices(self) -> list[Voice]:
        self.asked += 1
        self._answer("voices")
        return list(self.offered)

    def _answer(self, reason: str) -> None:
        if self.failing:
            raise Refusal(ErrorKind.UPSTREAM_FAILED, reason)
