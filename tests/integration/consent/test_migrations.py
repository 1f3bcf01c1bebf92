"""A database of the first revision keeps its consents through the migrations that follow."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.database import Database, Session
from chassis.migrations import migrate
from services.consent.adapters.consents import SqlConsents
from services.consent.adapters.evidence import EvidenceBook
from services.consent.app import MIGRATIONS
from services.consent.tables import Base
from tests.integration.consent.conftest import url_of
from tests.integration.consent.stores import KEY


def insert(session: Session) -> None:
    for table, subject in (("account_consent", "anna"), ("visitor_consent", "browser")):
        values = f"('{subject}', 'analytics', '2024-05-22', 'record of {subject}', '2026-11-02 08:00:00')"
        columns = "(holder_id, purpose, notice_version, record_id, given_at)"
        session.execute(text(f"INSERT INTO {table} {columns} VALUES {values}"))  # noqa: S608 — names of the test


@pytest.mark.parametrize("request_url", ["sqlite", "postgresql"], indirect=True)
async def test_whose_consent_it_is_stays_under_its_new_name(request_url: str, tmp_path: Path) -> None:
    first = tmp_path / "migrations" / "versions"
    first.mkdir(parents=True)
    shutil.copy(MIGRATIONS / "versions" / "0001_first.py", first)
    database = Database(request_url)
    await database.open()
    try:
        await migrate(database, first.parent, Base.metadata)
        await database.write(insert)
        await migrate(database, MIGRATIONS, Base.metadata)
        found = await SqlConsents(database, EvidenceBook(KEY)).active_consents("anna", "browser")
    finally:
        await database.close()
    assert {(one.kind, one.subject_id, one.record_id) for one in found} == {
        ("account", "anna", "record of anna"),
        ("visitor", "browser", "record of browser"),
    }


@pytest.fixture
async def request_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return await url_of(request, tmp_path)
