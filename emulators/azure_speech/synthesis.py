"""Text to speech by rule: a soft tone as long as the text, in the audio format that was asked for."""

import math
import re
import struct
from array import array
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

TICKS_PER_SECOND = 10_000_000
SECONDS_PER_CHARACTER = 0.06
SECONDS_LEAST, SECONDS_MOST = 0.5, 10.0
TONE_HERTZ = 220
LOUDNESS = 3_000
PART_BYTES = 8_000
PCM = re.compile(r"(riff|raw)-(8khz|16khz|22050hz|24khz|44100hz|48khz)-16bit-mono-pcm")
PCM_RATES = {"8khz": 8_000, "16khz": 16_000, "22050hz": 22_050, "24khz": 24_000, "44100hz": 44_100, "48khz": 48_000}
MP3 = re.compile(r"audio-(16|24|48)khz-(\d+)kbitrate-mono-mp3")


class Mp3Form(NamedTuple):
    """How MPEG-1 and MPEG-2 spell a frame header."""

    version: int
    rate_index: int
    samples: int
    kbits: list[int]


MPEG1_KBITS = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
MPEG2_KBITS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
MP3_FORMS = {
    16: Mp3Form(0xF3, 2, 576, MPEG2_KBITS),
    24: Mp3Form(0xF3, 1, 576, MPEG2_KBITS),
    48: Mp3Form(0xFB, 1, 1_152, MPEG1_KBITS),
}


class UnsupportedFormat(ValueError):
    """The vendor has this format perhaps; the emulator has not."""


def seconds_of(text: str) -> float:
    return min(SECONDS_MOST, max(SECONDS_LEAST, len(text) * SECONDS_PER_CHARACTER))


def audio(output_format: str, seconds: float) -> Iterator[bytes]:
    """The sound in parts; MP3 is silent, since an encoder would weigh more than it is worth here."""
    if found := PCM.fullmatch(output_format):
        rate = PCM_RATES[found[2]]
        sound = _tone(rate, seconds)
        if found[1] == "riff":
            sound = _wav_header(rate, len(sound)) + sound
    elif found := MP3.fullmatch(output_format):
        sound = _silent_mp3(int(found[1]), int(found[2]), seconds)
    else:
        raise UnsupportedFormat(output_format)
    return (sound[at : at + PART_BYTES] for at in range(0, len(sound), PART_BYTES))


def _tone(rate: int, seconds: float) -> bytes:
    period = array(
        "h", (int(LOUDNESS * math.sin(2 * math.pi * at / (rate // TONE_HERTZ))) for at in range(rate // TONE_HERTZ))
    )
    samples = int(rate * seconds)
    return (period.tobytes() * (samples // len(period) + 1))[: samples * 2]


def _wav_header(rate: int, length: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + length)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", length)
    )


def _silent_mp3(kilohertz: int, kbits: int, seconds: float) -> bytes:
    """Layer III frames with no data in them: each decodes to silence."""
    form = MP3_FORMS[kilohertz]
    if kbits not in form.kbits:
        raise UnsupportedFormat(f"{kbits} kbit/s")
    head = bytes([0xFF, form.version, (form.kbits.index(kbits) + 1) << 4 | form.rate_index << 2, 0xC4])
    frame = head + bytes(form.samples // 8 * kbits // kilohertz - len(head))
    return frame * math.ceil(seconds * kilohertz * 1_000 / form.samples)


def voice_of(ssml: Element) -> str:
    return next((part.get("name", "") for part in ssml.iter() if part.tag.rpartition("}")[2] == "voice"), "")


def text_of(ssml: Element) -> str:
    return " ".join("".join(ssml.itertext()).split())


def word_boundaries(text: str, seconds: float) -> list[dict[str, Any]]:
    ticks = seconds * TICKS_PER_SECOND / max(1, len(text))
    return [
        {
            "Type": "WordBoundary",
            "Data": {
                "Offset": int(found.start() * ticks),
                "Duration": int(len(found[0]) * ticks),
                "text": {"Text": found[0], "Length": len(found[0]), "BoundaryType": "WordBoundary"},
            },
        }
        for found in re.finditer(r"\w+", text)
    ]
