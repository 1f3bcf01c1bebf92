"""The newsletter stores and tells only what the policy lists."""

import json
from pathlib import Path

from chassis.migrations import pending_changes
from services.newsletter.adapters.policies import read_brevo_attributes, read_notice_version
from services.newsletter.app import MIGRATIONS
from services.newsletter.inventory import INVENTORY
from services.newsletter.tables import Base, OptInRow, SubscriptionRow

POLICIES = Path(__file__).resolve().parents[3] / "policies"
LISTED = set(json.loads((POLICIES / "newsletter.json").read_text())["stored"])
OPAQUE = {"id", "unsubscribe_hash", "token_hash", "sealed_by", "email_index"}


def test_columns_equal_the_list() -> None:
    assert set(SubscriptionRow.model_fields) - OPAQUE == LISTED
    assert set(OptInRow.model_fields) - OPAQUE == LISTED - {"confirmed_at"}


def test_brevos_attributes_come_from_the_list() -> None:
    assert set(read_brevo_attributes(POLICIES).values()) < LISTED


def test_consent_is_to_the_last_published_policy() -> None:
    assert read_notice_version(POLICIES) == max(path.name for path in (POLICIES / "text").iterdir())


def test_the_inventory_is_whole_and_the_migrations_agree_with_the_models() -> None:
    INVENTORY.check()
    assert [part.holder for part in INVENTORY.holders()] == ["newsletter", "brevo"]
    assert pending_changes(Base.metadata, MIGRATIONS) == []
