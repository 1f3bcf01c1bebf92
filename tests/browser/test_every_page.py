"""Every page in three languages, light and dark, phone and desktop: accessible, whole, and photographed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.visitor import DESKTOP, LOCALES, NARROWEST, PHONE, Visitor
from tests.support.people import Person, a_teacher
from tests.support.platform import Platform

SCREENS = Path(".artifacts/screens")
TOKEN = "#token=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg"

Deed = Callable[[Visitor, Person | None], Awaitable[None]]


async def sends_nothing(anna: Visitor, person: Person | None) -> None:
    await anna.page.get_by_role("main").locator("button[type=submit]").first.click()


async def sends_an_address(anna: Visitor, person: Person | None) -> None:
    await anna.fills(email="anna.andersson@skolan.example")
    await sends_nothing(anna, person)
    await expect(anna.page.locator(".typed-address")).to_be_visible()


async def opens_all(anna: Visitor, person: Person | None) -> None:
    for summary in await anna.page.locator("main summary").all():
        await summary.click()


async def shows_data(anna: Visitor, person: Person | None) -> None:
    await anna.page.locator("#data button").click()
    await expect(anna.page.locator(".held-service").first).to_be_visible()
    await opens_all(anna, person)


async def is_answered(anna: Visitor, person: Person | None) -> None:
    await anna.page.locator("#tool-text").fill("Fotosyntesen omvandlar ljus.")
    await anna.page.locator("form button[type=submit]").click()
    await anna.page.locator(".names-warning .ds-button").first.click()
    await expect(anna.page.locator(".answer .actions")).to_be_visible(timeout=15_000)


async def asks_for_the_microphone(anna: Visitor, person: Person | None) -> None:
    await anna.page.locator(".workbench-actions button[aria-expanded]").click()


async def is_asked_for_consent(anna: Visitor, person: Person | None) -> None:
    withdraw = anna.page.locator(".withdrawal button")
    await withdraw.click()
    await expect(withdraw).to_have_count(0)
    await anna.page.locator("#tool-text").fill("Fotosyntesen omvandlar ljus.")
    await anna.page.locator("form button[type=submit]").click()
    await anna.page.locator(".names-warning .ds-button").first.click()
    await expect(anna.page.locator(".consent-prompt")).to_be_visible()


async def is_told_to_sign_in(anna: Visitor, person: Person | None) -> None:
    await anna.page.locator("#tool-text").fill("Fotosyntesen omvandlar ljus.")
    await anna.page.locator("form button[type=submit]").click()
    await anna.page.locator(".names-warning .ds-button").first.click()
    await expect(anna.page.locator(".answer .ds-alert")).to_be_visible()


async def wants_a_correction(anna: Visitor, person: Person | None) -> None:
    await anna.page.locator("#want-rectification").check()
    await expect(anna.page.locator("[name=details]")).to_be_visible()


async def opens_the_menu(anna: Visitor, person: Person | None) -> None:
    menu = anna.page.locator(".menu-button")
    if await menu.is_visible():
        await menu.click()


async def chooses(anna: Visitor, person: Person | None) -> None:
    await anna.page.locator(".banner [data-variant]").click()


async def asks_for_a_copy(anna: Visitor, person: Person | None) -> None:
    await anna.page.locator("#cases button[type=submit]").click()
    await anna.page.locator("#cases .ds-alert .ds-button").click()
    await expect(anna.page.locator(".certificate")).to_be_visible(timeout=20_000)


async def erases(anna: Visitor, person: Person | None) -> None:
    await anna.page.locator("[name=understood]").check()
    assert person
    await anna.fills(password=person.password)
    await anna.page.locator(".erase-form button[type=submit]").click()
    await expect(anna.page.locator('.ring[data-closed="true"]')).to_be_visible(timeout=20_000)


@dataclass(frozen=True)
class Scene:
    """A page in a state."""

    name: str
    path: str
    deed: Deed | None = None
    signed_in: bool = False
    answered: bool = True


SCENES = (
    Scene("start", "/"),
    Scene("start-question", "/", answered=False),
    Scene("start-choosing", "/", chooses, answered=False),
    Scene("start-menu", "/", opens_the_menu),
    Scene("policy", "/policy", opens_all),
    Scene("cookies", "/cookies"),
    Scene("login", "/login"),
    Scene("login-empty", "/login", sends_nothing),
    Scene("register", "/register"),
    Scene("register-empty", "/register", sends_nothing),
    Scene("verify-email", f"/verify-email{TOKEN}"),
    Scene("verify-email-used", f"/verify-email{TOKEN}", sends_nothing),
    Scene("forgot", "/password/forgot"),
    Scene("forgot-sent", "/password/forgot", sends_an_address),
    Scene("reset", f"/password/reset{TOKEN}"),
    Scene("security", "/account/security", signed_in=True),
    Scene("security-signed-out", "/account/security"),
    Scene("tools", "/tools"),
    Scene("tool-signed-out", "/tools/simplify"),
    Scene("tool-told-to-sign-in", "/tools/simplify", is_told_to_sign_in),
    Scene("tool", "/tools/simplify", signed_in=True),
    Scene("tool-answered", "/tools/simplify", is_answered, signed_in=True),
    Scene("tool-microphone", "/tools/simplify", asks_for_the_microphone, signed_in=True),
    Scene("tool-consent", "/tools/simplify", is_asked_for_consent, signed_in=True),
    Scene("privacy-signed-out", "/privacy"),
    Scene("privacy", "/privacy", signed_in=True),
    Scene("privacy-data", "/privacy", shows_data, signed_in=True),
    Scene("privacy-correction", "/privacy", wants_a_correction, signed_in=True),
    Scene("case-access", "/privacy", asks_for_a_copy, signed_in=True),
    Scene("erase", "/privacy/erase", signed_in=True),
    Scene("case-erased", "/privacy/erase", erases, signed_in=True),
    Scene("newsletter", "/newsletter"),
    Scene("newsletter-empty", "/newsletter", sends_nothing),
    Scene("newsletter-confirm", f"/newsletter/confirm{TOKEN}"),
    Scene("newsletter-unsubscribe", f"/newsletter/unsubscribe{TOKEN}"),
    Scene("problem", "/problems/consent-required"),
    Scene("not-found", "/nowhere"),
)
SIZES = {"desktop": DESKTOP, "phone": PHONE}
# Each language, and each size in each scheme: colours go by scheme, layout by size, words by language.
LOOKS = (
    ("sv", "desktop", "light"),
    ("sv", "phone", "dark"),
    ("nb", "phone", "light"),
    ("en", "desktop", "dark"),
)


async def set_stage(anna: Visitor, scene: Scene, person: Person | None) -> None:
    await anna.goes_to("/not-found")
    if scene.answered:
        await anna.banner.locator(".ds-button").first.click()
        await anna.page.locator(".receipt button").click()
    await anna.goes_to(scene.path)
    if scene.deed:
        await scene.deed(anna, person)
    await anna.page.wait_for_load_state("networkidle")


async def turn_to(anna: Visitor, language: str) -> None:
    """As the language links do, but also where the menu that holds them is closed."""
    await anna.page.evaluate(
        """language => {
            const query = new URLSearchParams(location.search);
            query.set('lang', language);
            history.replaceState(null, '', `${location.pathname}?${query}${location.hash}`);
            dispatchEvent(new PopStateEvent('popstate'));
        }""",
        language,
    )
    await expect(anna.page.locator("html")).to_have_attribute("lang", language)
    await anna.page.wait_for_load_state("networkidle")


@asynccontextmanager
async def staged(scene: Scene, visitor: Visit, signed_in: Visit, platform: Platform) -> AsyncIterator[Visitor]:
    """The page in its state, in Swedish on a desktop."""
    if not scene.signed_in:
        async with visitor() as anna:
            await set_stage(anna, scene, None)
            yield anna
        return
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await set_stage(anna, scene, person)
        yield anna


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_page_is_accessible_and_whole_in_every_language_and_look(
    scene: Scene, visitor: Visit, signed_in: Visit, platform: Platform
) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    faults: dict[str, Any] = {}
    async with staged(scene, visitor, signed_in, platform) as anna:
        for language, size, scheme in LOOKS:
            await turn_to(anna, language)
            await anna.page.set_viewport_size(SIZES[size])
            await anna.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            look = f"{scene.name}.{language}.{scheme}.{size}"
            await anna.page.screenshot(path=SCREENS / f"{look}.png", full_page=scene.answered)
            faults[look] = await violations(anna)
        for language in LOCALES:
            await turn_to(anna, language)
            await anna.page.set_viewport_size(NARROWEST)
            faults[f"{scene.name}.{language}.320px"] = ["overflows"] * await anna.overflows()
    assert {look: found for look, found in faults.items() if found} == {}
