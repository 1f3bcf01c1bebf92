"""The verb `backup`: copy, read back, and end what has lived long enough."""

import argparse
import sys

from ops.backup.kinds import Kind
from ops.backup.making import back_up_databases, back_up_subject_keys
from ops.backup.manifest import Manifest
from ops.backup.places import KEYS_TO, TO, Places, add_arguments, places_of
from ops.backup.progress import Progress
from ops.backup.refusal import BackupRefused
from ops.backup.repository import LATEST, Repository
from ops.run.refusal import LaunchRefused

DESCRIPTION = """Back up all databases of an installation and, to a target of their own, its subject keys: encrypted
here, to a key of the day, and read back once. Days that have ended lose their key first. docs/runbooks/backup.md"""


def main(arguments: list[str]) -> int:
    asked = parser().parse_args(arguments)
    progress = Progress()
    try:
        places = places_of(asked)
        act(asked, places, repositories_of(places, progress), progress)
    except (BackupRefused, LaunchRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Not done: {error.strerror or error} ({error.filename or 'while copying'}).", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m ops backup", description=DESCRIPTION)
    add_arguments(made)
    what = made.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="only list the backups that can be read")
    what.add_argument("--check", metavar="NAME", help="only read a backup back and decrypt it (or: latest)")
    what.add_argument("--expire", action="store_true", help="only destroy the keys of the days that have ended")
    return made


def repositories_of(places: Places, progress: Progress) -> list[Repository]:
    """One for each target that is configured."""
    if Kind.DATA not in places.targets:
        raise BackupRefused(f"Say where the backups go: --target or {TO}.")
    return [places.repository(kind, progress) for kind in places.targets]


def act(asked: argparse.Namespace, places: Places, repositories: list[Repository], progress: Progress) -> None:
    """Do the one thing that was asked for."""
    if asked.list:
        for repository in repositories:
            list_backups(repository, progress)
    elif asked.check:
        for repository in repositories:
            if asked.check == LATEST or asked.check.startswith(f"{repository.kind.value}-2"):
                tell(progress, "whole and readable", repository.check(repository.resolve(asked.check)))
    else:
        with repositories[0].keys.locked():
            for repository in repositories:
                expire(repository, progress)
            if not asked.expire:
                back_up(places, repositories, progress)


def list_backups(repository: Repository, progress: Progress) -> None:
    for name in repository.target.names():
        try:
            manifest, _ = repository.open(name)
        except BackupRefused as refusal:
            progress.say(f"{name}: {refusal}")
        else:
            tell(progress, "there", manifest)


def expire(repository: Repository, progress: Progress) -> None:
    ended = repository.expire()
    for day in ended.days:
        progress.say(f"destroyed the {repository.kind.value} key of {day}: nobody can read that day's backups any more")
    for name in ended.backups:
        progress.say(f"removed {name}")


def back_up(places: Places, repositories: list[Repository], progress: Progress) -> None:
    """The data first: a subject key is on the disk before what is sealed with it."""
    for repository in sorted(repositories, key=lambda one: one.kind is not Kind.DATA):
        if repository.kind is Kind.DATA:
            manifest = back_up_databases(repository, places.databases)
        elif places.key_files():
            manifest = back_up_subject_keys(repository, places.key_files())
        else:
            progress.say("There are no subject keys to back up.")
            continue
        tell(progress, "written, read back and decrypted", repository.check(manifest.name))
    if Kind.SUBJECT_KEYS not in places.targets:
        progress.say(f"The subject keys are not backed up ({KEYS_TO} is not set): without them no sealed column opens.")


def tell(progress: Progress, verdict: str, manifest: Manifest) -> None:
    progress.say(f"{manifest.name}: {verdict}; its key is destroyed on {manifest.ends}")
