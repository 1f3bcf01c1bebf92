"""Where statistics may go, and what is declared about it."""

import pytest

from chassis.migrations import pending_changes
from chassis.settings import SettingsRefused
from services.analytics.app import MIGRATIONS
from services.analytics.inventory import INVENTORY
from services.analytics.settings import is_in_eu, refuse_outside_eu
from services.analytics.tables import Base

PUBLIC = "https://larabot.se"


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
    assert is_in_eu(address, PUBLIC, emulated=emulated)


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
    with pytest.raises(SettingsRefused, match="LARABOT_POSTHOG_HOST"):
        refuse_outside_eu("posthog_host", address, PUBLIC, emulated=emulated)


def test_the_inventory_is_whole_and_the_migrations_agree_with_the_models() -> None:
    INVENTORY.check()
    assert [part.holder for part in INVENTORY.holders()] == ["analytics", "posthog"]
    assert pending_changes(Base.metadata, MIGRATIONS) == []
