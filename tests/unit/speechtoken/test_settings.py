"""A speech resource outside the EU keeps the service from starting."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.speechtoken.settings import SpeechtokenSettings

GOOD: dict[str, Any] = {
    "nats_url": "nats://127.0.0.1:1",
    "nats_seed": "s",
    "nats_events_seed": "s",
    "database_url": "sqlite:///x.db",
    "receipt_seed": "00",
    "public_url": "https://larabot.example",
    "azure_speech_region": "swedencentral",
    "azure_speech_key": "hemlig-nyckel",
    "azure_speech_token_url": "https://swedencentral.api.cognitive.microsoft.com/sts/v1.0/issueToken",
    "azure_speech_endpoint": "wss://swedencentral.stt.speech.microsoft.com",
}


def refused_for(**change: Any) -> set[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        SpeechtokenSettings(**{**GOOD, **change})
    return {(str(error["loc"][0]), error["type"]) for error in caught.value.errors()}


def test_a_resource_in_the_eu_is_accepted() -> None:
    assert SpeechtokenSettings(**GOOD).azure_speech_region == "swedencentral"


def test_a_region_outside_the_eu_is_refused() -> None:
    assert ("azure_speech_region", "outside-the-eu") in refused_for(azure_speech_region="norwayeast")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"azure_speech_endpoint": "ws://swedencentral.stt.speech.microsoft.com"}, "not-encrypted"),
        ({"azure_speech_endpoint": "wss://eastus.stt.speech.microsoft.com"}, "not-the-processor"),
        ({"azure_speech_token_url": "https://eastus.api.cognitive.microsoft.com/x"}, "not-the-processor"),
        ({"azure_speech_token_url": "https://evil.example/sts"}, "not-the-processor"),
        ({"azure_speech_endpoint": "ws://10.0.0.7:1", "azure_speech_token_url": "http://127.0.0.1:1/x",
          "emulated": True}, "emulator-not-on-loopback"),
    ],
)  # fmt: skip
def test_another_host_or_an_open_line_is_refused(change: dict[str, Any], why: str) -> None:
    assert {reason for _, reason in refused_for(**change)} == {why}
