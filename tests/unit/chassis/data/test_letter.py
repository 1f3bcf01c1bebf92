"""A letter: what it may carry, and when it is tried again."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest
from sqlalchemy import MetaData
from sqlalchemy.orm import Session

from chassis.mail import LETTER_BYTES_MAX, Letter, post, retry_delay
from chassis.tables import standard_tables

FIELDS: dict[str, Any] = {"to": "a@b.example", "subject": "S", "text": "T", "html": "<p>H</p>"}


def test_a_letter_is_text_and_page_and_says_that_a_machine_wrote_it() -> None:
    message = message_from_bytes(Letter(**FIELDS).rendered(), policy=SMTP)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert set(message.keys()) == {"To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"}


@pytest.mark.parametrize(
    "change",
    [
        {"to": "a@b.example\r\nBcc: c@d.example"},
        {"subject": "S\nBcc: c@d.example"},
        {"headers": {"X-Any": "v\r\nBcc: c@d.example"}},
        {"headers": {"bcc": "c@d.example"}},
        {"headers": {"From": "c@d.example"}},
        {"text": "x" * LETTER_BYTES_MAX},
    ],
)
def test_a_letter_cannot_be_bent(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"header|large|linefeed|Header"):
        Letter(**{**FIELDS, **change}).rendered()


def test_pauses_grow_to_an_hour_and_no_further() -> None:
    pauses = [retry_delay(attempts) for attempts in range(40)]
    assert pauses == sorted(pauses)
    assert pauses[0] < timedelta(seconds=5)
    assert pauses[-1] == timedelta(hours=1)


def test_a_service_without_a_queue_cannot_post() -> None:
    with pytest.raises(LookupError, match="mail=True"):
        post(Session(), standard_tables(MetaData(), mail=False), Letter(**FIELDS))
