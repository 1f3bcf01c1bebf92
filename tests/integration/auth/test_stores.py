"""One behaviour suite for the stores of the auth service: the fake of the unit tests, SQLite and PostgreSQL."""

import asyncio
from datetime import timedelta

from chassis.database import Database
from chassis.migrations import pending_changes
from contracts.identifiers import new_id
from services.auth.app import MIGRATIONS
from services.auth.domain.accounts import REGISTRATION_TTL, RESET_TTL
from services.auth.domain.sessions import SESSIONS_PER_ACCOUNT_MAX, Session
from services.auth.inventory import INVENTORY
from services.auth.tables import Base
from tests.integration.auth.stores import EMAIL, LETTER, Stores, blank, registration, sql_stores
from tests.support.clock import START
from tests.support.plans import listening


async def test_a_confirmed_registration_is_an_account(stores: Stores) -> None:
    account_id = await stores.an_account()
    found = await stores.accounts.find(account_id)
    assert found is not None
    assert (found.email, found.name, found.language, found.usable) == (EMAIL, "Anna", "sv", True)
    by_email = await stores.accounts.credential_of_email(EMAIL)
    assert by_email == await stores.accounts.credential_of(account_id)
    assert by_email is not None
    assert by_email.password_hash == "hash"


async def test_a_registration_is_confirmed_once_in_time_and_for_a_free_address(stores: Stores) -> None:
    await stores.accounts.register(registration("first"), LETTER, LETTER)
    await stores.accounts.register(registration("second"), LETTER, LETTER)
    assert not await stores.accounts.confirm("first", blank(new_id()), START + REGISTRATION_TTL)
    await stores.accounts.register(registration("third"), LETTER, LETTER)
    results = [await stores.accounts.confirm(one, blank(new_id()), START) for one in ("third", "third", "second")]
    assert results == [True, False, False]
    assert not await stores.accounts.confirm("unknown", blank(new_id()), START)


async def test_of_two_confirmations_at_once_one_wins(stores: Stores) -> None:
    for token_hash in ("first", "second"):
        await stores.accounts.register(registration(token_hash), LETTER, LETTER)
    results = await asyncio.gather(
        *(stores.accounts.confirm(one, blank(new_id()), START) for one in ("first", "second", "first", "second"))
    )
    assert sorted(results) == [False, False, False, True]


async def test_a_blocked_account_is_found_but_not_usable(stores: Stores) -> None:
    account_id = await stores.an_account()
    session = await stores.a_session(account_id)
    verified = await stores.credential(account_id)
    await stores.accounts.offer_reset("reset", EMAIL, START, LETTER)
    await stores.accounts.block(account_id)
    found = await stores.accounts.find(account_id)
    assert found is not None
    assert not found.usable
    assert await stores.accounts.credential_of_email(EMAIL) is None
    assert await stores.accounts.account_of_reset("reset", START) is None
    assert await stores.sessions.by_secret(session.secret_hash) is None
    assert await stores.sessions.start(session, verified, replacing=None, stronger_hash=None) is None
    assert not await stores.sessions.succeed(session.id, session, verified)
    assert not await stores.accounts.change_password(verified, "new", session, START, LETTER)
    assert not await stores.accounts.reset("reset", "new", START, LETTER)


async def test_a_reset_link_is_used_once_and_ends_all_others(stores: Stores) -> None:
    account_id = await stores.an_account()
    session = await stores.a_session(account_id)
    for token_hash in ("first", "second"):
        await stores.accounts.offer_reset(token_hash, EMAIL, START, LETTER)
    assert await stores.accounts.account_of_reset("first", START + RESET_TTL) is None
    assert await stores.accounts.reset("first", "new", START, LETTER)
    assert not await stores.accounts.reset("first", "newer", START, LETTER)
    assert not await stores.accounts.reset("second", "newer", START, LETTER)
    assert await stores.sessions.by_secret(session.secret_hash) is None
    assert (await stores.credential(account_id)).password_hash == "new"


async def test_open_reset_links_are_few(stores: Stores) -> None:
    await stores.an_account()
    for number in range(4):
        await stores.accounts.offer_reset(f"link {number}", EMAIL, START, LETTER)
    live = [await stores.accounts.account_of_reset(f"link {number}", START) for number in range(4)]
    assert [one is not None for one in live] == [True, True, True, False]


async def test_a_changed_password_leaves_the_given_session_only(stores: Stores) -> None:
    account_id = await stores.an_account()
    await stores.a_session(account_id)
    session, _ = Session.begin(account_id, START)
    verified = await stores.credential(account_id)
    assert await stores.accounts.change_password(verified, "new", session, START, LETTER)
    assert list(await stores.sessions.of_account(account_id)) == [session]


async def test_a_session_is_found_by_its_secret_with_its_account(stores: Stores) -> None:
    account_id = await stores.an_account()
    session = await stores.a_session(account_id)
    found = await stores.sessions.by_secret(session.secret_hash)
    assert found is not None
    assert (found[0], found[1].id) == (session, account_id)
    assert await stores.sessions.by_id(session.id, account_id) == session
    assert await stores.sessions.by_id(session.id, "somebody else") is None


async def test_a_login_replaces_the_former_session_and_an_outdated_hash(stores: Stores) -> None:
    account_id = await stores.an_account()
    former = await stores.a_session(account_id)
    session, _ = Session.begin(account_id, START)
    verified = await stores.credential(account_id)
    ended = await stores.sessions.start(session, verified, replacing=former.id, stronger_hash="stronger")
    assert ended == [former.id]
    renewed = await stores.credential(account_id)
    assert (renewed.password_hash, renewed.changed_at) == ("stronger", verified.changed_at)


async def test_an_account_keeps_a_bounded_number_of_sessions(stores: Stores) -> None:
    account_id = await stores.an_account()
    first = await stores.a_session(account_id)
    for number in range(SESSIONS_PER_ACCOUNT_MAX):
        last = await stores.a_session(account_id, timedelta(seconds=number + 1))
    kept = await stores.sessions.of_account(account_id)
    assert len(kept) == SESSIONS_PER_ACCOUNT_MAX
    assert kept[0] == last
    assert first not in kept


async def test_a_session_has_one_successor(stores: Stores) -> None:
    account_id = await stores.an_account()
    session = await stores.a_session(account_id)
    successor, _ = session.proved_again(START + timedelta(hours=1))
    verified = await stores.credential(account_id)
    assert await stores.sessions.succeed(session.id, successor, verified)
    assert not await stores.sessions.succeed(session.id, successor, verified)
    assert list(await stores.sessions.of_account(account_id)) == [successor]


async def test_only_an_accounts_own_sessions_end(stores: Stores) -> None:
    account_id, other = await stores.an_account(), await stores.an_account("berit@skola.example")
    mine, theirs = await stores.a_session(account_id), await stores.a_session(other)
    assert [await stores.sessions.end(one, account_id) for one in (theirs.id, "unknown", mine.id, mine.id)] == [
        False,
        False,
        True,
        False,
    ]
    assert await stores.sessions.by_secret(theirs.secret_hash) is not None


async def test_all_but_one_of_an_accounts_own_sessions_end(stores: Stores) -> None:
    account_id, other = await stores.an_account(), await stores.an_account("berit@skola.example")
    mine = [await stores.a_session(account_id) for _ in range(3)]
    theirs = await stores.a_session(other)
    assert set(await stores.sessions.end_others(mine[0].id, account_id)) == {mine[1].id, mine[2].id}
    assert list(await stores.sessions.of_account(account_id)) == [mine[0]]
    assert list(await stores.sessions.of_account(other)) == [theirs]


async def test_a_known_address_is_told_of_its_account_and_nothing_typed_in_is_kept(stores: Stores) -> None:
    await stores.an_account()
    await stores.accounts.register(registration("again"), LETTER, LETTER)
    assert not await stores.accounts.confirm("again", blank(new_id()), START)


async def test_a_reset_link_for_nobody_is_kept_and_opens_nothing(stores: Stores) -> None:
    for number in range(4):
        await stores.accounts.offer_reset(f"link {number}", "nobody@skola.example", START, LETTER)
    assert await stores.accounts.account_of_reset("link 0", START) is None
    assert not await stores.accounts.reset("link 0", "new", START, LETTER)


async def test_use_is_noted(stores: Stores) -> None:
    session = await stores.a_session(await stores.an_account())
    await stores.sessions.note_use(session.id, START + timedelta(minutes=5))
    found = await stores.sessions.by_secret(session.secret_hash)
    assert found is not None
    assert found[0].last_seen_at == START + timedelta(minutes=5)


async def test_a_known_and_an_unknown_address_cost_the_same_statements(database: Database) -> None:
    """Together with one hash each (tests/unit/auth), so that neither answer nor time tells them apart."""
    accounts = sql_stores(database).accounts
    await sql_stores(database).an_account()
    asked: dict[str, list[str]] = {}
    for email in (EMAIL, "nobody@skola.example"):
        with listening() as heard:
            await accounts.register(registration(f"registration of {email}", email), LETTER, LETTER)
            await accounts.credential_of_email(email)
        asked[email] = heard.in_order
    assert asked[EMAIL] == asked["nobody@skola.example"]
    assert len(asked[EMAIL]) >= 4


def test_the_migrations_make_what_the_models_say() -> None:
    assert pending_changes(Base.metadata, MIGRATIONS) == []


def test_every_table_is_declared() -> None:
    INVENTORY.check()
    assert {"account", "credential", "session", "reset_token", "registration"} <= set(INVENTORY.declarations())
