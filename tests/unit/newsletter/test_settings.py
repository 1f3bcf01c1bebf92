"""Contacts go to Brevo and nowhere else, or the service does not start."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.newsletter.settings import NewsletterSettings

GOOD: dict[str, Any] = {
    "nats_url": "nats://127.0.0.1:1",
    "nats_seed": "s",
    "nats_events_seed": "s",
    "database_url": "sqlite:///x.db",
    "receipt_seed": "00",
    "public_url": "https://larabot.example",
    "brevo_api_key": "k",
    "brevo_list_id": 1,
    "brevo_webhook_token": "t",
    "suppression_key": "00",
    "smtp_host": "127.0.0.1",
    "smtp_port": 25,
    "smtp_sender": "no-reply@larabot.example",
}


@pytest.mark.parametrize(
    ("address", "emulated"), [("https://api.brevo.com/v3", False), ("http://127.0.0.1:81/v3", True)]
)
def test_contacts_go_to_brevo(address: str, emulated: bool) -> None:
    assert NewsletterSettings(**GOOD, brevo_base_url=address, emulated=emulated).brevo_base_url == address


@pytest.mark.parametrize(
    ("address", "emulated"),
    [
        ("http://api.brevo.com/v3", False),
        ("https://api.brevo.com.example.org/v3", False),
        ("https://api.brevo.com@example.org/v3", True),
        ("https://other-api.brevo.com/v3", False),
        ("https://api.brevo.com/v3", True),
        ("http://127.0.0.1:81/v3", False),
        ("https://example.org/v3", True),
        ("", False),
    ],
)
def test_contacts_go_nowhere_else(address: str, emulated: bool) -> None:
    with pytest.raises(ValidationError, match="brevo_base_url"):
        NewsletterSettings(**GOOD, brevo_base_url=address, emulated=emulated)
