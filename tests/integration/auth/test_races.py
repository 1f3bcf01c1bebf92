"""What was verified holds when it is acted upon: something happens while a password is being hashed or compared."""

from collections.abc import Awaitable, Callable

import pytest

from contracts.errors import ErrorKind, Refusal
from services.auth.domain.accounts import Credential
from services.auth.domain.secrets import hash_of
from services.auth.domain.sessions import Session
from tests.integration.auth.stores import EMAIL, LETTER, Stores
from tests.support.clock import START
from tests.unit.auth.conftest import PASSWORD, World

NEW = "åtta stora paddor sover"
Happening = Callable[[], Awaitable[object]]


class Anna:
    """An account with a session, and the use cases over the stores."""

    def __init__(self, stores: Stores, account_id: str, session: Session) -> None:
        self.stores = stores
        self.account_id = account_id
        self.session = session
        self.world = World(accounts=stores.accounts, sessions=stores.sessions)

    async def credential(self) -> Credential:
        return await self.stores.credential(self.account_id)

    async def sessions(self) -> list[Session]:
        return list(await self.stores.sessions.of_account(self.account_id))

    async def refused(self, happening: Happening, trial: Callable[[], Awaitable[object]]) -> Refusal:
        """The refusal of a use case during whose hashing something happens."""
        self.world.hasher.meanwhile(happening)
        with pytest.raises(Refusal) as refused:
            await trial()
        return refused.value

    async def is_reset(self) -> None:
        assert await self.stores.reset(hashed=f"hash of {NEW}")

    async def is_blocked(self) -> None:
        await self.stores.accounts.block(self.account_id)

    async def changes_password_elsewhere(self) -> None:
        session, _ = Session.begin(self.account_id, START)
        verified = await self.credential()
        assert await self.stores.accounts.change_password(verified, f"hash of {NEW}", session, START, LETTER)


@pytest.fixture
async def anna(stores: Stores) -> Anna:
    account_id = await stores.an_account(hashed=f"hash of {PASSWORD}")
    return Anna(stores, account_id, await stores.a_session(account_id))


HAPPENINGS = [Anna.is_reset, Anna.is_blocked, Anna.changes_password_elsewhere]


@pytest.mark.parametrize("happening", HAPPENINGS)
async def test_no_session_starts_on_a_password_that_holds_no_more(
    anna: Anna, happening: Callable[[Anna], Awaitable[None]]
) -> None:
    refused = await anna.refused(lambda: happening(anna), lambda: anna.world.login.log_in(EMAIL, PASSWORD, None))
    assert (refused.kind, refused.reason) == (ErrorKind.UNAUTHENTICATED, "login-failed")
    assert len(await anna.sessions()) == (1 if happening is Anna.changes_password_elsewhere else 0)


@pytest.mark.parametrize("happening", [Anna.is_reset, Anna.changes_password_elsewhere])
async def test_an_outdated_hash_is_not_put_back_over_a_new_password(
    stores: Stores,
    happening: Callable[[Anna], Awaitable[None]],
) -> None:
    account_id = await stores.an_account(hashed=f"old hash of {PASSWORD}")
    anna = Anna(stores, account_id, await stores.a_session(account_id))
    await anna.refused(lambda: happening(anna), lambda: anna.world.login.log_in(EMAIL, PASSWORD, None))
    assert (await anna.credential()).password_hash == f"hash of {NEW}"


async def test_two_logins_at_once_may_both_renew_an_outdated_hash(stores: Stores) -> None:
    account_id = await stores.an_account(hashed=f"old hash of {PASSWORD}")
    anna = Anna(stores, account_id, await stores.a_session(account_id))
    anna.world.hasher.meanwhile(lambda: anna.world.login.log_in(EMAIL, PASSWORD, None))
    await anna.world.login.log_in(EMAIL, PASSWORD, None)
    assert (await anna.credential()).password_hash == f"hash of {PASSWORD}"
    assert len(await anna.sessions()) == 3


@pytest.mark.parametrize("happening", HAPPENINGS)
async def test_no_session_is_proved_again_by_a_password_that_holds_no_more(
    anna: Anna, happening: Callable[[Anna], Awaitable[None]]
) -> None:
    refused = await anna.refused(
        lambda: happening(anna),
        lambda: anna.world.login.prove_again(anna.account_id, anna.session.id, PASSWORD),
    )
    assert (refused.kind, refused.reason) == (ErrorKind.UNAUTHENTICATED, "no-session")
    assert anna.session.id not in {one.id for one in await anna.sessions()}


async def test_a_session_that_is_ended_meanwhile_has_no_successor(anna: Anna) -> None:
    refused = await anna.refused(
        lambda: anna.stores.sessions.end(anna.session.id, anna.account_id),
        lambda: anna.world.login.prove_again(anna.account_id, anna.session.id, PASSWORD),
    )
    assert refused.reason == "no-session"
    assert await anna.sessions() == []


@pytest.mark.parametrize("happening", HAPPENINGS)
async def test_a_password_is_not_changed_by_one_that_holds_no_more(
    anna: Anna, happening: Callable[[Anna], Awaitable[None]]
) -> None:
    refused = await anna.refused(
        lambda: happening(anna), lambda: anna.world.passwords.change(anna.account_id, PASSWORD, "en tredje mening här")
    )
    assert refused.kind is ErrorKind.UNAUTHENTICATED
    found = await anna.stores.accounts.credential_of(anna.account_id)
    assert found is None or found.password_hash == f"hash of {NEW}"


@pytest.mark.parametrize("happening", HAPPENINGS)
async def test_a_reset_link_that_ends_meanwhile_sets_nothing(
    anna: Anna, happening: Callable[[Anna], Awaitable[None]]
) -> None:
    token = "a-token-of-43-characters-as-they-are-mailed"
    await anna.stores.accounts.offer_reset(hash_of(token), EMAIL, START, LETTER)
    refused = await anna.refused(
        lambda: happening(anna), lambda: anna.world.passwords.reset(token, "en tredje mening här")
    )
    assert refused.kind is ErrorKind.GONE
    found = await anna.stores.accounts.credential_of(anna.account_id)
    assert found is None or found.password_hash == f"hash of {NEW}"


async def test_an_account_that_is_blocked_meanwhile_gets_no_reset_link(anna: Anna) -> None:
    await anna.is_blocked()
    await anna.world.passwords.forget(EMAIL, "sv")
    assert await anna.stores.accounts.credential_of_email(EMAIL) is None


async def test_an_address_that_is_confirmed_by_somebody_else_meanwhile_is_told_so(stores: Stores) -> None:
    world = World(accounts=stores.accounts, sessions=stores.sessions)
    world.hasher.meanwhile(stores.an_account)
    await world.registering.register(EMAIL, PASSWORD, "Anna", "sv")
    found = await stores.accounts.credential_of_email(EMAIL)
    assert found is not None
    assert found.password_hash == "hash"
