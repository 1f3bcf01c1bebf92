"""The verbs `backup` and `restore` as an operator calls them, on the data directory of a run."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ops.__main__ import main
from ops.backup.manifest import MANIFEST
from ops.run.data_directory import DataDirectory

SCHEMA = """
CREATE TABLE chassis_version (version_num TEXT); INSERT INTO chassis_version VALUES ('0001');
CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE watermark (last_erasure_seq INTEGER); INSERT INTO watermark VALUES (3);
CREATE TABLE kept (word TEXT)
"""
Verb = Callable[..., int]


def database(tmp_path: Path, service: str) -> Path:
    return tmp_path / "data" / service / f"{service}.db"


def words(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM kept")]


@pytest.fixture
def verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """A verb on two services' databases, subject keys, and three places apart."""
    monkeypatch.setenv("LARABOT_ENV_FILE", "none")
    for service in ("auth", "dsar"):
        path = database(tmp_path, service)
        path.parent.mkdir(parents=True)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(SCHEMA)
            connection.execute("INSERT INTO kept VALUES (?)", (service,))
    (tmp_path / "data" / "keys").mkdir()
    (tmp_path / "data" / "keys" / "auth.keys").write_bytes(bytes(range(64)))
    (tmp_path / "data" / "keys" / "ledger.hex").write_text("the key of the ledger")

    def called(name: str, *arguments: str) -> int:
        places = ["--data", "data", "--target", "backups", "--subject-keys-target", "key-backups", "--day-keys", "days"]
        absolute = [part if part.startswith("--") else str(tmp_path / part) for part in places]
        return main([name, *absolute, *arguments])

    return called


def test_a_day_and_the_morning_after(verb: Verb, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb("backup") == 0
    said = capsys.readouterr().out
    assert said.count("written, read back and decrypted") == 2
    assert verb("backup", "--list") == 0
    assert verb("backup", "--check", "latest") == 0
    database(tmp_path, "auth").unlink()
    assert verb("restore", "latest", "--service", "auth") == 0
    assert words(database(tmp_path, "auth")) == ["auth"]
    (tmp_path / "data" / "keys" / "auth.keys").unlink()
    assert verb("restore", "latest", "--keys-only") == 0
    assert (tmp_path / "data" / "keys" / "auth.keys").read_bytes() == bytes(range(64))


def test_data_and_subject_keys_never_lie_together(verb: Verb, tmp_path: Path) -> None:
    assert verb("backup") == 0
    (data,), (keys,) = [
        [path.parent for path in (tmp_path / room).glob(f"*/{MANIFEST}")] for room in ("backups", "key-backups")
    ]
    assert {path.name for path in data.iterdir()} == {"auth.db.age", "dsar.db.age", MANIFEST}
    assert {path.name for path in keys.iterdir()} == {"auth.keys.age", MANIFEST}
    assert sorted(path.name for path in (tmp_path / "days").iterdir()) == ["data", "lock", "subject-keys"]


def test_key_files_may_each_have_a_directory_of_their_own(verb: Verb, tmp_path: Path) -> None:
    """As the volumes of an installation with compose."""
    own = tmp_path / "volumes" / "auth"
    own.mkdir(parents=True)
    (own / "auth.keys").write_bytes(b"a cell")
    assert verb("backup", "--subject-keys", str(own.parent)) == 0
    (own / "auth.keys").unlink()
    assert verb("restore", "latest", "--keys-only", "--subject-keys", str(own.parent)) == 0
    assert (own / "auth.keys").read_bytes() == b"a cell"


def test_what_is_there_is_replaced_only_by_force(
    verb: Verb, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb("backup") == 0
    with closing(sqlite3.connect(database(tmp_path, "dsar"), isolation_level=None)) as connection:
        connection.execute("INSERT INTO kept VALUES ('later')")
    assert verb("restore", "latest") == 1
    assert "--force" in capsys.readouterr().err
    assert words(database(tmp_path, "dsar")) == ["dsar", "later"]
    assert verb("restore", "latest", "--force") == 0
    assert words(database(tmp_path, "dsar")) == ["dsar"]


def test_a_run_that_goes_on_is_not_restored_under(
    verb: Verb, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb("backup") == 0
    running = DataDirectory(tmp_path / "data")
    assert verb("restore", "latest", "--force") == 1
    assert f"Another run uses {running.path}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "data/backups"], "Keep the backups of data and the data directory apart"),
        (["--day-keys", "backups/days"], "Keep the day keys and the backups of data apart"),
        (["--day-keys", "data/days"], "Keep the day keys and the data directory apart"),
        (["--subject-keys-target", "backups"], "Keep the backups of data and the backups of subject-keys apart"),
        (["--target", "s3://bucket"], "these settings are missing: LARABOT_BACKUP_S3_ENDPOINT"),
    ],
)
def test_what_must_be_apart_is_refused_together(
    verb: Verb, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    name, place = arguments
    assert verb("backup", name, place if "://" in place else str(tmp_path / place)) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "backups").exists()


def test_a_full_target_is_said_in_words(verb: Verb, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "backups").write_text("a file where a folder should be")
    assert verb("backup") == 1
    assert "Not done: Not a directory" in capsys.readouterr().err
