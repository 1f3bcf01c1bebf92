"""Which language to answer in: asked for in the address, else by the browser, else Swedish."""

import re

from starlette.requests import Request

from contracts.envelope import Language

BY_TAG = {
    "sv": Language.SWEDISH,
    "nb": Language.NORWEGIAN,
    "no": Language.NORWEGIAN,
    "nn": Language.NORWEGIAN,
    "en": Language.ENGLISH,
}


# RFC 9110, 12.5.4: a language range and perhaps its weight.
RANGE = re.compile(r"(?P<tag>[a-z]{1,8})(?:-[a-z0-9]{1,8})*(?:\s*;\s*q=(?P<weight>[01](?:\.\d{0,3})?))?")


def language_of(request: Request) -> Language:
    """The best language for a request."""
    asked = BY_TAG.get(request.query_params.get("lang", ""))
    if asked is not None:
        return asked
    accepted = request.headers.get("accept-language", "")[:200]
    # Sorting is stable: of equal weights, the one that stands first is preferred.
    ranked = sorted((_ranked(part) for part in accepted.split(",")), key=lambda one: one[0], reverse=True)
    return next((BY_TAG[tag] for weight, tag in ranked if weight > 0 and tag in BY_TAG), Language.SWEDISH)


def _ranked(part: str) -> tuple[float, str]:
    found = RANGE.fullmatch(part.strip().lower())
    return (float(found["weight"] or 1), found["tag"]) if found else (0.0, "")
