"""Which language to answer in: asked for in the address, else by the browser, else Swedish."""

from functools import lru_cache

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from contracts.envelope import Language

BY_TAG = {
    "sv": Language.SWEDISH,
    "nb": Language.NORWEGIAN,
    "no": Language.NORWEGIAN,
    "nn": Language.NORWEGIAN,
    "en": Language.ENGLISH,
}
HEADER_LENGTH_MAX = 200


def language_of(asked: str, accepted: str) -> Language:
    """The best language: `asked` is the parameter `lang`, `accepted` the header Accept-Language (RFC 9110, 12.5.4)."""
    return BY_TAG.get(asked) or _preferred(accepted[:HEADER_LENGTH_MAX])


@lru_cache(maxsize=256)
def _preferred(accepted: str) -> Language:
    for tag, quality in parse_accept_header(accepted, LanguageAccept):
        language = BY_TAG.get(tag.lower().partition("-")[0])
        if quality > 0 and language is not None:
            return language
    return Language.SWEDISH
