"""P19: Azure OpenAI runs in the EU."""

from pathlib import Path

import pytest

from tests.support.platform import Platform

pytestmark = pytest.mark.promise("P19")

CONFIGURED = {
    "LARABOT_AZURE_OPENAI_ENDPOINT": "https://skola.openai.azure.com",
    "LARABOT_AZURE_OPENAI_DEPLOYMENT": "gpt",
    "LARABOT_AZURE_OPENAI_API_KEY": "0123456789abcdef0123456789abcdef",
    "LARABOT_AZURE_OPENAI_REGION": "swedencentral",
    "LARABOT_AZURE_OPENAI_DEPLOYMENT_TYPE": "DataZoneStandard",
}


OUTSIDE = {
    "LARABOT_AZURE_OPENAI_REGION": "norwayeast",
    "LARABOT_AZURE_OPENAI_DEPLOYMENT_TYPE": "GlobalStandard",
    "LARABOT_AZURE_OPENAI_ENDPOINT": "https://models.example.org",
}


def test_outside_the_eu_the_platform_does_not_start_and_says_why(tmp_path: Path) -> None:
    """Each is named; that each alone is enough, tests/unit/textproxy/test_settings.py shows without a platform."""
    with pytest.raises(AssertionError, match="did not come up"):
        Platform(tmp_path / "data", settings={**CONFIGURED, **OUTSIDE}).start()
    log = (tmp_path / "data.log").read_text()
    assert "settings refused" in log
    assert all(f"{setting}: " in log for setting in OUTSIDE)
    assert not any(value in log for value in OUTSIDE.values())
    assert "The platform did not come up: textproxy ended with status 1" in log


def test_inside_the_eu_it_starts_with_the_real_vendor(tmp_path: Path) -> None:
    with Platform(tmp_path / "data", settings=CONFIGURED) as platform:
        assert "azure_openai" not in platform.record()["emulators"]
        assert "textproxy" in platform.pids
