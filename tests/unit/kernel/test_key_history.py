"""The history of keys: each announced by the log key in force, and none slipped in between."""

from collections.abc import Sequence

import pytest

from kernel.key_history import (
    Announcement,
    KeyRole,
    KeysRefused,
    LoggedKey,
    announce,
    check_places,
    first_log_key,
    history_of,
)
from kernel.signature import public_key_of

FIRST, SECOND, THIEF, CONSENT = "01" * 32, "02" * 32, "03" * 32, "04" * 32
AT = "2026-11-22T12:00:00Z"


def logged(*announcements: Announcement) -> list[LoggedKey]:
    return [
        LoggedKey(announcement=one, leaf_index=place * 3, inclusion_proof=[]) for place, one in enumerate(announcements)
    ]


def successor(before: str, after: str, signing: Sequence[str]) -> Announcement:
    return announce(KeyRole.LOG, "dsar", public_key_of(after), AT, public_key_of(before), signing)


def receipt_key(seed: str, signing: str, service: str = "consent") -> Announcement:
    return announce(KeyRole.RECEIPT, service, public_key_of(seed), AT, None, [signing])


def test_it_is_followed_through_a_change_of_every_key() -> None:
    found = history_of(
        logged(
            first_log_key(FIRST, AT),
            receipt_key(CONSENT, FIRST),
            successor(FIRST, SECOND, [FIRST, SECOND]),
            receipt_key(THIEF, SECOND),
        )
    )
    assert found.log_keys == (public_key_of(FIRST), public_key_of(SECOND))
    assert found.receipt_keys_before("consent", 9) == [public_key_of(CONSENT)]
    assert found.receipt_keys_before("consent", 10) == [public_key_of(CONSENT), public_key_of(THIEF)]
    assert found.receipt_keys_before("auth", 10) == []


@pytest.mark.parametrize(
    "announcements",
    [
        [],
        [receipt_key(CONSENT, FIRST)],
        [first_log_key(FIRST, AT), receipt_key(CONSENT, THIEF)],
        [first_log_key(FIRST, AT), first_log_key(THIEF, AT)],
        [first_log_key(FIRST, AT), successor(FIRST, THIEF, [THIEF, THIEF])],
        [first_log_key(FIRST, AT), successor(FIRST, SECOND, [FIRST, FIRST])],
        [first_log_key(FIRST, AT), successor(THIEF, SECOND, [FIRST, SECOND])],
        [first_log_key(FIRST, AT), successor(FIRST, SECOND, [FIRST, SECOND]), receipt_key(CONSENT, FIRST)],
        [first_log_key(FIRST, AT), successor(FIRST, FIRST, [FIRST, FIRST])],
    ],
)
def test_what_the_key_in_force_did_not_sign_is_no_history(announcements: list[Announcement]) -> None:
    with pytest.raises(KeysRefused):
        history_of(logged(*announcements))


def test_the_order_is_that_of_the_log() -> None:
    first, second = logged(first_log_key(FIRST, AT), receipt_key(CONSENT, FIRST))
    with pytest.raises(KeysRefused, match="order"):
        history_of([first, second.model_copy(update={"leaf_index": 0})])


def test_an_announcement_has_its_place_in_the_tree_or_is_refused() -> None:
    (entry,) = logged(first_log_key(FIRST, AT))
    check_places([entry], 1, entry.announcement.leaf().hex())
    with pytest.raises(KeysRefused, match="not in the log"):
        check_places([entry], 1, "00" * 32)
