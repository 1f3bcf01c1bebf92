"""Somebody with a real browser: their page, and what it did that they could not see."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, ViewportSize, expect

from tests.support.people import Person

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip

DESKTOP: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROWEST: ViewportSize = {"width": 320, "height": 640}
LOCALES = {"sv": "sv-SE", "nb": "nb-NO", "en": "en-GB"}
# A refused call is an answer, which the page shows in words; Chromium logs it all the same.
EXPECTED_IN_CONSOLE = ("the server responded with a status of", "ScriptProcessorNode is deprecated")


@dataclass
class Visitor:
    """A page of its own browser profile, with its requests, websockets and complaints written down."""

    page: Page
    context: BrowserContext
    origin: str
    requests: list[Request] = field(default_factory=list)
    websockets: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108  # Playwright marks it
        self.page.on("websocket", lambda socket: self.websockets.append(socket.url))
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in EXPECTED_IN_CONSOLE):
            self.complaints.append(message.text)

    async def goes_to(self, path: str) -> None:
        await self.page.goto(f"{self.origin}{path}")
        await self.page.wait_for_load_state("networkidle")

    async def presses(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def fills(self, **fields: str) -> None:
        """Fill form fields by their names."""
        for name, value in fields.items():
            await self.page.locator(f"[name={name}]").fill(value)

    async def answers_cookies(self, name: str = "Avböj") -> None:
        await self.presses(name)
        await expect(self.banner).to_have_count(0)

    async def reads(self, words: str) -> None:
        """Wait until the words stand on the page."""
        await expect(self.page.get_by_text(words).first).to_be_visible()

    @property
    def banner(self) -> Locator:
        return self.page.locator(".banner")

    async def takes_over(self, person: Person) -> None:
        """Hold the session that somebody opened elsewhere, with the cookie question answered."""
        await self.context.add_cookies(
            [
                {
                    "name": name,
                    "value": value,
                    "url": self.origin.replace("http:", "https:"),
                    "secure": True,
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
                for name, value in person.browser.cookies.items()
            ]
        )

    async def stored(self) -> dict[str, Any]:
        """Everything that this site keeps in the browser."""
        kept: dict[str, Any] = await self.page.evaluate(
            """async () => ({
                local: Object.entries(localStorage), session: Object.entries(sessionStorage),
                databases: (await indexedDB.databases()).map(({ name }) => name),
                caches: await caches.keys(), workers: (await navigator.serviceWorker.getRegistrations()).length,
            })"""
        )
        return {**kept, "cookies": [cookie["name"] for cookie in await self.context.cookies()]}

    def hosts(self) -> set[str]:
        """The hosts that the page asked, by http or websocket."""
        addresses = [*(request.url for request in self.requests), *self.websockets]
        return {urlsplit(address).netloc for address in addresses if urlsplit(address).scheme not in {"blob", "data"}}

    def called(self, method: str, path: str) -> int:
        return sum(one.method == method and urlsplit(one.url).path == path for one in self.requests)

    async def overflows(self) -> bool:
        wider: bool = await self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wider


@asynccontextmanager
async def visit(
    browser: Browser,
    origin: str,
    *,
    language: str = "sv",
    scheme: str = "light",
    size: ViewportSize = DESKTOP,
    **more: Any,
) -> AsyncIterator[Visitor]:
    """A fresh profile; when it is left, nothing may have been complained about in the console."""
    context = await browser.new_context(
        viewport=size,
        locale=LOCALES[language],
        color_scheme=scheme,  # type: ignore[arg-type]  # "light" or "dark"
        timezone_id="Europe/Stockholm",
        reduced_motion="reduce",
        **more,
    )
    try:
        visitor = Visitor(await context.new_page(), context, origin)
        visitor.watch()
        yield visitor
        assert visitor.complaints == []
    finally:
        await context.close()
