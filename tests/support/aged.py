"""A platform that time has passed over: left at one moment, asked again ten minutes and then a month later."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.browserlike import Browserlike
from tests.support.people import a_teacher, secret_of, somebody
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed
from tests.support.tables import rows
from tests.support.waiting import until


@dataclass
class Aged:
    """What was left behind a month ago, what was answered after ten minutes, and the platform as it is now."""

    platform: Platform
    cookies: dict[str, str]
    case_id: str
    links: dict[str, dict[str, Any]]
    visits_before: set[str]
    days_before: set[str]
    after_ten_minutes: dict[str, httpx.Response] | None = None

    async def answers(self, method: str, path: str, json: Any = None) -> httpx.Response:
        """An answer to the browser that still holds the old cookies."""
        async with Browserlike(self.platform.url) as browser:
            browser.cookies = dict(self.cookies)
            return await browser.request(method, path, json=json)


def moments_of_visits(platform: Platform) -> set[str]:
    """The visits in the request log; a number may be given again once its row is gone, a moment is not."""
    return {row["at"] for row in rows(platform, "gateway", "request_log")}


async def left_behind(platform: Platform) -> Aged:
    """An account with a session and a package, and three links that nobody has opened yet."""
    async with a_teacher(platform, "text_tools") as anna, somebody(platform) as berit, somebody(platform) as cecilia:
        case = CaseFollowed(anna, await anna.invokes("access"))
        await case.until("closed")
        await berit.asks()
        confirm = await platform.next_mail(berit.email)
        await cecilia.browser.post("/api/newsletter/subscriptions", {"email": cecilia.email, "consent": True})
        newsletter = await platform.next_mail(cecilia.email)
        await anna.browser.post("/api/auth/password/forgot", {"email": anna.email})
        reset = await platform.next_mail(anna.email, page="/password/reset")
        visits = await until(lambda: moments_of_visits(platform))
        return Aged(
            platform=platform,
            cookies=dict(anna.browser.cookies),
            case_id=case.id,
            links={
                "/api/auth/verify-email": {"token": secret_of(confirm)},
                "/api/newsletter/subscriptions/confirm": {"token": secret_of(newsletter)},
                "/api/auth/password/reset": {"token": secret_of(reset), "password": "ett helt nytt lösenord"},
            },
            visits_before=visits,
            days_before={row["day"] for row in rows(platform, "gateway", "day_secret")},
        )


@contextmanager
def a_month(data: Path) -> Iterator[Aged]:
    """Live at three moments, one platform after the other on the same directory."""
    with Platform(data) as now:
        aged = asyncio.run(left_behind(now))
    with Platform(data, "--clock-offset", "10m") as aged.platform:
        aged.after_ten_minutes = asyncio.run(_after_ten_minutes(aged))
    with Platform(data, "--clock-offset", "31d") as aged.platform:
        yield aged


async def _after_ten_minutes(aged: Aged) -> dict[str, httpx.Response]:
    return {
        "me": await aged.answers("GET", "/api/me"),
        "erasure": await aged.answers("POST", "/api/privacy/requests", {"right": "erasure"}),
        "package": await aged.answers("GET", f"/api/privacy/requests/{aged.case_id}/package"),
    }
