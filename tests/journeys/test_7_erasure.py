"""Step 7: erase everything, keep a certificate that anybody can check, and be gone."""

import json
from pathlib import Path

from contracts.holder import OWN_HOLDERS, RECIPIENT_HOLDERS
from tests.support.people import a_teacher, secret_of, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.rights import CaseFollowed, log_key, verified


async def test_a_person_erases_everything_and_keeps_a_certificate(platform: Platform, tmp_path: Path) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        closed = await case.until("closed")
        certificate = await case.certificate(tmp_path)
    assert [entry["holder"] for entry in closed["holders"]] == list(OWN_HOLDERS)
    assert [entry["recipient"] for entry in closed["recipients"]] == list(RECIPIENT_HOLDERS)
    assert {entry["state"] for entry in (*closed["holders"], *closed["recipients"])} == {"done"}
    checked = verified(certificate, "--trust", log_key(platform))
    assert checked.returncode == 0, checked.stderr
    assert all(holder in checked.stdout for holder in OWN_HOLDERS)


async def test_a_changed_certificate_is_rejected(platform: Platform, tmp_path: Path) -> None:
    async with a_teacher(platform) as anna:
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("waiting_for_recipients", "closed")
        certificate = await case.certificate(tmp_path)
    forged = json.loads(certificate.read_bytes())
    forged["holders"][0]["entry"]["receipt"]["body"]["clean"] = True
    forged["controller"]["name"] = "Somebody Else AS"
    certificate.write_text(json.dumps(forged))
    checked = verified(certificate)
    assert checked.returncode == 1
    assert "NOT" in checked.stderr


async def test_writing_the_certificate_down_in_another_way_changes_nothing(platform: Platform, tmp_path: Path) -> None:
    async with a_teacher(platform) as anna:
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("waiting_for_recipients", "closed")
        certificate = await case.certificate(tmp_path)
    certificate.write_text(json.dumps(json.loads(certificate.read_bytes()), indent=4, sort_keys=False))
    assert verified(certificate).returncode == 0


async def test_the_login_works_no_longer_and_open_sessions_end(platform: Platform) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as phone:
        credentials = {"email": anna.email, "password": anna.password}
        assert (await phone.browser.post("/api/auth/login", credentials)).status_code == 200
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("waiting_for_recipients", "closed")
        problem(await phone.browser.get("/api/me"), 401, "unauthenticated")
        problem(await anna.browser.get("/api/me"), 401, "unauthenticated")
        problem(await phone.browser.post("/api/auth/login", credentials), 401, "unauthenticated")


async def test_who_returns_is_neither_blocked_nor_known_again(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        earlier = (await anna.me())["account_id"]
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("closed")
        anna.browser.cookies.clear()
        await anna.asks()
        mail = await platform.next_mail(anna.email, page="/verify-email", after=1)
        confirmed = await anna.browser.post("/api/auth/verify-email", {"token": secret_of(mail)})
        assert confirmed.status_code == 200, confirmed.text
        await anna.logs_in()
        assert (await anna.me())["account_id"] != earlier
        assert (await anna.browser.get("/api/privacy/requests")).json()["requests"] == []


async def test_the_mails_tell_of_intake_and_end_with_the_link_to_the_case_first(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        opened = await anna.invokes("erasure")
        intake = await platform.next_mail(anna.email, after=1)
        await CaseFollowed(anna, opened).until("closed")
        final = await platform.next_mail(anna.email, after=2)
    assert intake["links"][0].startswith(f"{platform.url}/privacy/requests/{opened['id']}#")
    assert secret_of(intake) == secret_of(final) == opened["case_secret"]
    assert final["subject"] != intake["subject"]


async def test_an_erasure_needs_a_fresh_login(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        answer = await visitor.browser.post("/api/privacy/requests", {"right": "erasure"})
        problem(answer, 401, "unauthenticated")


async def test_asking_twice_opens_one_erasure(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        first = await anna.invokes("erasure")
        second = await anna.browser.post("/api/privacy/requests", {"right": "erasure"})
        assert second.status_code in {202, 401, 409}, second.text
        await CaseFollowed(anna, first).until("closed")


async def test_the_certificate_is_readable_as_a_page_that_states_its_limits(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("closed")
        page = await case.readable_certificate()
    assert "<script" not in page.lower()
    names = json.loads(Path("policies/translations/holders.json").read_text())
    assert [holder for holder in OWN_HOLDERS if names[holder]["sv"] not in page] == []
    assert "kontakt@larabot.se" in page


async def test_the_certificate_is_checked_against_the_key_that_the_platform_publishes(
    platform: Platform, tmp_path: Path
) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as anybody:
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("closed")
        answer = await anybody.browser.get("/api/privacy/log/keys")
        assert answer.headers["cache-control"] == "public, max-age=60"
        published = answer.json()["log_key"]
        assert published == log_key(platform)
        certificate = await case.certificate(tmp_path)
    assert verified(certificate, "--trust", published).returncode == 0
    assert verified(certificate, "--trust", "0" * 64).returncode == 1


async def test_an_erasure_takes_the_number_from_the_browser(platform: Platform) -> None:
    async with a_teacher(platform, "analytics") as anna:
        assert "__Host-visitor" in anna.browser.cookies
        await anna.invokes("access")
        assert "__Host-visitor" in anna.browser.cookies
        await anna.invokes("erasure")
        assert "__Host-visitor" not in anna.browser.cookies


async def test_the_certificate_is_for_its_owner_only(platform: Platform) -> None:
    async with a_teacher(platform) as anna, a_teacher(platform) as mallory:
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("waiting_for_recipients", "closed")
        path = f"/api/privacy/requests/{case.id}/certificate"
        problem(await mallory.browser.get(path), 404, "not-found")
        wrong = await mallory.browser.get(path, headers={"X-Case-Secret": "A" * 43})
        problem(wrong, 404, "not-found")
