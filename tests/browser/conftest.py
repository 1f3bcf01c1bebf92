"""One Chromium for all browser tests of a process, and visitors that use it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from ops.machine import find_browser
from tests.browser.visitor import ARGUMENTS, Visitor, visit
from tests.support.people import Person
from tests.support.platform import Platform
from tests.support.voice import samples, sound_file

HERE = Path(__file__).parent

Visit = Callable[..., AbstractAsyncContextManager[Visitor]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Chromium lives through the session, so the tests that speak to it share one event loop."""
    shared = pytest.mark.asyncio(loop_scope="session")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(shared, append=False)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    found = find_browser()
    if not found:
        pytest.skip("Chromium was not found; `python -m ops machine` says how to get it")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(chromium_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium_path), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
def visitor(chromium: Browser, platform: Platform) -> Visit:
    """`async with visitor(language="nb", scheme="dark", size=PHONE) as anna:`"""
    return partial(visit, chromium, platform.url)


@pytest.fixture
def signed_in(visitor: Visit) -> Visit:
    """The same, in a browser that holds the session of somebody who logged in elsewhere."""

    @asynccontextmanager
    async def opened(person: Person, **wishes: object) -> AsyncIterator[Visitor]:
        async with visitor(**wishes) as found:
            await found.takes_over(person)
            yield found

    return opened


@pytest.fixture
def chromium_with_voice(chromium_path: Path, platform: Platform, tmp_path: Path) -> Visit:
    """A Chromium of its own whose microphone hears a sound file."""
    sound = sound_file(tmp_path / "voice.wav", samples("a teacher speaks", seconds=4))

    @asynccontextmanager
    async def opened(person: Person) -> AsyncIterator[Visitor]:
        async with async_playwright() as playwright:
            arguments = [*ARGUMENTS, f"--use-file-for-fake-audio-capture={sound}"]
            browser = await playwright.chromium.launch(executable_path=str(chromium_path), args=arguments)
            async with visit(browser, platform.url, permissions=["microphone"]) as found:
                await found.takes_over(person)
                yield found
            await browser.close()

    return opened
