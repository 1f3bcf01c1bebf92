"""Step 4: a token for Azure Speech, and with it a spoken sentence becomes text, straight from Azure."""

from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.people import a_teacher, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.upstream import requests_to
from tests.support.voice import recognised, samples, sound_file

ISSUE_TOKEN = "/sts/v1.0/issueToken"
TEN_MINUTES = 600


async def test_a_token_needs_an_account_and_consent(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        problem(await visitor.browser.post("/api/speech/token"), 401, "unauthenticated")
    async with a_teacher(platform, "text_tools") as anna:
        told = problem(await anna.browser.post("/api/speech/token"), 403, "consent-required")
        assert told["purpose"] == "voice_tools"


async def test_the_token_is_issued_by_azure_for_ten_minutes(platform: Platform) -> None:
    async with a_teacher(platform, "voice_tools") as anna:
        earlier = len(requests_to(platform, "azure_speech", ISSUE_TOKEN))
        answer = await anna.browser.post("/api/speech/token")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()
    asked = requests_to(platform, "azure_speech", ISSUE_TOKEN)[earlier:]
    assert [request["method"] for request in asked] == ["POST"]
    assert token["region"] == "swedencentral"
    assert urlsplit(token["endpoint"]).netloc == urlsplit(platform.emu("azure_speech").url).netloc
    issued, expires = datetime.fromisoformat(asked[0]["at"]), datetime.fromisoformat(token["expires_at"])
    assert 0.8 * TEN_MINUTES <= (expires - issued).total_seconds() <= TEN_MINUTES + 5


async def test_two_people_never_share_a_token(platform: Platform) -> None:
    async with a_teacher(platform, "voice_tools") as anna, a_teacher(platform, "voice_tools") as berit:
        tokens = [(await person.browser.post("/api/speech/token")).json()["token"] for person in (anna, berit)]
    assert tokens[0] != tokens[1]


async def test_the_key_stays_on_the_server(platform: Platform) -> None:
    async with a_teacher(platform, "voice_tools") as anna:
        answer = await anna.browser.post("/api/speech/token")
        voices = await anna.browser.get("/api/speech/voices")
    assert "emulator-key" not in answer.text + str(answer.headers) + voices.text
    assert "emulator-key" not in platform.log.read_text(errors="replace")


async def test_a_spoken_sentence_becomes_text(platform: Platform, tmp_path: Path) -> None:
    async with a_teacher(platform, "voice_tools") as anna:
        token = (await anna.browser.post("/api/speech/token")).json()
        sound = sound_file(tmp_path / "sound.wav", samples(str(anna.canary)))
        assert await recognised(token, sound) == "Fotosyntesen omvandlar solljus till energi."


async def test_there_are_voices_for_the_three_languages(platform: Platform) -> None:
    async with a_teacher(platform, "voice_tools") as anna:
        voices = (await anna.browser.get("/api/speech/voices")).json()["voices"]
    assert {voice["locale"].partition("-")[0] for voice in voices} == {"sv", "nb", "en"}


async def test_withdrawn_consent_ends_new_tokens_at_once(platform: Platform) -> None:
    async with a_teacher(platform, "voice_tools") as anna:
        assert (await anna.browser.post("/api/speech/token")).status_code == 200
        await anna.consents(voice_tools=False)
        problem(await anna.browser.post("/api/speech/token"), 403, "consent-required")
