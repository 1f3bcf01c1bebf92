"""Speech to text by rule: sound of any kind becomes a known sentence, silence becomes none."""

from typing import Any

from emulators.azure_speech.frames import Frame, Outlet

BYTES_PER_SECOND = 32_000
TICKS_PER_BYTE = 10_000_000 // BYTES_PER_SECOND
WAV_HEADER = 44
ENOUGH_SOUND = BYTES_PER_SECOND // 2
# A talker who goes on gets a new sentence only now and then.
LATER_SOUND = BYTES_PER_SECOND * 3
PATIENCE_BYTES = BYTES_PER_SECOND * 5

SENTENCES = {
    "sv": ["Fotosyntesen omvandlar solljus till energi.", "Växterna ger oss syre.", "Det sker i de gröna bladen."],
    "nb": ["Fotosyntesen gjør sollys om til energi.", "Plantene gir oss oksygen.", "Det skjer i de grønne bladene."],
    "en": ["Photosynthesis turns sunlight into energy.", "Plants give us oxygen.", "It happens in the green leaves."],
}


class Recognition:
    """One turn: audio in, hypotheses and phrases out."""

    def __init__(self, outlet: Outlet, language: str, *, once: bool, detailed: bool, status: str | None) -> None:
        self._outlet = outlet
        self._sentences = SENTENCES.get(language[:2].lower(), SENTENCES["en"])
        self._once = once
        self._detailed = detailed
        self._status = status
        self._received = 0
        self._started_at: int | None = None
        self._sound = 0
        self._words_shown = 0
        self._phrases = 0
        self.finished = False

    async def start(self, request_id: str) -> None:
        await self._outlet.text("turn.start", {"context": {"serviceTag": request_id}})

    async def hear(self, frame: Frame) -> None:
        if self.finished:
            return
        if not frame.body:
            await self._end_of_audio()
            return
        sound = frame.body[WAV_HEADER:] if frame.body.startswith(b"RIFF") else frame.body
        self._received += len(sound)
        if sound.count(0) < len(sound):
            await self._hear_sound(len(sound))
        elif self._once and self._started_at is None and self._received >= PATIENCE_BYTES:
            await self._finish("InitialSilenceTimeout")

    async def _hear_sound(self, length: int) -> None:
        if self._started_at is None:
            self._started_at = self._received - length
            await self._outlet.text("speech.startDetected", {"Offset": self._started_at * TICKS_PER_BYTE})
        self._sound += length
        await self._show_words()
        if self._sound >= (LATER_SOUND if self._phrases else ENOUGH_SOUND):
            await self._phrase()

    async def _show_words(self) -> None:
        words = self._sentence.rstrip(".").lower().split()
        heard = min(len(words), self._sound * len(words) // ENOUGH_SOUND)
        if heard > self._words_shown:
            self._words_shown = heard
            await self._outlet.text("speech.hypothesis", {"Text": " ".join(words[:heard]), **self._place()})

    async def _phrase(self) -> None:
        status = self._status or "Success"
        if self._once:
            await self._finish(status)
            return
        await self._outlet.text("speech.phrase", self._result(status))
        self._phrases += 1
        self._sound = self._words_shown = 0
        self._started_at = None

    async def _end_of_audio(self) -> None:
        if self._sound and not (self._phrases and self._sound < ENOUGH_SOUND):
            await self._finish(self._status or "Success")
        elif self._phrases:
            await self._finish("EndOfDictation")
        else:
            await self._finish("InitialSilenceTimeout")

    async def _finish(self, status: str) -> None:
        self.finished = True
        await self._outlet.text("speech.endDetected", {"Offset": self._received * TICKS_PER_BYTE})
        await self._outlet.text("speech.phrase", self._result(status))
        await self._outlet.text("turn.end", {})

    @property
    def _sentence(self) -> str:
        return self._sentences[self._phrases % len(self._sentences)]

    def _place(self) -> dict[str, int]:
        start = self._started_at or 0
        return {"Offset": start * TICKS_PER_BYTE, "Duration": (self._received - start) * TICKS_PER_BYTE}

    def _result(self, status: str) -> dict[str, Any]:
        result: dict[str, Any] = {"RecognitionStatus": status, **self._place()}
        if status == "Success":
            result["DisplayText"] = self._sentence
            if self._detailed:
                lexical = self._sentence.rstrip(".").lower()
                forms = {"Lexical": lexical, "ITN": lexical, "MaskedITN": lexical, "Display": self._sentence}
                result["NBest"] = [{"Confidence": 0.97, **forms}]
        return result
