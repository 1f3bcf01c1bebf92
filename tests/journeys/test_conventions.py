"""What clients rely on everywhere: repeated requests, limits, caching, security headers, readiness, documents."""

import asyncio
from typing import Any

import pytest

from tests.support.people import Person, a_teacher, run, somebody
from tests.support.platform import Platform
from tests.support.problems import problem

SUBSCRIPTIONS = "/api/newsletter/subscriptions"


async def subscribe(person: Person, key: str, email: str | None = None) -> Any:
    body = {"email": email or person.email, "consent": True}
    return await person.browser.post(SUBSCRIPTIONS, body, headers={"Idempotency-Key": key})


async def test_a_repeated_request_with_the_same_key_works_once(platform: Platform) -> None:
    async with somebody(platform) as anna, somebody(platform) as other:
        first = await subscribe(anna, str(anna.canary))
        again = await subscribe(anna, str(anna.canary))
        assert (first.status_code, again.status_code) == (202, 202)
        # A later letter to somebody else proves that the second one had its time.
        await subscribe(anna, str(other.canary), other.email)
        await platform.next_mail(other.email)
        assert len(platform.mail(anna.email)) == 1


async def test_the_same_key_with_another_body_is_a_conflict(platform: Platform) -> None:
    async with somebody(platform) as anna, somebody(platform) as other:
        await subscribe(anna, str(anna.canary))
        problem(await subscribe(anna, str(anna.canary), other.email), 409, "conflict")
        assert platform.mail(other.email) == []


async def test_two_sessions_may_use_the_same_key(platform: Platform) -> None:
    async with a_teacher(platform) as anna, a_teacher(platform) as berit:
        for person in (anna, berit):
            assert (await subscribe(person, "the-same-key-of-two-people")).status_code == 202
            await platform.next_mail(person.email, after=1)


async def test_a_repeated_case_is_the_same_and_answers_without_its_secret(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        headers = {"Idempotency-Key": str(anna.canary)}
        body = {"right": "access"}
        first, again = [await anna.browser.post("/api/privacy/requests", body, headers=headers) for _ in range(2)]
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["case_secret"] not in again.text
        assert (again.json()["id"], again.json()["due_at"]) == (first.json()["id"], first.json()["due_at"])
        assert len((await anna.browser.get("/api/privacy/requests")).json()["requests"]) == 1


async def test_beyond_the_limit_an_account_is_told_when_to_come_back(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        for _ in range(8):
            answers = await asyncio.gather(*(anna.browser.post("/api/text/simplify", run("Hej")) for _ in range(40)))
            refused = [answer for answer in answers if answer.status_code == 429]
            assert {answer.status_code for answer in answers} <= {403, 429}
            if refused:
                break
        told = problem(refused[0], 429, "rate-limited")
        assert told["retry_after_seconds"] >= 1
        assert int(refused[0].headers["retry-after"]) >= 1
        assert "r=0" in refused[0].headers["ratelimit"]
        assert "q=240;w=60" in refused[0].headers["ratelimit-policy"].replace(" ", "")
        assert (await anna.browser.get("/api/me")).status_code == 200


async def test_the_limit_of_one_is_not_the_limit_of_another(platform: Platform) -> None:
    async with a_teacher(platform) as anna, a_teacher(platform) as berit:
        for _ in range(7):
            await asyncio.gather(*(anna.browser.post("/api/text/simplify", run("Hej")) for _ in range(40)))
        problem(await anna.browser.post("/api/text/simplify", run("Hej")), 429, "rate-limited")
        problem(await berit.browser.post("/api/text/simplify", run("Hej")), 403, "consent-required")


@pytest.mark.parametrize("path", ["/api/me", "/api/consent", "/api/consent/receipts", "/api/auth/sessions"])
async def test_what_is_personal_is_not_cached(platform: Platform, path: str) -> None:
    async with a_teacher(platform) as anna:
        answer = await anna.browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", ["gone", "consent-required"])
async def test_a_problem_is_explained_in_three_languages_without_script_too(platform: Platform, kind: str) -> None:
    async with somebody(platform) as anna:
        page = await anna.browser.get(f"/problems/{kind}")
        assert page.status_code == 200
        assert all(f'<section lang="{language}"><h1>' in page.text for language in ("sv", "nb", "en"))
        assert (await anna.browser.get("/problems/of-no-kind")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/policy", "/api/me", "/no/such/page", "/problems/gone", "/verify-email"])
async def test_every_answer_carries_the_security_headers_and_no_cookie(platform: Platform, path: str) -> None:
    async with somebody(platform) as visitor:
        answer = await visitor.browser.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers
    assert "set-cookie" not in answer.headers


async def test_html_does_not_depend_on_the_session(platform: Platform) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as visitor:
        pages = [(await person.browser.get("/")).content for person in (anna, visitor)]
    assert pages[0] == pages[1]


async def test_the_platform_says_that_it_lives_and_is_ready(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        assert (await visitor.browser.get("/healthz")).status_code == 200
        ready = await visitor.browser.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["failing"] == {}


async def test_the_api_describes_itself(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        document = (await visitor.browser.get("/api/openapi.json")).json()
        page = await visitor.browser.get("/api/docs")
    assert document["openapi"].startswith("3.1")
    for path in ("/api/me", "/api/text/{tool}", "/api/privacy/requests/{id}/certificate", "/api/speech/token"):
        assert path in document["paths"]
        assert path in page.text


async def test_others_find_what_they_look_for(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        security = await visitor.browser.get("/.well-known/security.txt")
        privacy = await visitor.browser.get("/.well-known/gpc.json")
        password = await visitor.browser.get("/.well-known/change-password")
    assert "Contact:" in security.text
    assert privacy.json()["gpc"] is True
    assert password.status_code in {302, 303, 307}


async def test_secrets_of_links_stand_in_no_path_that_the_platform_logs(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        await visitor.browser.get(f"/verify-email?token={visitor.canary}")
        await visitor.browser.get(f"/{visitor.canary}")
        await visitor.browser.request("POST", f"/newsletter/unsubscribe/{visitor.canary}", content=b"")
    assert str(visitor.canary) not in platform.log.read_text(errors="replace")
