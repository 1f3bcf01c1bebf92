"""A deployment that could leave the EU keeps the service from starting."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.textproxy.settings import TextproxySettings

GOOD: dict[str, Any] = {
    "nats_url": "nats://127.0.0.1:1",
    "nats_seed": "s",
    "nats_events_seed": "s",
    "nats_content_seed": "s",
    "database_url": "sqlite:///x.db",
    "receipt_seed": "00",
    "public_url": "https://larabot.example",
    "azure_openai_endpoint": "https://skola.openai.azure.com",
    "azure_openai_deployment": "gpt",
    "azure_openai_api_key": "hemlig-nyckel",
    "azure_openai_region": "swedencentral",
    "azure_openai_deployment_type": "DataZoneStandard",
}
EMULATED = {"emulated": True, "azure_openai_endpoint": "http://127.0.0.1:4000"}


def refused_for(**change: Any) -> set[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        TextproxySettings(**{**GOOD, **change})
    assert "hemlig-nyckel" not in str(caught.value.errors(include_input=False))
    return {(str(error["loc"][0]), error["type"]) for error in caught.value.errors()}


@pytest.mark.parametrize("change", [{}, EMULATED, {"azure_openai_deployment_type": "Standard"}])
def test_what_stays_in_the_eu_is_accepted(change: dict[str, Any]) -> None:
    assert TextproxySettings(**{**GOOD, **change}).azure_openai_region == "swedencentral"


@pytest.mark.parametrize("region", ["norwayeast", "uksouth", "switzerlandnorth", "eastus2", "SwedenCentral", ""])
def test_a_region_outside_the_eu_is_refused(region: str) -> None:
    assert refused_for(azure_openai_region=region) == {("azure_openai_region", "outside-the-eu")}


@pytest.mark.parametrize("kind", ["GlobalStandard", "GlobalBatch", "ProvisionedGlobal", "DataZone", ""])
def test_a_deployment_that_computes_anywhere_is_refused(kind: str) -> None:
    assert refused_for(azure_openai_deployment_type=kind) == {("azure_openai_deployment_type", "outside-the-eu")}


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("http://skola.openai.azure.com", "not-encrypted"),
        ("http://127.0.0.1:4000", "not-encrypted"),
        ("https://api.openai.com", "not-the-processor"),
        ("https://openai.azure.com.evil.example", "not-the-processor"),
        ("https://evil.example/.openai.azure.com", "not-the-processor"),
    ],
)
def test_another_host_or_an_open_line_is_refused(endpoint: str, why: str) -> None:
    assert refused_for(azure_openai_endpoint=endpoint) == {("azure_openai_endpoint", why)}


def test_an_emulator_elsewhere_than_on_loopback_is_refused() -> None:
    refusal = refused_for(emulated=True, azure_openai_endpoint="http://emulator.example")
    assert refusal == {("azure_openai_endpoint", "emulator-not-on-loopback")}


@pytest.mark.parametrize("seconds", [0, -1, 45, "inf", "nan", "soon"])
def test_a_first_token_deadline_that_the_gateway_would_not_wait_for_is_refused(seconds: Any) -> None:
    assert {field for field, _ in refused_for(text_first_token_seconds=seconds)} == {"text_first_token_seconds"}
