"""With 20 000 people nothing that is asked for one of them, and no maintenance, reads a table from end to end."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from chassis.database import Session
from contracts.personal_data import Locator
from services.consent.domain import ACCOUNT_CONSENT_LASTS, Change, Record
from services.consent.inventory import INVENTORY
from services.consent.tables import CHAIN_HEAD, TABLES
from tests.integration.consent.stores import VERSION, Store, deciding
from tests.support.clock import START
from tests.support.plans import export_and_erase, fill, listening

PEOPLE = 20_000
PERSONAL = [table.name for table, _ in INVENTORY.personal_tables()]
WORDS = {
    "receipt_id": "receipt",
    "schema_version": "s",
    "controller": "c",
    "legal_basis": "consent",
    "notice_version": VERSION,
    "notice_hash": "a" * 64,
    "language": "sv",
    "method": "web",
    "event": "given",
    "salt": "salt",
    "ended_at": None,
}


@pytest.fixture
def filled(store: Store) -> str:
    """An account's and a browser's consent for each of many people; half of the accounts' are older than a browser's.

    Returns the URL of the database.
    """
    records: list[dict[str, object]] = []
    accounts: list[dict[str, object]] = []
    visitors: list[dict[str, object]] = []
    for n in range(PEOPLE):
        at = START - timedelta(days=n % 365)
        for kind, purpose, rows in (("account", "newsletter", accounts), ("visitor", "analytics", visitors)):
            given_at = at if kind == "account" else START
            record = {"record_id": f"{kind}-record-{n}", "purpose": purpose, "at": given_at, **WORDS}
            whose = {"account_id": None, "visitor_id": None, f"{kind}_id": f"{kind}-{n}"}
            records.append({"sequence": len(records) + 1, **record, **whose})
            rows.append(
                {
                    "subject_id": f"{kind}-{n}",
                    "purpose": purpose,
                    "notice_version": VERSION,
                    "record_id": f"{kind}-record-{n}",
                    "given_at": given_at,
                }
            )
    erased = [{"account_hash": f"{n:064}", "erased_at": START} for n in range(PEOPLE)]
    filling = {"consent_record": records, "account_consent": accounts, "visitor_consent": visitors}
    fill(store.url, {**filling, "erased_account": erased}, INVENTORY)
    return store.url


async def test_every_statement_of_the_store_uses_an_index(store: Store, filled: str) -> None:
    consents = store.consents

    def withdrawn(record: Record, active: object) -> Change:
        return deciding(store.clock, account_id=record.account_id, account={"newsletter": False})([])

    with listening() as asked:
        for account_id, visitor_id in (("account-7", None), (None, "visitor-7"), ("account-7", "visitor-7")):
            assert await consents.active_consents(account_id, visitor_id)
            assert (await consents.state(account_id, visitor_id))[1] is not None
            assert await consents.history(account_id, visitor_id, 500)
        assert list(await consents.history("nobody", None, 1)) == []
        assert await consents.account_record("account-record-7") is not None
        assert await store.consents.change_resting_on("nothing", withdrawn) is None
        await store.maintenance.end_lapsed()
    assert len(asked.statements) > 8
    assert asked.walks(filled, PERSONAL) == []


async def test_a_change_uses_an_index(store: Store, filled: str) -> None:
    await store.database.write(_end_of_chain)
    with listening() as asked:
        decided = deciding(store.clock, account_id="account-7", account={"newsletter": False})
        assert (await store.consents.change("account-7", None, decided)).withdrawn == ("newsletter",)
        decided = deciding(store.clock, visitor_id="visitor-7", cookies={"analytics": False})
        assert (await store.consents.change(None, "visitor-7", decided)).retired == "visitor-7"
    assert asked.walks(filled, PERSONAL) == []


async def test_only_what_is_old_enough_is_looked_at_for_lapsing(store: Store, filled: str) -> None:
    store.clock.advance(ACCOUNT_CONSENT_LASTS - timedelta(days=364))
    with listening() as asked:
        await store.maintenance.end_lapsed()
    assert asked.walks(filled, PERSONAL) == []
    ended = [row for row in await store.records() if row.ended_at is not None]
    assert {row.account_id for row in ended if row.account_id} == {
        f"account-{n}" for n in range(PEOPLE) if n % 365 == 364
    }
    assert len([row for row in ended if row.visitor_id]) == PEOPLE


async def test_a_person_is_exported_and_erased_by_index(store: Store, filled: str) -> None:
    whom = {Locator.ACCOUNT_ID: ["account-7"], Locator.VISITOR_ID: ["visitor-7"]}
    with listening() as asked:
        await export_and_erase(store.database, INVENTORY, TABLES, whom, store.maintenance.leave_evidence)
    assert asked.walks(filled, PERSONAL) == []


def _end_of_chain(session: Session) -> None:
    """The next record comes after those of the fixture, which are in no chain."""
    session.execute(insert(CHAIN_HEAD), {"id": 1, "sequence": 2 * PEOPLE, "chained": "0" * 64})
