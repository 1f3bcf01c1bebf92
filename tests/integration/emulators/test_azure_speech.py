"""The Azure Speech emulator as the vendor's own Python SDK sees it."""

import asyncio
import json
import math
import struct
import threading
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import azure.cognitiveservices.speech as speechsdk
import pytest

from tests.integration.emulators.running import Running
from tests.support import http

KEY = {"Ocp-Apim-Subscription-Key": "emulator-key"}


@pytest.fixture
def speech(shared_emulator: Callable[[str], Running]) -> Running:
    return shared_emulator("azure_speech")


def issue(speech: Running) -> str:
    return http.post(f"{speech.url}/sts/v1.0/issueToken", headers=KEY).raise_for_status().text


def configured(speech: Running, token: str) -> speechsdk.SpeechConfig:
    config = speechsdk.SpeechConfig(host=speech.url.replace("http", "ws"))
    config.authorization_token = token
    config.speech_recognition_language = "sv-SE"
    config.speech_synthesis_voice_name = "sv-SE-SofieNeural"
    return config


def sound_file(folder: Path, seconds: float, loudness: int = 8_000) -> str:
    samples = (int(loudness * math.sin(at / 10)) for at in range(int(16_000 * seconds)))
    path = folder / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return str(path)


def recogniser(config: speechsdk.SpeechConfig, path: str) -> speechsdk.SpeechRecognizer:
    return speechsdk.SpeechRecognizer(config, audio_config=speechsdk.AudioConfig(filename=path))


async def recognised(config: speechsdk.SpeechConfig, path: str) -> tuple[speechsdk.SpeechRecognitionResult, list[str]]:
    hypotheses: list[str] = []
    made = recogniser(config, path)
    made.recognizing.connect(lambda event: hypotheses.append(event.result.text))
    result = await asyncio.to_thread(made.recognize_once)
    return result, hypotheses


def test_a_token_needs_the_key_and_an_empty_body(speech: Running) -> None:
    url = f"{speech.url}/sts/v1.0/issueToken"
    assert http.post(url, headers={"Ocp-Apim-Subscription-Key": "other"}).status_code == 401
    assert http.post(url, headers=KEY, content=b"x").status_code == 400
    answer = http.post(url, headers=KEY)
    assert answer.headers["content-type"].startswith("application/jwt")
    assert answer.text.count(".") == 2


async def test_the_sdk_lists_nordic_and_english_voices(speech: Running) -> None:
    made = speechsdk.SpeechSynthesizer(configured(speech, issue(speech)), audio_config=None)
    result = await asyncio.to_thread(lambda: made.get_voices_async("").get())
    assert result.reason == speechsdk.ResultReason.VoicesListRetrieved, result.error_details
    assert {voice.locale for voice in result.voices} == {"sv-SE", "nb-NO", "en-GB"}


def test_a_page_of_another_origin_may_read_the_voices(speech: Running) -> None:
    headers = {"Authorization": f"Bearer {issue(speech)}", "Origin": "http://localhost:8000"}
    answer = http.get(f"{speech.url}/cognitiveservices/voices/list", headers=headers)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()[0]["ShortName"] == "sv-SE-SofieNeural"


@pytest.mark.parametrize(
    ("wanted", "least_bytes"),
    [
        (speechsdk.SpeechSynthesisOutputFormat.Riff16Khz16BitMonoPcm, 16_000),
        (speechsdk.SpeechSynthesisOutputFormat.Raw24Khz16BitMonoPcm, 24_000),
        (speechsdk.SpeechSynthesisOutputFormat.Audio24Khz48KBitRateMonoMp3, 3_000),
    ],
)
async def test_text_becomes_sound(speech: Running, wanted: Any, least_bytes: int) -> None:
    config = configured(speech, issue(speech))
    config.set_speech_synthesis_output_format(wanted)
    made = speechsdk.SpeechSynthesizer(config, audio_config=None)
    result = await asyncio.to_thread(lambda: made.speak_text_async("Hej på dig, lilla vän").get())
    assert result.reason == speechsdk.ResultReason.SynthesizingAudioCompleted
    assert len(result.audio_data) >= least_bytes


async def test_an_unknown_voice_is_refused(speech: Running) -> None:
    config = configured(speech, issue(speech))
    config.speech_synthesis_voice_name = "sv-SE-NobodyNeural"
    made = speechsdk.SpeechSynthesizer(config, audio_config=None)
    result = await asyncio.to_thread(lambda: made.speak_text_async("Hej").get())
    assert result.reason == speechsdk.ResultReason.Canceled
    assert "Unsupported voice" in result.cancellation_details.error_details


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("sv-SE", "Fotosyntesen omvandlar solljus till energi."),
        ("nb-NO", "Fotosyntesen gjør sollys om til energi."),
        ("en-GB", "Photosynthesis turns sunlight into energy."),
    ],
)
async def test_sound_becomes_a_sentence_in_the_asked_language(
    speech: Running, tmp_path: Path, language: str, sentence: str
) -> None:
    config = configured(speech, issue(speech))
    config.speech_recognition_language = language
    result, hypotheses = await recognised(config, sound_file(tmp_path, 1.5))
    assert result.reason == speechsdk.ResultReason.RecognizedSpeech
    assert result.text == sentence
    assert hypotheses
    assert all(sentence.lower().startswith(words) for words in hypotheses)


async def test_a_short_sound_is_recognised_at_its_end(speech: Running, tmp_path: Path) -> None:
    result, _ = await recognised(configured(speech, issue(speech)), sound_file(tmp_path, 0.2))
    assert result.text == "Fotosyntesen omvandlar solljus till energi."


async def test_silence_is_no_match(speech: Running, tmp_path: Path) -> None:
    result, hypotheses = await recognised(configured(speech, issue(speech)), sound_file(tmp_path, 1.0, 0))
    assert result.reason == speechsdk.ResultReason.NoMatch
    assert result.no_match_details.reason == speechsdk.NoMatchReason.InitialSilenceTimeout
    assert hypotheses == []


async def test_continuous_recognition_goes_on_until_the_sound_ends(speech: Running, tmp_path: Path) -> None:
    made = recogniser(configured(speech, issue(speech)), sound_file(tmp_path, 5.0))
    phrases: list[str] = []
    ended = threading.Event()
    made.recognized.connect(lambda event: phrases.append(event.result.text))
    made.session_stopped.connect(lambda _: ended.set())
    await asyncio.to_thread(lambda: made.start_continuous_recognition_async().get())
    assert await asyncio.to_thread(ended.wait, 20)
    await asyncio.to_thread(lambda: made.stop_continuous_recognition_async().get())
    assert phrases[0] == "Fotosyntesen omvandlar solljus till energi."
    assert "Växterna ger oss syre." in phrases


async def test_an_expired_token_is_refused_at_the_upgrade(speech: Running, tmp_path: Path) -> None:
    config = configured(speech, issue(speech))
    speech.post("/__emu/clock", {"offset_seconds": 601})
    result, _ = await recognised(config, sound_file(tmp_path, 1.0))
    assert result.reason == speechsdk.ResultReason.Canceled
    assert result.cancellation_details.code == speechsdk.CancellationErrorCode.AuthenticationFailure


async def test_a_token_of_another_endpoint_is_foreign(
    speech: Running, emulator: Callable[..., Running], tmp_path: Path
) -> None:
    foreign = issue(emulator("azure_speech"))
    result, _ = await recognised(configured(speech, foreign), sound_file(tmp_path, 1.0))
    assert result.cancellation_details.code == speechsdk.CancellationErrorCode.AuthenticationFailure


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"status": 429}, speechsdk.CancellationErrorCode.TooManyRequests),
        ({"status": 503}, speechsdk.CancellationErrorCode.ServiceUnavailable),
        ({"error_after": 1}, speechsdk.CancellationErrorCode.ServiceError),
    ],
)
async def test_ordered_trouble_reaches_the_sdk(speech: Running, tmp_path: Path, order: Any, code: Any) -> None:
    config = configured(speech, issue(speech))
    speech.fault(times=None, match={"path": "/speech/recognition"}, **order)
    result, _ = await recognised(config, sound_file(tmp_path, 1.0))
    assert result.reason == speechsdk.ResultReason.Canceled
    assert result.cancellation_details.code == code


async def test_the_record_keeps_words_about_the_sound_but_no_sound(speech: Running, tmp_path: Path) -> None:
    made = recogniser(configured(speech, issue(speech)), sound_file(tmp_path, 1.0))
    await asyncio.to_thread(made.recognize_once)
    record = next(one for one in speech.requests() if "/speech/recognition/interactive" in one["path"])
    assert record["bytes"] > 16_000
    assert record["body"] == ""
    config = next(frame for frame in record["frames"] if "speech.config" in frame)
    assert json.loads(config.partition("\r\n\r\n")[2])["context"]["system"]["name"]
    assert "language=sv-SE" in record["path"]
    assert "store" not in record["path"].lower()
