"""Cursors of an export, and values as JSON."""

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from chassis.holder.export import Cursor, as_json


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    "after", [None, ["a"], [7], ["anna", datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)], ["åäö/+="]]
)
def test_a_cursor_is_read_back_as_it_was(after: list[Any] | None) -> None:
    cursor = Cursor(3, after)
    assert Cursor.parse(cursor.encoded()) == cursor


@pytest.mark.parametrize("cursor", ["", "not base64!", "e30=", "WzFd", "WzEsMl0=", "WzEsW3siYiI6MX1dXQ==", "A" * 3000])
def test_another_text_is_no_cursor(cursor: str) -> None:
    assert Cursor.parse(cursor) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (7, 7),
        ("å", "å"),
        ({"a": [1]}, {"a": [1]}),
        (b"\x00\xff", "00ff"),
        (Colour.RED, "red"),
        (datetime(2026, 7, 1, 14, 0, tzinfo=timezone(timedelta(hours=2))), "2026-07-01T12:00:00Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_values_are_written_as_json(value: Any, written: Any) -> None:
    assert as_json(value) == written
