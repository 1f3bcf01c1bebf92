"""Where an operator keeps what: the databases, the backups, and the day keys apart from both."""

import argparse
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from chassis.clock import Clock
from ops.backup.databases import Databases, engine_of, file_of, in_data_directory, in_file
from ops.backup.day_keys import DayKeys
from ops.backup.kinds import Kind
from ops.backup.progress import Progress
from ops.backup.refusal import BackupRefused
from ops.backup.repository import Repository
from ops.backup.targets import S3, open_target
from ops.run.configuration import KEY_BY_NAME, read_configuration
from ops.run.program import ROOT

KEY_FILES = "*.keys"
TO, KEYS_TO, DAY_KEYS = "LARABOT_BACKUP_TO", "LARABOT_BACKUP_SUBJECT_KEYS_TO", "LARABOT_BACKUP_DAY_KEYS"
DAYS = {Kind.DATA: "LARABOT_BACKUP_DAYS", Kind.SUBJECT_KEYS: "LARABOT_BACKUP_SUBJECT_KEY_DAYS"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that both verbs take; the settings are the defaults of the last three."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--data", type=Path, help="data directory of `ops run` (.data if nothing is said)")
    where.add_argument("--databases", type=Path, help="JSON file {service: URL} of databases elsewhere")
    parser.add_argument("--subject-keys", type=Path, help="directory of the subject keys (DATA/keys)")
    parser.add_argument("--target", help=f"folder or s3://BUCKET/PREFIX of the data ({TO})")
    parser.add_argument("--subject-keys-target", help=f"the same of the subject keys, elsewhere ({KEYS_TO})")
    parser.add_argument("--day-keys", type=Path, help=f"directory of the day keys, apart from all of it ({DAY_KEYS})")


@dataclass(frozen=True, slots=True)
class Places:
    """Everything that a verb works on; `targets` has only the kinds that are configured."""

    data: Path | None
    """The data directory of `ops run`; None where databases are named one by one."""
    databases: Databases
    subject_keys: Path | None
    targets: Mapping[Kind, str]
    day_keys: Path
    settings: Mapping[str, str]

    def repository(self, kind: Kind, progress: Progress, clock: Clock | None = None) -> Repository:
        """The backups of one kind.

        Raises:
            BackupRefused: no target is named for it, or it cannot be used.
        """
        if kind not in self.targets:
            raise BackupRefused(f"No target is named for the backups of {kind.value}.")
        target = open_target(self.targets[kind], self.settings)
        days = int(self.settings.get(DAYS[kind]) or KEY_BY_NAME[DAYS[kind]].default or 0)
        return Repository(kind, target, DayKeys(self.day_keys), days, clock or Clock(), progress)

    def key_files(self) -> list[Path]:
        """The key files of the services, in order: all in one directory, or each in one of its own."""
        return sorted(self.subject_keys.rglob(KEY_FILES), key=lambda path: path.name) if self.subject_keys else []


def places_of(asked: argparse.Namespace) -> Places:
    """What was asked for, with the settings for what was not.

    Raises:
        BackupRefused: something is missing, or lies within what it must be kept apart from.
        LaunchRefused: a setting cannot be used.
    """
    settings = read_configuration(os.environ, ROOT / ".env").values  # noqa: TID251  # the operator's settings
    data = None if asked.databases else (asked.data or Path(".data")).resolve()
    databases = in_data_directory(data) if data else in_file(asked.databases)
    day_keys = asked.day_keys or settings.get(DAY_KEYS)
    if not day_keys:
        raise BackupRefused(f"Say where the day keys are, apart from data and backups: --day-keys or {DAY_KEYS}.")
    targets = {
        Kind.DATA: asked.target or settings.get(TO),
        Kind.SUBJECT_KEYS: asked.subject_keys_target or settings.get(KEYS_TO),
    }
    places = Places(
        data=data,
        databases=databases,
        subject_keys=asked.subject_keys or (data / "keys" if data else None),
        targets={kind: place for kind, place in targets.items() if place},
        day_keys=Path(day_keys).resolve(),
        settings=settings,
    )
    _refuse_together(places)
    return places


def _refuse_together(places: Places) -> None:
    """What ends apart is kept apart: no copy of one directory or prefix must hold two of these.

    Raises:
        BackupRefused: naming the two.
    """
    ours = {"the day keys": str(places.day_keys)}
    ours |= {f"the backups of {kind.value}": place for kind, place in places.targets.items()}
    theirs = {f"the database of {service}": str(file_of(url).parent) for service, url in _files(places.databases)}
    if places.data:
        theirs = {"the data directory": str(places.data)}
    if places.subject_keys:
        theirs["the subject keys"] = str(places.subject_keys)
    for one, other in itertools.chain(itertools.combinations(ours, 2), itertools.product(ours, theirs)):
        first, second = _location(ours[one]), _location((ours | theirs)[other])
        if first.is_relative_to(second) or second.is_relative_to(first):
            raise BackupRefused(f"Keep {one} and {other} apart: {first} and {second} lie within one another.")


def _files(databases: Databases) -> Iterator[tuple[str, str]]:
    return ((service, url) for service, url in databases.items() if engine_of(url) == "sqlite")


def _location(place: str) -> PurePath:
    """A place to compare: `s3:/BUCKET/PREFIX`, or a folder as it really is."""
    return PurePosixPath(place.replace(S3, "s3:/")) if place.startswith(S3) else Path(place).resolve()
