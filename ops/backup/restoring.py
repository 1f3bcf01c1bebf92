"""Bringing backups back: each database whole or not at all, and nothing overwritten unless that was asked for."""

import importlib
from collections.abc import Sequence
from pathlib import Path

import psycopg
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from chassis.migrations import UnknownRevision, make_at
from ops.backup import postgresql_copies, sqlite_copies
from ops.backup.databases import Databases, engine_of, file_of
from ops.backup.day_keys import DayKey
from ops.backup.encryption import decrypt
from ops.backup.files import written_whole
from ops.backup.manifest import DatabaseCopy, Manifest, TableCopy
from ops.backup.refusal import BackupRefused
from ops.backup.repository import Repository, refuse_change

KEYS_SUFFIX = ".age"


def restore_databases(
    repository: Repository, name: str, databases: Databases, services: Sequence[str], *, force: bool
) -> Manifest:
    """Put back the databases of these services, or of all in the backup if none is named.

    Everything is refused before anything is changed. A database that is there is replaced only with `force`.

    Raises:
        BackupRefused: see the message.
    """
    manifest, key = repository.open(name)
    copies = _chosen(manifest, databases, services)
    for copy in copies:
        _refuse_unsuitable(copy, databases[copy.service], force=force)
    for copy in copies:
        restore = _restore_sqlite if copy.engine == "sqlite" else _restore_postgresql
        restore(repository, name, key, copy, databases[copy.service])
        repository.progress.finished(copy.service, sum(file.size for file in copy.files))
    return manifest


def restore_subject_keys(repository: Repository, name: str, directory: Path, *, force: bool) -> Manifest:
    """Put back the key files of the services.

    Raises:
        BackupRefused: one is there already, and `force` was not given.
    """
    manifest, key = repository.open(name)
    places = {stored: _place_of(directory, stored.name.removesuffix(KEYS_SUFFIX)) for stored in manifest.key_files}
    there = [path.name for path in places.values() if path.exists()]
    if there and not force:
        raise BackupRefused(f"{', '.join(there)} are in {directory} already; --force replaces them.")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for stored, path in places.items():
        with repository.target.read(name, stored.name) as source, written_whole(path) as file:
            refuse_change(stored, decrypt(source, file, key))
        repository.progress.finished(path.stem, stored.size)
    return manifest


def _place_of(directory: Path, file_name: str) -> Path:
    """In the service's own directory, if there is one, as the volumes of an installation are."""
    own = directory / Path(file_name).stem
    return (own if own.is_dir() else directory) / file_name


def _chosen(manifest: Manifest, databases: Databases, services: Sequence[str]) -> list[DatabaseCopy]:
    by_service = {copy.service: copy for copy in manifest.databases}
    wanted = services or list(by_service)
    for service in wanted:
        if service not in by_service:
            raise BackupRefused(f"{manifest.name} holds no database of {service}.")
        if service not in databases:
            raise BackupRefused(f"No place is named for the database of {service}.")
    return [by_service[service] for service in wanted]


def _refuse_unsuitable(copy: DatabaseCopy, url: str, *, force: bool) -> None:
    if copy.engine != engine_of(url):
        raise BackupRefused(f"The copy of {copy.service} is of {copy.engine}, and its place is {engine_of(url)}.")
    is_filled, is_in_use = _state_of_sqlite(file_of(url)) if copy.engine == "sqlite" else _state_of_postgresql(url)
    if is_filled and not force:
        raise BackupRefused(f"There is a database of {copy.service} already; --force replaces it.")
    if is_in_use:
        raise BackupRefused(f"The database of {copy.service} is in use; stop its service first.")


def _state_of_sqlite(path: Path) -> tuple[bool, bool]:
    """Whether there is something, and whether somebody uses it."""
    return path.exists(), path.exists() and sqlite_copies.is_in_use(path)


def _state_of_postgresql(url: str) -> tuple[bool, bool]:
    """Whether there is something, and whether somebody uses it."""
    with postgresql_copies.connected(url) as connection:
        is_in_use = postgresql_copies.is_in_use(connection)
        return bool(postgresql_copies.tables(connection)), is_in_use


def _restore_sqlite(repository: Repository, name: str, key: DayKey, copy: DatabaseCopy, url: str) -> None:
    (stored,) = copy.files
    with repository.target.read(name, stored.name) as source:
        watched = repository.progress.watch(copy.service, source, stored.size)
        sqlite_copies.put_back(watched, key, file_of(url), lambda read: refuse_change(stored, read))


def _restore_postgresql(repository: Repository, name: str, key: DayKey, copy: DatabaseCopy, url: str) -> None:
    """In one transaction: remove what is there, make the tables at the copy's revisions, fill them."""
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.begin() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)  # noqa: S101 — for the type: the URL said so
            postgresql_copies.empty(raw)
            _make_tables(connection, copy)
            for table in copy.tables:
                _fill(repository, name, key, raw, table)
            for sequence, (last_value, is_called) in copy.sequences.items():
                postgresql_copies.set_sequence(raw, sequence, last_value, is_called=is_called)
    except UnknownRevision as error:
        raise BackupRefused(f"The copy of {copy.service}: {error}. Restore it with the version that made it.") from None
    except (SQLAlchemyError, psycopg.Error) as error:
        raise BackupRefused(f"The database of {copy.service} could not be filled ({type(error).__name__}).") from error


def _make_tables(connection: Connection, copy: DatabaseCopy) -> None:
    tables = importlib.import_module(f"services.{copy.service}.tables")
    folder = Path(tables.__file__ or "").parent / "migrations"
    make_at(connection, folder, tables.Base.metadata, copy.revisions)


def _fill(repository: Repository, name: str, key: DayKey, raw: postgresql_copies.Connection, table: TableCopy) -> None:
    raw.execute(postgresql_copies.emptied(table.table))  # migrations leave rows of their own, as their revision
    with repository.target.read(name, table.file.name) as source:
        watched = repository.progress.watch(table.table, source, table.file.size)
        with postgresql_copies.filling(raw, table.table, table.columns) as sink:
            refuse_change(table.file, decrypt(watched, sink, key))
