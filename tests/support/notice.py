"""The policy as it is published."""

from itertools import dropwhile, takewhile

from tests.support.platform import Platform


async def notice_of(platform: Platform, language: str = "sv") -> str:
    """The text in force, in Markdown."""
    async with platform.browser() as visitor:
        version = (await visitor.get("/api/policy")).json()["version"]
        text: str = (await visitor.get(f"/api/policy/{version}/{language}")).json()["markdown"]
    return text


async def listed_in_the_notice(platform: Platform, below: str) -> list[str]:
    """The first list after a heading or sentence that begins like this."""
    lines = dropwhile(lambda line: not line.lstrip("# ").startswith(below), (await notice_of(platform)).splitlines())
    listed = dropwhile(lambda line: not line.startswith("- "), lines)
    return [line.removeprefix("- ") for line in takewhile(lambda line: line.startswith("- "), listed)]
