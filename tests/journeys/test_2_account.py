"""Step 2: register with e-mail and password, confirm the address, log in, see who one is."""

import asyncio
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.support.people import a_teacher, secret_of, somebody
from tests.support.platform import Platform
from tests.support.problems import problem


async def test_a_person_registers_confirms_and_logs_in(platform: Platform) -> None:
    async with somebody(platform) as anna:
        await anna.registers()
        await anna.logs_in()
        me = await anna.me()
    assert me["email"] == anna.email
    assert me["name"] == anna.name
    assert len(me["account_id"]) >= 16
    assert me["tier"]
    assert me["role"]
    assert {"text_tools", "voice_tools"} <= set(me["entitlements"])


async def test_the_mailed_link_leads_to_our_page_with_its_secret_in_the_fragment(platform: Platform) -> None:
    async with somebody(platform) as anna:
        await anna.asks()
        mail = await platform.next_mail(anna.email)
    link = urlsplit(mail["links"][0])
    assert f"{link.scheme}://{link.netloc}" == platform.url
    assert link.path == "/verify-email"
    assert link.query == ""
    assert link.fragment.startswith("token=")
    assert len(secret_of(mail)) >= 43


@pytest.mark.parametrize(("language", "word"), [("sv", "adress"), ("nb", "adresse"), ("en", "address")])
async def test_the_mail_speaks_the_language_of_the_browser(platform: Platform, language: str, word: str) -> None:
    async with somebody(platform, **{"Accept-Language": language}) as anna:
        await anna.asks()
        mail = await platform.next_mail(anna.email)
    assert word in mail["text"].lower()


async def test_opening_the_mailed_link_confirms_nothing(platform: Platform) -> None:
    async with somebody(platform) as anna:
        await anna.asks()
        mail = await platform.next_mail(anna.email)
        assert (await anna.browser.get(urlsplit(mail["links"][0]).path)).status_code == 200
        credentials = {"email": anna.email, "password": anna.password}
        problem(await anna.browser.post("/api/auth/login", credentials), 401, "unauthenticated")


async def test_a_link_works_once(platform: Platform) -> None:
    async with somebody(platform) as anna:
        await anna.registers()
        token = secret_of(platform.mail(anna.email)[0])
        problem(await anna.browser.post("/api/auth/verify-email", {"token": token}), 410, "gone")


async def test_registering_a_known_address_answers_alike_and_tells_only_its_owner(platform: Platform) -> None:
    async with somebody(platform) as anna, somebody(platform) as stranger:
        first = await anna.browser.post(
            "/api/auth/register", {"email": anna.email, "password": anna.password, "name": anna.name}
        )
        mail = await platform.next_mail(anna.email)
        await anna.browser.post("/api/auth/verify-email", {"token": secret_of(mail)})
        again = await stranger.browser.post(
            "/api/auth/register", {"email": anna.email, "password": stranger.password, "name": stranger.name}
        )
        assert (again.status_code, again.content) == (first.status_code, first.content) == (202, b"")
        told = await platform.next_mail(anna.email, after=1)
        assert "verify-email" not in told["text"]
        credentials = {"email": anna.email, "password": stranger.password}
        problem(await stranger.browser.post("/api/auth/login", credentials), 401, "unauthenticated")


async def test_wrong_password_and_unknown_address_are_refused_with_the_same_words(platform: Platform) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as stranger:
        refusals = []
        for credentials in (
            {"email": anna.email, "password": stranger.password},
            {"email": stranger.email, "password": stranger.password},
        ):
            answer = await stranger.browser.post("/api/auth/login", credentials)
            told = problem(answer, 401, "unauthenticated")
            refusals.append({name: value for name, value in told.items() if name != "instance"})
    assert refusals[0] == refusals[1]


@pytest.mark.parametrize("case", ["too short", "too long", "like the address", "like the name", "a common phrase"])
async def test_a_weak_password_is_refused_by_field_and_code(platform: Platform, case: str) -> None:
    async with somebody(platform) as anna:
        password = {
            "too short": "fjorton tecken"[:14],
            "too long": "x7" * 65,
            "like the address": anna.email,
            "like the name": anna.name,
            "a common phrase": "passwordpassword",
        }[case]
        body = {"email": anna.email, "password": password, "name": anna.name}
        told = problem(await anna.browser.post("/api/auth/register", body), 422, "invalid")
    assert told["errors"][0]["field"] == "password"
    assert password not in str(told)


async def test_the_session_is_a_strict_cookie_of_at_least_sixteen_random_characters(platform: Platform) -> None:
    async with somebody(platform) as anna:
        await anna.registers()
        answer = await anna.browser.post("/api/auth/login", {"email": anna.email, "password": anna.password})
    name, _, rest = answer.headers["set-cookie"].partition("=")
    value, *attributes = (part.strip() for part in rest.split(";"))
    assert name == "__Host-session"
    assert len(value) >= 16
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= {attribute.lower() for attribute in attributes}
    assert answer.headers["cache-control"] == "no-store"


async def test_logging_out_ends_the_session_on_the_server(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        kept = dict(anna.browser.cookies)
        answer = await anna.browser.post("/api/auth/logout")
        assert answer.status_code == 204
        assert "__Host-session" not in anna.browser.cookies
        anna.browser.cookies.update(kept)
        problem(await anna.browser.get("/api/me"), 401, "unauthenticated")


async def test_a_forgotten_password_is_set_anew_and_ends_every_session(platform: Platform) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as helper:
        answer = await helper.browser.post("/api/auth/password/forgot", {"email": anna.email})
        assert answer.status_code == 202
        mail = await platform.next_mail(anna.email, page="/password/reset")
        body = {"token": secret_of(mail), "password": helper.password}
        assert (await helper.browser.post("/api/auth/password/reset", body)).status_code == 200
        problem(await anna.browser.get("/api/me"), 401, "unauthenticated")
        old = {"email": anna.email, "password": anna.password}
        problem(await anna.browser.post("/api/auth/login", old), 401, "unauthenticated")
        new = {"email": anna.email, "password": helper.password}
        assert (await anna.browser.post("/api/auth/login", new)).status_code == 200
        problem(await helper.browser.post("/api/auth/password/reset", body), 410, "gone")


async def test_sessions_are_listed_and_revoked_one_by_one(platform: Platform) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as phone:
        credentials = {"email": anna.email, "password": anna.password}
        assert (await phone.browser.post("/api/auth/login", credentials)).status_code == 200
        listed = (await anna.browser.get("/api/auth/sessions")).json()["sessions"]
        other = next(session for session in listed if not session["current"])
        assert len(listed) == 2
        assert (await anna.browser.delete(f"/api/auth/sessions/{other['id']}")).status_code == 204
        problem(await phone.browser.get("/api/me"), 401, "unauthenticated")
        assert (await anna.browser.get("/api/me")).status_code == 200


async def test_nobody_revokes_the_session_of_somebody_else(platform: Platform) -> None:
    async with a_teacher(platform) as anna, a_teacher(platform) as mallory:
        session = (await anna.browser.get("/api/auth/sessions")).json()["sessions"][0]["id"]
        answer = await mallory.browser.delete(f"/api/auth/sessions/{session}")
        assert answer.status_code in {204, 404}
        assert (await anna.browser.get("/api/me")).status_code == 200


async def test_a_class_registers_and_another_logs_in_at_the_same_moment_from_one_address(platform: Platform) -> None:
    """Sixty of each, as http clients behind one school address: all are served, however many wait for a hash."""
    async with a_teacher(platform) as anna:
        credentials = {"email": anna.email, "password": anna.password}
        new = [{**credentials, "email": f"elev{n}.{anna.canary}@skola.example", "name": "Elev"} for n in range(60)]
        registering = [anna.browser.post("/api/auth/register", one) for one in new]
        logging_in = [anna.browser.post("/api/auth/login", credentials) for _ in range(60)]
        answers = await asyncio.gather(*registering, *logging_in)
    assert Counter(answer.status_code for answer in answers) == {202: 60, 200: 60}
