"""The verb `restore`: put back all databases of a backup, some of them, or the subject keys."""

import argparse
import sys
from contextlib import closing, nullcontext

from ops.backup.kinds import Kind
from ops.backup.places import Places, add_arguments, places_of
from ops.backup.progress import Progress
from ops.backup.refusal import BackupRefused
from ops.backup.restoring import restore_databases, restore_subject_keys
from ops.run.data_directory import DataDirectory
from ops.run.refusal import LaunchRefused

DESCRIPTION = """Put back the databases of a backup, or its subject keys with --keys-only. The services must be
stopped. Nothing that is there is replaced without --force. docs/runbooks/backup.md"""


def main(arguments: list[str]) -> int:
    asked = parser().parse_args(arguments)
    try:
        places = places_of(asked)
        # It refuses while a run uses it.
        with closing(DataDirectory(places.data)) if places.data else nullcontext():
            restore(asked, places, Progress())
    except (BackupRefused, LaunchRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Not done: {error.strerror or error} ({error.filename or 'while copying'}).", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m ops restore", description=DESCRIPTION)
    made.add_argument("name", help="the backup's name, as `ops backup --list` shows it, or: latest")
    made.add_argument("--service", action="append", default=[], help="only this one's database; may be repeated")
    made.add_argument("--keys-only", action="store_true", help="put back the subject keys instead of databases")
    made.add_argument("--force", action="store_true", help="replace what is there")
    add_arguments(made)
    return made


def restore(asked: argparse.Namespace, places: Places, progress: Progress) -> None:
    """Put back what was asked for, and say what comes next."""
    repository = places.repository(Kind.SUBJECT_KEYS if asked.keys_only else Kind.DATA, progress)
    name = repository.resolve(asked.name)
    progress.say(f"restoring {name}")
    if not asked.keys_only:
        manifest = restore_databases(repository, name, places.databases, asked.service, force=asked.force)
        oldest = min(copy.taken_at for copy in manifest.databases)
        progress.say(f"restored, as of {oldest:%Y-%m-%d %H:%M} UTC; start the services again")
    elif places.subject_keys is None:
        raise BackupRefused("Say where the subject keys belong: --subject-keys.")
    else:
        restore_subject_keys(repository, name, places.subject_keys, force=asked.force)
        progress.say("restored; start the services again")
