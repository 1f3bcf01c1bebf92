"""A person who speaks: sound that nobody else makes, and the vendor's SDK as the page uses it, with a token only."""

import asyncio
import random
import struct
import wave
from pathlib import Path
from typing import Any

import azure.cognitiveservices.speech as speechsdk

RATE = 16_000
LOUDNESS = 9_000


def samples(seed: str, seconds: float = 1.0) -> bytes:
    """16-bit mono sound, the same for the same seed."""
    noise = random.Random(seed)  # noqa: S311  # sound, not a secret
    return struct.pack(
        f"<{int(RATE * seconds)}h", *(noise.randint(-LOUDNESS, LOUDNESS) for _ in range(int(RATE * seconds)))
    )


def sound_file(path: Path, sound: bytes) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound)
    return path


async def recognised(token: dict[str, Any], sound: Path, language: str = "sv-SE") -> str:
    """The sentence that Azure hears, asked with what POST /api/speech/token answered and nothing else."""
    config = speechsdk.SpeechConfig(host=token["endpoint"])
    config.authorization_token = token["token"]
    config.speech_recognition_language = language
    made = speechsdk.SpeechRecognizer(config, audio_config=speechsdk.AudioConfig(filename=str(sound)))
    result = await asyncio.to_thread(made.recognize_once)
    assert result.reason == speechsdk.ResultReason.RecognizedSpeech, result
    return str(result.text)
