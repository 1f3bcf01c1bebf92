"""Fetches tokens from Azure Speech. The key goes to the vendor and nowhere else.

The SDK has no call for this; it is one empty POST (REST reference, "authentication").
"""

import base64
import math
import re
from datetime import UTC, datetime
from http import HTTPStatus

import httpx
import orjson
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay, wait_random_exponential

from chassis.clock import Clock
from chassis.telemetry import Log
from contracts.errors import ErrorKind, Refusal
from services.speechtoken.domain import TOKEN_LIFETIME, Token

KEY_HEADER = "Ocp-Apim-Subscription-Key"
HEADERS = {"User-Agent": "larabot", "Accept": "application/jwt", "Accept-Encoding": "identity"}
TIMEOUT = httpx.Timeout(4.0, connect=2.0)
ATTEMPTS_MAX, RETRIES_SECONDS = 3, 5.0
WELL_FORMED = re.compile(r"[A-Za-z0-9._~+/=-]{16,8192}")
RETRY_AFTER_SECONDS_MAX = 3600

log = Log("azure-speech")


class AzureTokens:
    """The vendor's token endpoint."""

    def __init__(self, url: str, key: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._http = httpx.AsyncClient(
            headers={**HEADERS, KEY_HEADER: key}, timeout=TIMEOUT, trust_env=False, follow_redirects=False
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def issue(self) -> Token:
        """A fresh token.

        Raises:
            Refusal: the vendor refused, was busy, or silent.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception(may_pass),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            stop=stop_after_attempt(ATTEMPTS_MAX) | stop_before_delay(RETRIES_SECONDS),
            reraise=True,
        )
        try:
            response: httpx.Response = await retrying(self._ask)
        except httpx.HTTPStatusError as error:
            raise refusal_of(error.response) from None
        except httpx.TimeoutException:
            raise Refusal(ErrorKind.TIMEOUT, "vendor-silent", retry_after_seconds=2) from None
        except httpx.HTTPError as error:
            log.warning("vendor unreachable", error=error)
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "unreachable") from None
        return self._token(response.text.strip())

    async def _ask(self) -> httpx.Response:
        response = await self._http.post(self._url, content=b"")
        return response.raise_for_status()

    def _token(self, value: str) -> Token:
        if not WELL_FORMED.fullmatch(value):
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "garbled")
        return Token(value, expiry_of(value) or self._clock.now() + TOKEN_LIFETIME)


def may_pass(error: BaseException) -> bool:
    """Whether trying again may help."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, httpx.TransportError)


def refusal_of(response: httpx.Response) -> Refusal:
    """The refusal that a person meets; a refused key needs one of us."""
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Refusal(ErrorKind.RATE_LIMITED, "vendor-busy", retry_after_seconds=retry_after_of(response))
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        log.failure("vendor refused our key", status=status)
        return Refusal(ErrorKind.UPSTREAM_FAILED, "credentials")
    log.warning("vendor failed", status=status)
    return Refusal(ErrorKind.UPSTREAM_FAILED, "status")


def retry_after_of(response: httpx.Response) -> int:
    """The vendor's wish in whole seconds, within reason."""
    try:
        seconds = float(response.headers.get("retry-after", "1"))
    except ValueError:
        return 1
    return min(max(1, math.ceil(seconds)), RETRY_AFTER_SECONDS_MAX) if math.isfinite(seconds) else 1


def expiry_of(token: str) -> datetime | None:
    """When a token says that it expires, if it is a JWT; its signature is the vendor's business."""
    parts = token.split(".")
    if len(parts) != len(("header", "claims", "signature")):
        return None
    claims = parts[1]
    try:
        expires = orjson.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        return datetime.fromtimestamp(expires, UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return None
