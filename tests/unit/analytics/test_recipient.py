"""Where statistics may go, and what is declared about it."""

from typing import Any

import pytest
from pydantic import ValidationError

from chassis.migrations import pending_changes
from services.analytics.app import MIGRATIONS
from services.analytics.inventory import INVENTORY
from services.analytics.settings import AnalyticsSettings
from services.analytics.tables import Base

GOOD: dict[str, Any] = {
    "nats_url": "nats://127.0.0.1:1",
    "nats_seed": "s",
    "nats_events_seed": "s",
    "database_url": "sqlite:///x.db",
    "receipt_seed": "00",
    "public_url": "https://larabot.se",
    "posthog_project_token": "t",
    "posthog_project_id": 1,
    "posthog_personal_api_key": "k",
}


def settings_with(address: str, emulated: bool, **change: Any) -> AnalyticsSettings:
    return AnalyticsSettings(**{**GOOD, **change}, posthog_host=address, posthog_api_host=address, emulated=emulated)


@pytest.mark.parametrize(
    ("address", "emulated"),
    [
        ("https://eu.i.posthog.com", False),
        ("https://eu.posthog.com/", False),
        ("https://statistics.larabot.se", False),
        ("http://127.0.0.1:8080", True),
    ],
)
def test_statistics_stay_in_the_eu(address: str, emulated: bool) -> None:
    assert settings_with(address, emulated).posthog_host == address


@pytest.mark.parametrize(
    ("address", "emulated"),
    [
        ("https://us.i.posthog.com", False),
        ("https://app.posthog.com", True),
        ("http://eu.i.posthog.com", False),
        ("https://eu.i.posthog.com.example.org", False),
        ("https://eu.i.posthog.com@us.i.posthog.com", False),
        ("https://notlarabot.se", False),
        ("http://127.0.0.1:8080", False),
        ("", True),
    ],
)
def test_anything_else_keeps_the_service_from_starting(address: str, emulated: bool) -> None:
    with pytest.raises(ValidationError, match="posthog_host"):
        settings_with(address, emulated)


@pytest.mark.parametrize("setting", ["posthog_host", "posthog_api_host"])
def test_one_host_elsewhere_is_enough(setting: str) -> None:
    inside = {"posthog_host": "https://eu.i.posthog.com", "posthog_api_host": "https://eu.posthog.com"}
    AnalyticsSettings(**{**GOOD, **inside})
    with pytest.raises(ValidationError, match="not-the-processor") as caught:
        AnalyticsSettings(**{**GOOD, **inside, setting: "https://us.i.posthog.com"})
    assert [error["loc"] for error in caught.value.errors()] == [(setting,)]


def test_below_a_local_address_nothing_is_our_own() -> None:
    with pytest.raises(ValidationError, match="posthog_host"):
        settings_with("https://statistics.localhost", False, public_url="http://localhost:8000")


def test_the_inventory_is_whole_and_the_migrations_agree_with_the_models() -> None:
    INVENTORY.check()
    assert [part.holder for part in INVENTORY.holders()] == ["analytics", "posthog"]
    assert pending_changes(Base.metadata, MIGRATIONS) == []
