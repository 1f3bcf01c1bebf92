"""An account in the browser: made, confirmed, used, guarded."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.support.people import Person, secret_of, somebody
from tests.support.platform import Platform


async def link_in(platform: Platform, person: Person, page: str = "") -> str:
    """The path that the next mail's action link leads to."""
    mail = await platform.next_mail(person.email, page=page)
    link: str = mail["links"][0]
    return link.removeprefix(platform.url)


async def test_register_confirm_by_the_mailed_link_and_sign_in(visitor: Visit, platform: Platform) -> None:
    async with somebody(platform) as person, visitor() as anna:
        await anna.goes_to("/register")
        await anna.answers_cookies()
        await anna.fills(name=person.name, email=person.email, password=person.password)
        await anna.presses("Skapa konto")
        await anna.reads("Titta i din e-post")

        await anna.goes_to(await link_in(platform, person))
        assert anna.called("POST", "/api/auth/verify-email") == 0, "a mailed link acts on load"
        await anna.presses("Bekräfta adressen")
        await anna.reads("Adressen är bekräftad")
        assert "token" not in anna.page.url

        await anna.page.get_by_role("main").get_by_role("link", name="Logga in").click()
        await anna.fills(email=person.email, password=person.password)
        await anna.page.get_by_role("main").get_by_role("button", name="Logga in").click()
        await expect(anna.page).to_have_url(f"{anna.origin}/tools")
        await expect(anna.page.get_by_role("link", name=person.name)).to_be_visible()

        await anna.presses("Logga ut")
        await expect(anna.page.get_by_role("link", name="Logga in")).to_be_visible()


async def test_what_is_missing_is_said_beside_its_field_and_focused(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/register")
        await anna.answers_cookies()
        await anna.fills(name="Anna", email="anna", password="kort")
        await anna.presses("Skapa konto")
        email = anna.page.locator("[name=email]")
        await expect(email).to_be_focused()
        await expect(email).to_have_attribute("aria-invalid", "true")
        await anna.reads("Skriv en hel e-postadress")
        await anna.reads("Lösenordet har 4 tecken. Det behöver minst 15.")
        assert anna.called("POST", "/api/auth/register") == 0


async def test_a_password_that_everybody_knows_is_refused_in_the_readers_language(
    visitor: Visit, platform: Platform
) -> None:
    async with somebody(platform) as person, visitor(language="nb") as anna:
        await anna.goes_to("/register")
        await anna.answers_cookies("Avslå")
        await anna.fills(name=person.name, email=person.email, password=person.email)
        await anna.presses("Opprett konto")
        await anna.reads("Passordet kan ikke være navnet ditt eller adressen din.")


async def test_a_wrong_password_is_said_beside_the_field(visitor: Visit, platform: Platform) -> None:
    async with somebody(platform) as person, visitor() as anna:
        await person.registers()
        await anna.goes_to("/login")
        await anna.answers_cookies()
        await anna.fills(email=person.email, password="helt fel lösenord")
        await anna.page.get_by_role("main").get_by_role("button", name="Logga in").click()
        await anna.reads("Adressen och lösenordet hör inte ihop")
        await expect(anna.page.locator("[name=password]")).to_be_focused()


async def test_after_signing_in_one_comes_back_to_this_site_only(visitor: Visit, platform: Platform) -> None:
    async with somebody(platform) as person, visitor() as anna:
        await person.registers()
        await anna.goes_to("/login?next=//evil.example/")
        await anna.answers_cookies()
        await anna.fills(email=person.email, password=person.password)
        await anna.page.get_by_role("main").get_by_role("button", name="Logga in").click()
        await expect(anna.page).to_have_url(f"{anna.origin}/tools")


async def test_sessions_are_listed_and_others_can_be_ended(
    visitor: Visit, signed_in: Visit, platform: Platform
) -> None:
    async with somebody(platform) as person, somebody(platform) as elsewhere:
        await (await person.registers()).logs_in()
        credentials = {"email": person.email, "password": person.password}
        assert (await elsewhere.browser.post("/api/auth/login", credentials)).status_code == 200
        async with signed_in(person) as anna:
            await anna.goes_to("/account/security")
            await anna.answers_cookies()
            sessions = anna.page.locator("section", has_text="Här är du inloggad").locator("li")
            await expect(sessions).to_have_count(2)
            await anna.presses("Avsluta alla andra")
            await expect(sessions).to_have_count(1)
        assert (await elsewhere.browser.get("/api/me")).status_code == 401
        assert (await person.browser.get("/api/me")).status_code == 200


async def test_a_forgotten_password_is_replaced_by_the_mailed_link(visitor: Visit, platform: Platform) -> None:
    async with somebody(platform) as person, visitor() as anna:
        await person.registers()
        await anna.goes_to("/password/forgot")
        await anna.answers_cookies()
        await anna.fills(email=person.email)
        await anna.presses("Skicka länk")
        await anna.reads("Om adressen hör till ett konto har vi skickat en länk.")

        await anna.goes_to(await link_in(platform, person, "/password/reset"))
        await anna.fills(password=f"{person.password} igen")
        await anna.presses("Spara lösenordet")
        await anna.reads("Lösenordet är bytt")
        credentials = {"email": person.email, "password": f"{person.password} igen"}
        assert (await person.browser.post("/api/auth/login", credentials)).status_code == 200


async def test_the_newsletter_begins_and_ends_with_a_press_and_never_on_load(
    visitor: Visit, platform: Platform
) -> None:
    async with somebody(platform) as person, visitor(language="nb") as anna:
        await anna.goes_to("/newsletter")
        await anna.answers_cookies("Avslå")
        await anna.fills(email=person.email)
        await anna.presses("Send meg en bekreftelse")
        await anna.reads("Kryss av i ruten.")
        assert anna.called("POST", "/api/newsletter/subscriptions") == 0
        await anna.page.get_by_label("Ja, jeg samtykker til å få nyhetsbrevet").check()
        await anna.presses("Send meg en bekreftelse")
        await anna.reads("Abonnementet begynner først når du har bekreftet")

        await anna.goes_to(await link_in(platform, person))
        assert anna.called("POST", "/api/newsletter/subscriptions/confirm") == 0
        await anna.presses("Ja, begynn abonnementet")
        await anna.reads("Velkommen!")


async def test_a_link_without_its_secret_says_so(visitor: Visit) -> None:
    async with visitor() as anna:
        for path in ("/verify-email", "/password/reset", "/newsletter/confirm", "/newsletter/unsubscribe"):
            await anna.goes_to(path)
            await anna.reads("Länken är inte hel")


@pytest.mark.parametrize(
    ("page", "button", "ways"),
    [
        ("/verify-email", "Bekräfta adressen", ["/login", "/register"]),
        ("/password/reset", "Spara lösenordet", ["/password/forgot"]),
        ("/newsletter/confirm", "Ja, börja prenumerera", ["/newsletter"]),
        ("/newsletter/unsubscribe", "Avsluta prenumerationen", ["mailto:kontakt@larabot.se"]),
    ],
)
async def test_a_used_link_says_so_and_leads_to_another_instead_of_a_dead_button(
    visitor: Visit, page: str, button: str, ways: list[str]
) -> None:
    async with visitor() as anna:
        await anna.goes_to(f"{page}#token=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg")
        await anna.answers_cookies()
        if page == "/password/reset":
            await anna.fills(password="en mening som är lång nog")
        await anna.presses(button)
        await anna.reads("Länken gäller inte längre")
        main = anna.page.get_by_role("main")
        assert [await link.get_attribute("href") for link in await main.get_by_role("link").all()] == ways
        await expect(main.get_by_role("button")).to_have_count(0)
        assert "token" not in anna.page.url


async def test_the_address_that_was_typed_is_shown_and_can_be_changed(visitor: Visit, platform: Platform) -> None:
    async with somebody(platform) as person, visitor() as anna:
        await anna.goes_to("/register")
        await anna.answers_cookies()
        await anna.fills(name=person.name, email=f"x{person.email}", password=person.password)
        await anna.presses("Skapa konto")
        await anna.reads(f"x{person.email}")
        await anna.presses("Ändra adressen")
        await expect(anna.page.locator("[name=name]")).to_have_value(person.name)
        await expect(anna.page.locator("[name=email]")).to_have_value(f"x{person.email}")
        await anna.fills(email=person.email, password=person.password)
        await anna.presses("Skapa konto")
        await anna.reads("Titta i din e-post")
        await platform.next_mail(person.email)


async def test_the_address_for_mail_programs_opens_the_page_that_unsubscribes(
    visitor: Visit, platform: Platform
) -> None:
    async with somebody(platform) as person, visitor() as anna:
        await person.subscribes()
        welcome = await platform.next_mail(person.email, page="/newsletter/unsubscribe")
        path, token = urlsplit(welcome["links"][0]).path, secret_of(welcome)
        await anna.goes_to(f"{path}/{token}")
        await anna.answers_cookies()
        assert await anna.page.evaluate("location.pathname") == path
        assert not any(token in one.url for one in anna.requests[1:])
        assert anna.called("POST", "/api/newsletter/subscriptions/unsubscribe") == 0, "a mailed link acts on load"
        for _ in range(2):
            await anna.goes_to(f"{path}/{token}")
            await anna.presses("Avsluta prenumerationen")
            await anna.reads("Brevo får veta det")
        assert token not in anna.page.url
