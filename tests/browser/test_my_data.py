"""The privacy centre in the browser: what is held, consents, requests, and erasing everything."""

import zipfile
from pathlib import Path

from playwright.async_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE, Visitor
from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed, log_key, verified


async def test_a_person_sees_what_is_held_about_them(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await anna.goes_to("/privacy")
        await anna.answers_cookies()
        await anna.presses("Visa mina uppgifter")
        accounts = anna.page.locator("details", has_text="Konton och inloggning")
        await accounts.locator("summary").click()
        await expect(accounts).to_contain_text(person.email)
        await expect(accounts).to_contain_text(person.name)
        await expect(accounts).to_contain_text("avtal")


async def test_consents_are_given_and_withdrawn_with_one_press(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform) as person, signed_in(person) as anna:
        await anna.goes_to("/privacy")
        await anna.answers_cookies()
        await anna.page.get_by_role("button", name="Samtyck: Röstverktyg").click()
        await anna.reads("Sparat: ja.")
        assert (await person.browser.get("/api/consent")).json()["purposes"]["voice_tools"] is True
        await anna.page.get_by_role("button", name="Återkalla: Röstverktyg").click()
        await anna.reads("Sparat: nej. Det gäller redan.")
        assert (await person.browser.get("/api/consent")).json()["purposes"]["voice_tools"] is False


async def test_a_copy_of_everything_is_asked_for_and_downloaded(
    signed_in: Visit, platform: Platform, tmp_path: Path
) -> None:
    async with a_teacher(platform) as person, signed_in(person, accept_downloads=True) as anna:
        await anna.goes_to("/privacy")
        await anna.answers_cookies()
        await anna.presses("Skicka begäran")
        await anna.reads("Begäran är mottagen")
        await anna.page.get_by_role("link", name="Följ ärendet").click()
        await anna.reads("Ditt paket")
        async with anna.page.expect_download() as saved:
            await anna.presses("Ladda ner paketet")
        await (await saved.value).save_as(tmp_path / "package.zip")
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        everything = b"".join(package.read(name) for name in package.namelist())
    assert person.email.encode() in everything


async def test_nothing_is_erased_without_understanding_and_the_right_password(
    signed_in: Visit, platform: Platform
) -> None:
    async with a_teacher(platform) as person, signed_in(person) as anna:
        await anna.goes_to("/privacy")
        await anna.answers_cookies()
        await anna.page.get_by_role("link", name="Till raderingen").click()
        await anna.reads("Det går inte att ångra")
        await anna.presses("Radera allt om mig")
        await anna.reads("Kryssa i rutan.")
        await anna.reads("Fyll i det här fältet.")
        await anna.page.get_by_label("Jag vill radera allt").check()
        await anna.fills(password="helt fel lösenord")
        await anna.presses("Radera allt om mig")
        await anna.reads("Lösenordet stämmer inte. Ingenting har raderats.")
        assert anna.called("POST", "/api/privacy/requests") == 0


async def erases_everything(anna: Visitor, person: Person) -> None:
    await anna.goes_to("/privacy/erase")
    await anna.answers_cookies()
    await anna.page.get_by_label("Jag vill radera allt").check()
    await anna.fills(password=person.password)
    await anna.presses("Radera allt om mig")
    await expect(anna.page.get_by_role("img", name="8 av 8 ställen klara")).to_be_visible(timeout=20_000)


async def test_after_an_erasure_no_consent_is_said_to_be_in_force(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform) as person, signed_in(person) as anna:
        await anna.goes_to("/privacy/erase")
        await anna.answers_cookies("Godkänn")
        await anna.reads("Du har godkänt cookies.")
        await anna.page.get_by_label("Jag vill radera allt").check()
        await anna.fills(password=person.password)
        await anna.presses("Radera allt om mig")
        await expect(anna.page.get_by_role("img", name="8 av 8 ställen klara")).to_be_visible(timeout=20_000)
        await expect(anna.page.get_by_text("Du har godkänt cookies.")).to_have_count(0)
        await expect(anna.banner).to_have_count(0)
        assert "__Host-visitor" not in (await anna.stored())["cookies"]


async def test_proving_who_one_is_begins_in_the_password_field_and_can_be_left(
    signed_in: Visit, platform: Platform
) -> None:
    refusal = {"type": "/problems/step-up-required", "title": "", "status": 403, "ways": ["password"]}
    async with a_teacher(platform) as person, signed_in(person) as anna:
        await anna.goes_to("/privacy")
        await anna.answers_cookies()
        await anna.page.route(
            "**/api/privacy/requests",
            lambda route: (
                route.fulfill(status=403, json=refusal) if route.request.method == "POST" else route.continue_()
            ),
        )
        await anna.presses("Skicka begäran")
        await expect(anna.page.locator(".step-up [name=password]")).to_be_focused()
        await anna.presses("Avbryt")
        await expect(anna.page.get_by_role("button", name="Skicka begäran")).to_be_focused()


async def test_everything_is_erased_and_the_certificate_verifies(
    signed_in: Visit, platform: Platform, tmp_path: Path
) -> None:
    certificate = tmp_path / "certificate.json"
    async with (
        a_teacher(platform, "text_tools") as person,
        signed_in(person, accept_downloads=True) as anna,
    ):
        await erases_everything(anna, person)
        await expect(anna.page.get_by_role("link", name="Logga in")).to_be_visible()
        command = await anna.page.locator("code.command").text_content()
        assert command
        assert command.endswith(f".json --trust {log_key(platform)}")
        async with anna.page.expect_download() as saved:
            await anna.presses("Ladda ner intyget")
        await (await saved.value).save_as(certificate)
        async with anna.page.expect_download() as readable:
            await anna.presses("Läsbar sida")
        await (await readable.value).save_as(tmp_path / "certificate.html")
    checked = verified(certificate, "--trust", log_key(platform))
    assert checked.returncode == 0, checked.stderr
    assert b"<html" in (tmp_path / "certificate.html").read_bytes()


async def test_the_case_is_followed_from_another_browser_by_its_secret_alone(
    visitor: Visit, signed_in: Visit, platform: Platform
) -> None:
    async with a_teacher(platform) as person, signed_in(person) as anna:
        await erases_everything(anna, person)
        address = anna.page.url.removeprefix(anna.origin)
    async with visitor(size=PHONE) as stranger:
        await stranger.goes_to(address)
        await expect(stranger.page.get_by_role("heading", name="Allt är raderat")).to_be_visible(timeout=20_000)
        await stranger.goes_to("/")
        for lost in (address.split("#")[0], "/privacy/requests/abcdef"):
            await stranger.goes_to(lost)
            await stranger.reads("Det här ärendet går inte att visa")
            await stranger.page.get_by_role("link", name="Tillbaka till Din integritet").click()
            await stranger.reads("Har du inget konto?")


async def test_places_tick_off_one_by_one_and_are_told(visitor: Visit) -> None:
    holders = ["gateway", "auth", "textproxy"]
    case = {
        "id": "A" * 22, "right": "erasure", "state": "executing", "recipients": [],
        "received_at": "2026-11-22T09:14:06Z", "due_at": "2026-12-22T22:59:59Z",
    }  # fmt: skip
    looks = iter(range(10))

    async def answer(route: Route) -> None:
        done = min(next(looks), 3)
        at = "2026-11-22T09:14:07Z"
        progress = [
            {"holder": holder, "state": "done" if n < done else "waiting", "at": at if n < done else None}
            for n, holder in enumerate(holders)
        ]
        state = "closed" if done == 3 else "executing"
        await route.fulfill(json={**case, "state": state, "holders": progress})

    async with visitor() as anna:
        await anna.page.route("**/api/privacy/requests/*", answer)
        await anna.goes_to(f"/privacy/requests/{case['id']}#token=abcdefghijklmnopqrstuvwxyz")
        for number in (1, 2, 3):
            await expect(anna.page.get_by_role("img", name=f"{number} av 3 ställen klara")).to_be_visible()
        await expect(anna.page.locator("[aria-live=polite]").last).to_contain_text("3 av 3. Allt är raderat.")
        secrets = {
            await one.header_value("x-case-secret")
            for one in anna.requests
            if "/privacy/requests/" in one.url and "/api/" in one.url
        }
        assert secrets == {"abcdefghijklmnopqrstuvwxyz"}
        assert not any("abcdefghijklmnopqrstuvwxyz" in one.url for one in anna.requests)


async def test_receipts_that_come_in_one_heap_are_ticked_in_apart_and_the_words_wait_for_them(visitor: Visit) -> None:
    at = "2026-11-22T09:14:07Z"
    case = {
        "id": "A" * 22, "right": "erasure", "state": "waiting_for_recipients",
        "received_at": "2026-11-22T09:14:06Z", "due_at": "2026-12-22T22:59:59Z",
        "holders": [{"holder": holder, "state": "done", "at": at} for holder in ("gateway", "auth", "dsar")],
        "recipients": [{"recipient": "brevo", "state": "done", "at": at}],
    }  # fmt: skip
    async with visitor() as anna:
        await anna.page.route("**/api/privacy/requests/*", lambda route: route.fulfill(json=case))
        await anna.page.emulate_media(reduced_motion="no-preference")
        await anna.page.add_init_script(
            """addEventListener('DOMContentLoaded', () => {
                window.seen = [];
                new MutationObserver(() => {
                    const ring = document.querySelector('.ring'), title = document.querySelector('.case-head h2');
                    const now = ring && `${ring.getAttribute('aria-label')}: ${title.textContent}`;
                    if (now && now !== seen.at(-1)) seen.push(now);
                }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
            })"""
        )
        await anna.goes_to(f"/privacy/requests/{case['id']}#token=abcdefghijklmnopqrstuvwxyz")
        await anna.reads("Alla har bekräftat.")
        await expect(anna.page.get_by_role("heading", name="Allt är raderat")).to_be_visible()
        assert await anna.page.evaluate("seen") == [
            "0 av 3 ställen klara: Vi raderar",
            "1 av 3 ställen klara: Vi raderar",
            "2 av 3 ställen klara: Vi raderar",
            "3 av 3 ställen klara: Allt är raderat",
        ]
        await expect(anna.page.get_by_text("Nu väntar vi på besked")).to_have_count(0)


async def test_a_package_seen_from_the_letter_says_that_it_needs_signing_in(visitor: Visit, platform: Platform) -> None:
    async with a_teacher(platform) as person, visitor() as anna:
        opened = await person.invokes("access")
        await CaseFollowed(person, opened).until("closed")
        mail = await platform.next_mail(person.email, page="/privacy/requests/")
        await anna.goes_to("/")
        await anna.answers_cookies()
        await anna.goes_to(mail["links"][0].removeprefix(platform.url))
        await anna.reads("Det går att hämta till")
        await anna.reads("Paketet lämnas bara ut till den som är inloggad på kontot.")
        await expect(anna.page.get_by_role("button", name="Ladda ner paketet")).to_have_count(0)
        await expect(anna.page.get_by_text("Senast klart")).to_have_count(0)
        await anna.page.get_by_role("link", name="Logga in för att hämta det").click()
        await anna.fills(email=person.email, password=person.password)
        await anna.page.get_by_role("main").get_by_role("button", name="Logga in").click()
        await expect(anna.page.get_by_role("button", name="Ladda ner paketet")).to_be_visible()


async def test_someone_without_an_account_asks_by_address_and_learns_nothing(
    visitor: Visit, platform: Platform
) -> None:
    async with somebody(platform) as person, visitor() as anna:
        await anna.goes_to("/privacy")
        await anna.answers_cookies()
        rights = anna.page.locator("#rights").get_by_role("link")
        assert [await one.get_attribute("href") for one in await rights.all()] == [
            "mailto:kontakt@larabot.se",
            "https://www.imy.se/",
            "https://www.datatilsynet.no/",
        ]
        await anna.fills(email=person.email)
        await anna.reads("Det är samma brev till alla, vare sig vi har något eller inte")
        await anna.presses("Skicka brevet")
        await anna.reads("Det säger inte om vi har något om dig")
        mail = await platform.next_mail(person.email)
        assert "oavsett om vi har några" in " ".join(mail["text"].split())
