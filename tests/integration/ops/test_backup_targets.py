"""Targets of backups: one behaviour, in a folder and in a bucket."""

import pytest

from ops.backup.manifest import MANIFEST
from ops.backup.refusal import BackupRefused
from ops.backup.s3 import PART_BYTES
from ops.backup.targets import Target, open_target
from tests.support.s3 import S3Server


def write(target: Target, backup: str, file: str, *pieces: bytes) -> None:
    with target.create(backup, file) as sink:
        for piece in pieces:
            sink.write(piece)


def read(target: Target, backup: str, file: str) -> bytes:
    with target.read(backup, file) as source:
        return source.read(64 * 1024 * 1024)


def test_what_was_written_is_read(target: Target) -> None:
    write(target, "data-1", "auth.db.age", b"some ", b"bytes")
    assert read(target, "data-1", "auth.db.age") == b"some bytes"


def test_a_file_of_many_parts(target: Target) -> None:
    pieces = [bytes([n]) * (PART_BYTES // 2) for n in range(5)]
    write(target, "data-1", "auth.db.age", *pieces)
    assert read(target, "data-1", "auth.db.age") == b"".join(pieces)


def test_a_backup_is_one_once_it_has_a_manifest(target: Target) -> None:
    assert target.names() == target.unfinished() == []
    write(target, "data-1", "auth.db.age", b"x")
    assert (target.names(), target.unfinished()) == ([], ["data-1"])
    write(target, "data-1", MANIFEST, b"{}")
    assert (target.names(), target.unfinished()) == (["data-1"], [])


@pytest.mark.parametrize("size", [1, PART_BYTES * 2])
def test_a_file_that_was_broken_off_is_not_there(target: Target, size: int) -> None:
    def broken_off() -> None:
        with target.create("data-1", "auth.db.age") as sink:
            sink.write(bytes(size))
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        broken_off()
    with pytest.raises(BackupRefused):
        read(target, "data-1", "auth.db.age")


def test_a_deleted_backup_is_gone_and_others_stay(target: Target) -> None:
    for name in ("data-1", "data-2"):
        for file in ("auth.db.age", MANIFEST):
            write(target, name, file, b"x")
    target.delete("data-1")
    assert (target.names(), target.unfinished()) == (["data-2"], [])


def test_a_bucket_outside_the_processors_named_is_refused(s3: S3Server) -> None:
    for endpoint in ("https://s3.us-east-1.amazonaws.com", "http://s3.fr-par.scw.cloud", "https://scw.cloud.example"):
        with pytest.raises(BackupRefused, match="LARABOT_BACKUP_S3_ENDPOINT"):
            open_target("s3://bucket", {**s3.settings, "LARABOT_BACKUP_S3_ENDPOINT": endpoint})


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(BackupRefused, match="LARABOT_BACKUP_S3_SECRET_KEY"):
        open_target("s3://bucket", {})


def test_a_bucket_that_is_not_there_is_said_in_words(s3: S3Server) -> None:
    target = open_target("s3://nowhere", s3.settings)
    with pytest.raises(BackupRefused, match="The bucket could not be listed"):
        target.names()
    with pytest.raises(BackupRefused, match="The bucket could not be written"):
        write(target, "data-1", MANIFEST, b"{}")
