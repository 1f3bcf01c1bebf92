"""Making backups: every database of an installation as of one moment each, and the subject keys apart from them."""

import os
from collections.abc import Sequence
from pathlib import Path

from ops.backup import postgresql_copies, sqlite_copies
from ops.backup.databases import Databases, engine_of, file_of
from ops.backup.manifest import DatabaseCopy, Manifest, TableCopy
from ops.backup.refusal import BackupRefused
from ops.backup.repository import Draft, Repository


def back_up_databases(repository: Repository, databases: Databases) -> Manifest:
    """Copy one database after the other; each is consistent in itself.

    They are services that agree by messages and repeat what was not confirmed, so that a moment's difference between
    them is an ordinary state. dsar's copy is the last one: its ledger knows every erasure that another copy may lack.

    Raises:
        BackupRefused: there is no database, or one cannot be copied.
    """
    found = {service: url for service, url in databases.items() if _exists(url)}
    if not found:
        raise BackupRefused("There is no database to back up there.")
    draft = repository.begin()
    return draft.finish(databases=[_copied(draft, repository, service, url) for service, url in found.items()])


def back_up_subject_keys(repository: Repository, files: Sequence[Path]) -> Manifest:
    """Copy the key files of the services.

    They are read after the data: a key is on the disk before what is sealed with it.
    """
    draft = repository.begin()
    stored = []
    for path in files:
        with path.open("rb") as file:
            stored.append(draft.store(f"{path.name}.age", file, path.stem, path.stat().st_size))
        repository.progress.finished(path.stem, stored[-1].size)
    return draft.finish(key_files=stored)


def _exists(url: str) -> bool:
    return engine_of(url) == "postgresql" or file_of(url).exists()


def _copied(draft: Draft, repository: Repository, service: str, url: str) -> DatabaseCopy:
    copy = _copied_sqlite if engine_of(url) == "sqlite" else _copied_postgresql
    copied = copy(draft, repository, service, url)
    repository.progress.finished(service, sum(file.size for file in copied.files))
    return copied


def _copied_sqlite(draft: Draft, repository: Repository, service: str, url: str) -> DatabaseCopy:
    with sqlite_copies.snapshot(file_of(url)) as (file, connection):
        taken_at = repository.clock.now()
        size = os.fstat(file.fileno()).st_size
        return DatabaseCopy(
            service=service,
            taken_at=taken_at,
            revisions=sqlite_copies.revisions(connection),
            last_erasure_sequence=sqlite_copies.last_erasure_sequence(connection),
            file=draft.store(f"{service}.db.age", file, service, size),
        )


def _copied_postgresql(draft: Draft, repository: Repository, service: str, url: str) -> DatabaseCopy:
    with postgresql_copies.snapshot(url) as connection:
        revisions = postgresql_copies.revisions(connection)
        taken_at = repository.clock.now()
        tables = []
        for table, columns, size in postgresql_copies.tables(connection):
            with postgresql_copies.reading(connection, table, columns) as rows:
                file = draft.store(f"{service}.{table}.copy.age", rows, service, size)
            tables.append(TableCopy(table=table, columns=columns, file=file))
        return DatabaseCopy(
            service=service,
            taken_at=taken_at,
            revisions=revisions,
            last_erasure_sequence=postgresql_copies.last_erasure_sequence(connection),
            tables=tables,
            sequences=postgresql_copies.sequences(connection),
        )
