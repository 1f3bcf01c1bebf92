"""Pages outside the web app, which people also keep as files: whole in themselves, without script.

Their style stands in the page. The Content-Security-Policy allows this one by its hash (CSP3, "hash-source") and no
other inline.
"""

import base64
import hashlib
from html import escape
from pathlib import Path

STYLE = Path("policies/plain_page.css").read_text(encoding="utf-8")
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"

END = "</main></body></html>"
TABLE_END = "</table></div>"


def begin(title: str, language: str) -> str:
    """The page up to and with its heading; `language` is a tag of BCP 47."""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1>"
    )


def begin_table(name: str) -> str:
    """A table that scrolls by itself where it is too wide, by keyboard too (WCAG 2.1.1)."""
    return f'<div class="wide" role="region" aria-label="{escape(name)}" tabindex="0"><table>'
