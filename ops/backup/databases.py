"""Which databases an installation has: those in the data directory of `ops run`, or those that a file names."""

import json
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from contracts.holder import SERVICES
from ops.backup.refusal import BackupRefused

Databases = Mapping[str, str]
"""The URL of each service's database, in the order of SERVICES; dsar comes last, so that its ledger is the newest."""


def in_data_directory(directory: Path) -> Databases:
    """The SQLite files of `python -m ops run --data DIRECTORY`, whether they exist or not."""
    return {service: f"sqlite:///{directory / service / f'{service}.db'}" for service in SERVICES}


def in_file(path: Path) -> Databases:
    """What a file such as `installation/backup/databases.json` names, as JSON: {service: URL}.

    Raises:
        BackupRefused: it cannot be read; the message repeats no URL, which holds a password.
    """
    try:
        found = json.loads(path.read_bytes())
        engines = {service: make_url(url).get_backend_name() for service, url in found.items()}
    except (OSError, ValueError, AttributeError, ArgumentError):
        raise BackupRefused(f"{path} does not name databases as {{service: URL}}.") from None
    strangers = sorted(set(found) - set(SERVICES))
    if strangers or set(engines.values()) - {"sqlite", "postgresql"}:
        raise BackupRefused(
            f"{path} names {', '.join(strangers) or 'a database that is neither SQLite nor PostgreSQL'}."
        )
    return {service: found[service] for service in SERVICES if service in found}


def engine_of(url: str) -> str:
    """`sqlite` or `postgresql`."""
    return make_url(url).get_backend_name()


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(make_url(url).database or "")
