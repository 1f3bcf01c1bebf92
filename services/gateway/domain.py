"""The gateway's own rules, without any I/O: origin checks, addresses reduced for limits, visit data, days."""

import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Self
from urllib.parse import SplitResult, urlsplit

SAME_ORIGIN = frozenset({"same-origin", "none"})
REQUESTED_BY = "larabot"
IPV6_PREFIX = 64
DEFAULT_PORTS = {"http": ":80", "https": ":443"}

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the platform is published: scheme and host, with the port unless it is the scheme's own (RFC 6454)."""

    scheme: str
    host: str

    @classmethod
    def of(cls, url: str) -> Self:
        """The origin of an address."""
        parts = _parts_of(url)
        return cls(parts.scheme.lower(), parts.netloc.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, " ")))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"


def forgery_in(headers: Mapping[str, str], published: Origin) -> str | None:
    """The header by which a state-changing request may have been forged by another site; None for none.

    The static header cannot be set by a form; Sec-Fetch-Site and Origin, where a browser sends them, must name our own
    origin, which is the published one: the Host header is what the last proxy made of it. Source: OWASP cross-site
    request forgery prevention; draft-ietf-oauth-browser-based-apps.
    """
    if headers.get("x-requested-by") != REQUESTED_BY:
        return "x-requested-by"
    site = headers.get("sec-fetch-site")
    if site is not None and site not in SAME_ORIGIN:
        return "sec-fetch-site"
    origin = headers.get("origin")
    if origin is None or origin == str(published) or Origin.of(origin) == published:
        return None
    return "origin"


def network_of(address: str) -> str:
    """The unit that a limit counts: an IPv4 address, or the /64 that an IPv6 customer holds."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((int(parsed), IPV6_PREFIX), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)


def pseudonym(secret_of_day: bytes, identifier: str) -> str:
    """A keyed hash that dies with the day's secret: 128 bits in hex."""
    return hmac.digest(secret_of_day, identifier.encode(), "sha256").hex()[:32]


@dataclass(frozen=True, slots=True)
class Visit:
    """The technically necessary request data of the policy, and nothing more."""

    address: str
    route: str
    method: str
    status: int
    size_bytes: int
    referrer: str
    browser: str
    system: str
    language: str


def visit_of(address: str, route: str, method: str, status: int, size_bytes: int, headers: Mapping[str, str]) -> Visit:
    """Reduce a request to its visit data: the referring site instead of its page, families instead of versions."""
    browser, system = _families(headers.get("user-agent", ""))
    language = LANGUAGE.match(headers.get("accept-language", ""))
    return Visit(
        address=address,
        route=route,
        method=method,
        status=status,
        size_bytes=size_bytes,
        referrer=(_parts_of(headers.get("referer", "")).hostname or "")[:100],
        browser=browser,
        system=system,
        language=language.group(0) if language else "",
    )


@lru_cache(maxsize=256)
def _families(agent: str) -> tuple[str, str]:
    browser = next((name for mark, name in BROWSERS if mark in agent), "other")
    return browser, next((name for mark, name in SYSTEMS if mark in agent), "other")


def _parts_of(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # a bracket without its other half
        return urlsplit("")


def day_name(day: date) -> str:
    """How a day is written in the database."""
    return day.isoformat()
