"""Streams through age: whole or refused, and no error of either side is lost."""

import errno
import io
from datetime import date
from pathlib import Path

import pytest

from ops.backup.day_keys import DayKey, DayKeys
from ops.backup.encryption import decrypt, encrypt
from ops.backup.kinds import Kind
from ops.backup.refusal import BackupRefused

PLAIN = bytes(range(256)) * 1000  # several of age's pieces of 64 KiB


@pytest.fixture
def key(tmp_path: Path) -> DayKey:
    return DayKeys(tmp_path).of_today(Kind.DATA, date(2026, 11, 28), 30)


def encrypted(key: DayKey, plain: bytes = PLAIN) -> bytes:
    sink = io.BytesIO()
    assert encrypt(io.BytesIO(plain), sink, key).size == len(sink.getvalue())
    return sink.getvalue()


@pytest.mark.parametrize("plain", [b"", b"x", PLAIN])
def test_what_went_in_comes_out(key: DayKey, plain: bytes) -> None:
    sink = io.BytesIO()
    decrypt(io.BytesIO(encrypted(key, plain)), sink, key)
    assert sink.getvalue() == plain


@pytest.mark.parametrize("end", [100, 70_000, -1])
def test_half_a_file_is_refused(key: DayKey, end: int) -> None:
    with pytest.raises(BackupRefused, match="changed, or not whole"):
        decrypt(io.BytesIO(encrypted(key)[:end]), io.BytesIO(), key)


def test_a_changed_byte_is_refused(key: DayKey) -> None:
    changed = bytearray(encrypted(key))
    changed[-100_000] ^= 1
    with pytest.raises(BackupRefused, match="changed, or not whole"):
        decrypt(io.BytesIO(bytes(changed)), io.BytesIO(), key)


def test_another_days_key_opens_nothing(key: DayKey, tmp_path: Path) -> None:
    other = DayKeys(tmp_path).of_today(Kind.DATA, date(2026, 11, 29), 30)
    with pytest.raises(BackupRefused, match="2026-11-29"):
        decrypt(io.BytesIO(encrypted(key)), io.BytesIO(), other)


class FullDisk(io.BytesIO):
    def write(self, _data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("plain", [b"little", PLAIN])
def test_a_full_disk_is_never_lost(key: DayKey, plain: bytes) -> None:
    """pyrage alone says nothing where the only write of a small file fails."""
    with pytest.raises(OSError, match="No space left"):
        encrypt(io.BytesIO(plain), FullDisk(), key)
    with pytest.raises(OSError, match="No space left"):
        decrypt(io.BytesIO(encrypted(key, plain)), FullDisk(), key)


class LostConnection(io.BytesIO):
    def read(self, _size: int | None = -1) -> bytes:
        raise ConnectionResetError


def test_a_lost_source_is_told_as_it_is(key: DayKey) -> None:
    with pytest.raises(ConnectionResetError):
        encrypt(LostConnection(), io.BytesIO(), key)
    with pytest.raises(ConnectionResetError):
        decrypt(LostConnection(), io.BytesIO(), key)
