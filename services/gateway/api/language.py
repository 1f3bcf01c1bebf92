"""Which language to answer in: asked for in the address, else by the browser, else Swedish."""

from starlette.requests import Request

from contracts.envelope import Language

BY_TAG = {
    "sv": Language.SWEDISH,
    "nb": Language.NORWEGIAN,
    "no": Language.NORWEGIAN,
    "nn": Language.NORWEGIAN,
    "en": Language.ENGLISH,
}


def language_of(request: Request) -> Language:
    """The best language for a request."""
    asked = BY_TAG.get(request.query_params.get("lang", ""))
    if asked is not None:
        return asked
    accepted = request.headers.get("accept-language", "")[:200]
    ranked = sorted((_ranked(part) for part in accepted.split(",")), reverse=True)
    return next((BY_TAG[tag] for _, tag in ranked if tag in BY_TAG), Language.SWEDISH)


def _ranked(part: str) -> tuple[float, str]:
    tag, _, weight = part.strip().partition(";q=")
    try:
        return float(weight or 1), tag.lower()[:2]
    except ValueError:
        return 0.0, ""
