"""What Brevo's call-backs mean."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.newsletter.domain.callbacks import Callback, read_callback
from services.newsletter.domain.subscriptions import Ending

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def read(**content: Any) -> Callback:
    callback = read_callback({"email": "a@b.example", **content})
    assert callback is not None
    return callback


@pytest.mark.parametrize(
    ("event", "ending"),
    [
        ("unsubscribe", Ending.UNSUBSCRIBED),
        ("unsubscribed", Ending.UNSUBSCRIBED),
        ("spam", Ending.SPAM),
        ("hard_bounce", Ending.BOUNCED),
        ("contact_deleted", Ending.REMOVED),
        ("list_addition", None),
    ],
)
def test_both_spellings_of_an_event_mean_the_same(event: str, ending: Ending | None) -> None:
    assert read(event=event).ending is ending


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"event": "opened", "email": "a@b.example"},
        {"event": "unsubscribe"},
        {"event": "unsubscribe", "email": 5},
        {"event": "unsubscribe", "email": "nobody"},
        {"event": ["unsubscribe"], "email": "a@b.example"},
        {"event": "unsubscribe", "email": f"{'a' * 300}@b.example"},
    ],
)
def test_what_does_not_concern_us_is_left_alone(content: dict[str, Any]) -> None:
    assert read_callback(content) is None


def test_several_addresses_may_come_in_one_event() -> None:
    assert read(event="contact_deleted", email=["A@b.example ", "c@d.example"]).addresses == (
        "a@b.example",
        "c@d.example",
    )


def test_the_same_event_is_known_again_and_another_is_not() -> None:
    first = read(event="unsubscribed", camp_id=1, ts_event=100)
    assert read(event="unsubscribed", camp_id=1, ts_event=100, tag="x").identity == first.identity
    assert read(event="unsubscribed", camp_id=1, ts_event=101).identity != first.identity


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"ts_epoch": 5_000, "ts": 9}, 5),
        ({"ts_event": 7, "ts": 9}, 7),
        ({"ts": 9}, 9),
    ],
)
def test_the_most_reliable_time_counts(told: dict[str, Any], seconds: int) -> None:
    assert read(event="spam", **told).at == datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize("told", [{}, {"ts": "soon"}, {"ts": True}, {"ts": -1}, {"ts": 1e30}])
def test_an_event_without_a_time_is_never_too_old(told: dict[str, Any]) -> None:
    callback = read(event="spam", **told)
    assert callback.at is None
    assert not callback.is_older_than(NOON)


def test_an_event_of_before_the_opt_in_is_older_than_it() -> None:
    callback = read(event="unsubscribed", ts_event=NOON.timestamp())
    assert callback.is_older_than(NOON + timedelta(hours=1))
    assert not callback.is_older_than(NOON + timedelta(seconds=30))
