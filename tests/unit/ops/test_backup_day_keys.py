"""Keys of days: made once, kept for their time and no longer, authenticating what was written under them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ops.backup.day_keys import DayKeys
from ops.backup.kinds import Kind
from ops.backup.manifest import Manifest
from ops.backup.refusal import BackupRefused

TODAY = date(2026, 11, 28)


def manifest(keys: DayKeys) -> Manifest:
    key = keys.of_today(Kind.DATA, TODAY, 30)
    made_at = datetime(2026, 11, 28, 18, tzinfo=UTC)
    written = Manifest(name="data-1", kind=Kind.DATA, day=str(TODAY), ends=str(key.ends), made_at=made_at)
    return written.authenticated(key)


def test_a_day_has_one_key_for_its_owner_only(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    first, second = (keys.of_today(Kind.DATA, TODAY, 30) for _ in range(2))
    assert str(first.identity) == str(second.identity)
    assert [oct(path.stat().st_mode & 0o777) for path in (tmp_path / "data").iterdir()] == ["0o600"]
    assert str(keys.of_today(Kind.SUBJECT_KEYS, TODAY, 3).identity) != str(first.identity)


def test_a_key_is_destroyed_on_its_day_and_not_before(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    keys.of_today(Kind.DATA, TODAY, 30)
    assert keys.destroy_ended(Kind.DATA, TODAY + timedelta(29), 30) == []
    assert keys.destroy_ended(Kind.DATA, TODAY + timedelta(30), 30) == [TODAY]
    with pytest.raises(BackupRefused, match="nobody can read"):
        keys.of_day(Kind.DATA, TODAY)
    assert list((tmp_path / "data").iterdir()) == []


def test_a_longer_period_set_later_does_not_lengthen_what_was_said(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    keys.of_today(Kind.DATA, TODAY, 30)
    assert keys.destroy_ended(Kind.DATA, TODAY + timedelta(30), 90) == [TODAY]


def test_a_shorter_period_ends_earlier_days_as_well(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    keys.of_today(Kind.DATA, TODAY, 30)
    assert keys.destroy_ended(Kind.DATA, TODAY + timedelta(7), 7) == [TODAY]


def test_the_bytes_of_a_destroyed_key_are_overwritten(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    keys.of_today(Kind.DATA, TODAY, 30)
    (tmp_path / "same file").hardlink_to(tmp_path / "data" / f"{TODAY}.age-key")
    keys.destroy(Kind.DATA, TODAY)
    assert set((tmp_path / "same file").read_bytes()) == {0}


def test_only_one_backup_at_a_time(tmp_path: Path) -> None:
    with DayKeys(tmp_path).locked(), pytest.raises(BackupRefused, match="under way"), DayKeys(tmp_path).locked():
        raise AssertionError


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    keys.of_today(Kind.DATA, TODAY, 30)
    (tmp_path / "data" / f"{TODAY}.age-key").write_text("# destroyed on: 2026-12-28\nAGE-SECRET-KEY-1QQQQ\n")
    with pytest.raises(BackupRefused, match="is not a day key"):
        keys.of_day(Kind.DATA, TODAY)


def test_a_manifest_that_somebody_else_wrote_is_refused(tmp_path: Path) -> None:
    ours = manifest(DayKeys(tmp_path / "ours"))
    key = DayKeys(tmp_path / "ours").of_day(Kind.DATA, TODAY)
    Manifest.parse(ours.as_bytes(), "data-1").check(key)
    for forged in (manifest(DayKeys(tmp_path / "theirs")), ours.model_copy(update={"ends": "2027-12-28"})):
        with pytest.raises(BackupRefused, match="was changed"):
            Manifest.parse(forged.as_bytes(), "data-1").check(key)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"name": "../../x"}'])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(BackupRefused, match="cannot read"):
        Manifest.parse(data, "data-1")


def test_a_manifest_moved_to_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="another backup"):
        Manifest.parse(manifest(DayKeys(tmp_path)).as_bytes(), "data-2")
