"""The auth service on a real bus with a real database: what the gateway and dsar see of it."""

import asyncio
from typing import Any

import pytest

from chassis.bus import Bus
from contracts import auth
from contracts.auth import SESSION_COOKIE
from contracts.errors import ErrorKind
from contracts.messages import Done
from contracts.personal_data import Locator
from tests.integration.auth.conftest import PASSWORD, AuthWorld
from tests.support.canary import Canary, canaries_in
from tests.support.clock import FakeClock
from tests.support.nats import NatsServer
from tests.support.running_service import BusClient, cookie_of
from tests.support.toy_dsar import ToyDsar

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW = "åtta stora paddor sover"


async def revocations_heard(nats: NatsServer, heard: list[auth.SessionsRevoked]) -> Bus:
    """A second gateway that only listens."""
    bus = Bus("gateway", FakeClock())
    await bus.open(nats.servers, nats.seed("gateway"))

    async def hear(signal: auth.SessionsRevoked) -> None:
        heard.append(signal)

    await bus.listen(auth.SESSIONS_REVOKED, hear)
    await bus.serving()
    return bus


async def test_register_confirm_log_in_and_be_known(world: AuthWorld, email: str) -> None:
    account_id = await world.an_account(email)
    secret, me = await world.log_in(email)
    session = await world.session_of(secret)
    assert (session.account_id, session.tier, me.email) == (account_id, "free", email)
    assert "text_tools" in session.entitlements
    seen = await world.gateway.get(auth.ME, auth.Me, account_id=account_id, session_id=session.session_id)
    assert seen == me


async def test_the_address_is_one_however_it_is_written(world: AuthWorld) -> None:
    account_id = await world.an_account("Other.Alm@Skola.Example")
    _, me = await world.log_in("OTHER.alm@skola.EXAMPLE")
    assert (me.account_id, me.email) == (account_id, "other.alm@skola.example")


async def test_a_known_address_gets_another_letter_and_the_same_answer(world: AuthWorld, email: str) -> None:
    await world.an_account(email)
    body = {"email": email, "password": NEW, "name": "Mallory"}
    known = await world.gateway.ask(auth.REGISTER, body)
    unknown = await world.gateway.ask(auth.REGISTER, {**body, "email": f"berit.{email}"})
    assert known == unknown
    letters = await world.letters_to(email, 2)
    assert letters[-1]["subject"] == "Du har redan ett konto hos Larabot"
    assert letters[-1]["links"] == ["http://localhost:8000/login"]


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(world: AuthWorld, email: str) -> None:
    await world.an_account(email)
    refusals = [
        await world.gateway.refused(auth.LOGIN, {"email": address, "password": "a wrong password"})
        for address in (email, f"nobody.{email}")
    ]
    assert {(one.kind, one.reason) for one in refusals} == {(ErrorKind.UNAUTHENTICATED, "login-failed")}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "kort"}, "password"),
        ({"password": "lösenordlösenord"}, "password"),
        ({"email": "no address"}, "email"),
        ({"name": " "}, "name"),
        ({"admin": True}, "admin"),
    ],
)
async def test_a_registration_is_refused_by_field(
    world: AuthWorld, email: str, change: dict[str, object], field: str
) -> None:
    body = {"email": email, "password": PASSWORD, "name": "Anna Alm", **change}
    refused = await world.gateway.refused(auth.REGISTER, body)
    assert refused.kind is ErrorKind.INVALID
    assert field in {error["field"] for error in refused.members["errors"]}


async def test_links_are_used_up(world: AuthWorld, email: str) -> None:
    await world.register(email)
    token = {"token": await world.mailed_secret(email)}
    await world.gateway.get(auth.VERIFY_EMAIL, Done, token)
    assert (await world.gateway.refused(auth.VERIFY_EMAIL, token)).kind is ErrorKind.GONE
    assert (await world.gateway.refused(auth.VERIFY_EMAIL, {"token": "a" * 43})).kind is ErrorKind.GONE


async def test_ending_a_session_is_told_to_every_gateway(world: AuthWorld, email: str, nats: NatsServer) -> None:
    heard: list[auth.SessionsRevoked] = []
    listening = await revocations_heard(nats, heard)
    account_id = await world.an_account(email)
    secret, _ = await world.log_in(email)
    session = await world.session_of(secret)
    answer = await world.gateway.ask(auth.LOGOUT, account_id=account_id, session_id=session.session_id)
    cookie = cookie_of(answer)
    assert cookie is not None
    assert (cookie.name, cookie.value) == (SESSION_COOKIE, None)
    assert (await world.gateway.refused(auth.AUTHENTICATE, {"secret": secret})).kind is ErrorKind.UNAUTHENTICATED
    await asyncio.sleep(0.1)
    assert [one.session_ids for one in heard if one.account_id == account_id] == [[session.session_id]]
    await listening.close()


async def test_logging_out_without_a_session_still_takes_the_cookie_away(world: AuthWorld) -> None:
    cookie = cookie_of(await world.gateway.ask(auth.LOGOUT))
    assert cookie is not None
    assert cookie.value is None


async def test_proving_again_makes_a_fresh_session(world: AuthWorld, email: str) -> None:
    account_id = await world.an_account(email)
    secret, _ = await world.log_in(email)
    before = await world.session_of(secret)
    caller: dict[str, Any] = {"account_id": account_id, "session_id": before.session_id}
    answer = await world.gateway.ask(auth.REAUTHENTICATE, {"password": PASSWORD}, **caller)
    cookie = cookie_of(answer)
    assert cookie is not None
    assert cookie.value is not None
    after = await world.session_of(cookie.value)
    assert after.session_id != before.session_id
    assert after.fresh_until == auth.StepUp.model_validate_json(answer.body).fresh_until > before.fresh_until


async def test_sessions_are_listed_and_revoked(world: AuthWorld, email: str) -> None:
    account_id = await world.an_account(email)
    first, second = [await world.session_of((await world.log_in(email))[0]) for _ in range(2)]
    caller: dict[str, Any] = {"account_id": account_id, "session_id": second.session_id}
    listed = await world.gateway.get(auth.SESSIONS, auth.Sessions, **caller)
    assert {one.id for one in listed.sessions if one.current} == {second.session_id}
    assert first.session_id in {one.id for one in listed.sessions}
    await world.gateway.get(auth.REVOKE_SESSION, Done, {"id": first.session_id}, **caller)
    assert (await world.gateway.refused(auth.REVOKE_SESSION, {"id": first.session_id}, **caller)).kind is (
        ErrorKind.NOT_FOUND
    )
    await world.gateway.get(auth.REVOKE_SESSIONS, Done, **caller)
    listed = await world.gateway.get(auth.SESSIONS, auth.Sessions, **caller)
    assert [one.id for one in listed.sessions] == [second.session_id]


async def test_a_forgotten_password_is_set_anew_by_mail(world: AuthWorld, email: str) -> None:
    await world.an_account(email)
    secret, _ = await world.log_in(email)
    await world.gateway.get(auth.FORGOT_PASSWORD, Done, {"email": email}, language="nb")
    token = await world.mailed_secret(email, 2)
    await world.gateway.get(auth.RESET_PASSWORD, Done, {"token": token, "password": NEW})
    assert (await world.gateway.refused(auth.AUTHENTICATE, {"secret": secret})).kind is ErrorKind.UNAUTHENTICATED
    assert (await world.gateway.refused(auth.LOGIN, {"email": email, "password": PASSWORD})).kind is (
        ErrorKind.UNAUTHENTICATED
    )
    assert (await world.log_in(email, NEW))[1].email == email
    again = await world.gateway.refused(auth.RESET_PASSWORD, {"token": token, "password": PASSWORD})
    assert again.kind is ErrorKind.GONE
    assert (await world.letters_to(email, 3))[-1]["subject"] == "Ditt lösenord hos Larabot har ändrats"


async def test_changing_the_password_hands_out_a_new_session(world: AuthWorld, email: str) -> None:
    account_id = await world.an_account(email)
    old, _ = await world.log_in(email)
    caller: dict[str, Any] = {"account_id": account_id, "session_id": (await world.session_of(old)).session_id}
    answer = await world.gateway.ask(auth.CHANGE_PASSWORD, {"current_password": PASSWORD, "password": NEW}, **caller)
    cookie = cookie_of(answer)
    assert cookie is not None
    assert cookie.value is not None
    assert (await world.session_of(cookie.value)).account_id == account_id
    assert (await world.gateway.refused(auth.AUTHENTICATE, {"secret": old})).kind is ErrorKind.UNAUTHENTICATED


async def test_ways_to_log_in_show_what_is_to_come(world: AuthWorld) -> None:
    listed = await world.gateway.get(auth.PROVIDERS, auth.Providers)
    assert {one.id: one.available for one in listed.providers} == {
        "password": True,
        "feide": False,
        "google": False,
        "microsoft": False,
    }


async def test_everything_outlives_a_crash(world: AuthWorld, email: str) -> None:
    account_id = await world.an_account(email)
    secret, _ = await world.log_in(email)
    await world.service.kill()
    await world.service.restart()
    assert (await world.session_of(secret)).account_id == account_id


async def test_a_session_is_over_when_its_time_is_over(world: AuthWorld, email: str) -> None:
    await world.an_account(email)
    secret, _ = await world.log_in(email)
    await world.service.restart(clock_offset_seconds=2 * 3600)
    refused = await world.gateway.refused(auth.AUTHENTICATE, {"secret": secret})
    await world.service.restart(clock_offset_seconds=0)
    assert refused.kind is ErrorKind.UNAUTHENTICATED


async def test_no_secret_can_be_read_in_what_is_stored_or_logged(world: AuthWorld, email: str) -> None:
    password, wrong, name = Canary(), Canary(), Canary()
    await world.register(email, f"{password} är ett lösenord", str(name))
    token = await world.mailed_secret(email)
    await world.gateway.get(auth.VERIFY_EMAIL, Done, {"token": token})
    secret, _ = await world.log_in(email, f"{password} är ett lösenord")
    await world.gateway.refused(auth.LOGIN, {"email": email, "password": f"{wrong} är fel lösenord"})
    await world.service.stop()
    stored, opened = world.service.stored_bytes(), world.service.opened_bytes()
    await world.service.restart()
    assert canaries_in(stored, [password, wrong, name]) == []
    assert email.encode() not in stored
    assert token.encode() not in stored
    assert secret.encode() not in stored
    assert name.is_in(opened)


async def locators_of(account_id: str, nats: NatsServer) -> auth.AccountLocators:
    async with BusClient("newsletter", nats) as newsletter:
        return await newsletter.get(auth.ACCOUNT_LOCATORS, auth.AccountLocators, {"account_id": account_id})


async def test_an_erased_account_leaves_nothing_and_its_owner_may_return(
    world: AuthWorld, email: str, nats: NatsServer
) -> None:
    name = Canary()
    account_id = await world.an_account(email, name=str(name))
    other = await world.an_account(f"berit.{email}")
    secret, _ = await world.log_in(email)
    async with ToyDsar(nats) as dsar:
        found = await locators_of(account_id, nats)
        assert found.verified_addresses == [email]
        assert found.values == {Locator.ACCOUNT_ID: [account_id], Locator.EMAIL: [email]}
        exported = await dsar.export("auth", found.values)
        assert exported["account"][0]["name"] == str(name)
        assert "password_hash" not in exported["credential"][0]
        assert "secret_hash" not in exported["session"][0]

        await dsar.bus.call(auth.BLOCK_ACCOUNT, auth.BlockAccount(account_id=account_id))
        assert (await locators_of(account_id, nats)).verified_addresses == [], "nothing is written to it any more"
        blocked = await world.gateway.refused(auth.LOGIN, {"email": email, "password": PASSWORD})
        assert (await world.gateway.refused(auth.AUTHENTICATE, {"secret": secret})).kind is ErrorKind.UNAUTHENTICATED

        receipt = await dsar.receipt(await dsar.erase(found.values), "auth")
        assert receipt["clean"] is True
        assert receipt["erased"]["account"] == receipt["erased"]["credential"] == 1
        erased = await world.gateway.refused(auth.LOGIN, {"email": email, "password": PASSWORD})
        assert (
            (blocked.kind, blocked.reason)
            == (erased.kind, erased.reason)
            == (
                ErrorKind.UNAUTHENTICATED,
                "login-failed",
            )
        )
        assert canaries_in(world.service.stored_bytes(), [name]) == []
    assert (await world.log_in(f"berit.{email}"))[1].account_id == other
    assert await world.an_account(email) != account_id
