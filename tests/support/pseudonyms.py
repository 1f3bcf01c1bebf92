"""The opaque names of a browser: ours in its cookie, and another one at PostHog."""

import json
import re

from tests.support.people import Person
from tests.support.tables import rows
from tests.support.waiting import until


def visitor_id(person: Person) -> str:
    """The id that an accepted choice put into the cookie, which is its last part."""
    return re.split(r"[^A-Za-z0-9_-]", person.browser.cookies["__Host-visitor"])[-1]


async def pseudonym_at_posthog(person: Person) -> str:
    """The pseudonym of a browser that consented and reported a page, once PostHog has it."""
    platform, visitor = person.platform, visitor_id(person)

    def known() -> str:
        found = [row for row in rows(platform, "analytics", "analytics_identity") if row["visitor_id"] == visitor]
        return str(found[0]["distinct_id"]) if found else ""

    pseudonym = await until(known, 10)
    await until(lambda: pseudonym in json.dumps(platform.emu("posthog").get("events")), 15)
    return pseudonym
