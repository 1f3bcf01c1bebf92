"""The one form of every letter, whichever service writes it: the link first, then why, then who writes."""

from html import escape

from contracts.controller import SIGNATURE


def as_text(language: str, link: str, words: str) -> str:
    """The letter as plain text."""
    return f"{link}\n\n{words}\n\n-- \n{SIGNATURE[language]}\n"


def as_page(language: str, link: str, words: str) -> str:
    """The letter as a page; `language` is a tag of BCP 47, which screen readers need (WCAG 3.1.1)."""
    return (
        f'<!doctype html><html lang="{language}"><body><p><a href="{escape(link)}">{escape(link)}</a></p>'
        f"<p>{escape(words)}</p><p>{escape(SIGNATURE[language])}</p></body></html>"
    )
