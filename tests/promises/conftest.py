"""What the promises that a browser shows share: its visitors, every page, and what a visitor has agreed to."""

from playwright.async_api import expect

from tests.browser.conftest import chromium, chromium_path, signed_in, visitor
from tests.browser.test_every_page import SCENES, TOKEN
from tests.browser.visitor import Visitor

__all__ = ["PAGES", "choice_of", "chromium", "chromium_path", "in_force", "moves_to", "opens", "signed_in", "visitor"]

PAGES = (*dict.fromkeys(scene.path for scene in SCENES), f"/privacy/requests/{'A' * 22}{TOKEN}")


async def opens(anna: Visitor, path: str) -> None:
    """Go there, and wait until the page is there and knows what was chosen."""
    async with anna.page.expect_response("**/api/consent"):
        await anna.page.goto(f"{anna.origin}{path}")
    await expect(anna.page.get_by_role("heading", level=1)).to_be_visible()


async def moves_to(anna: Visitor, path: str) -> None:
    """Go there as a link of ours does, without loading the site again."""
    await anna.page.evaluate(
        "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path
    )
    await expect(anna.page.get_by_role("heading", level=1)).to_be_visible()


async def choice_of(anna: Visitor) -> str:
    """What the browser's only cookie says."""
    (cookie,) = await anna.context.cookies()
    return cookie["value"]


async def in_force(anna: Visitor) -> set[str]:
    """The purposes that the platform takes as agreed to, asked by the page."""
    consent = await anna.page.evaluate("fetch('/api/consent').then(answer => answer.json())")
    return {purpose for purpose, agreed in consent["purposes"].items() if agreed}
