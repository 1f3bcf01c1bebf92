"""What axe-core finds on a page."""

from pathlib import Path
from typing import Any

from tests.browser.visitor import Visitor

AXE = Path("web/node_modules/axe-core/axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(anna: Visitor) -> list[dict[str, Any]]:
    """The rules that are broken, where and why; the page's own policy keeps axe out, so it is set aside for this."""
    if not await anna.page.evaluate("'axe' in window"):
        session = await anna.context.new_cdp_session(anna.page)
        await session.send("Page.setBypassCSP", {"enabled": True})
        await anna.page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = await anna.page.evaluate(
        """async rules => (await axe.run({ runOnly: rules })).violations.map(({ id, nodes }) => ({
            id, where: nodes.map(({ target }) => target.join(' ')), why: nodes[0].failureSummary,
        }))""",
        RULES,
    )
    return found
