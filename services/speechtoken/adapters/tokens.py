"""Fetches tokens from Azure Speech. The key goes to the vendor and nowhere else.

The SDK has no call for this; it is one empty POST (REST reference, "authentication").
"""

import asyncio
import base64
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

import aiohttp
import orjson
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay, wait_random_exponential

from chassis.clock import Clock
from chassis.telemetry import Log
from contracts.errors import ErrorKind, Refusal
from services.speechtoken.domain import TOKEN_LIFETIME, Token

KEY_HEADER = "Ocp-Apim-Subscription-Key"
HEADERS = {"User-Agent": "larabot", "Accept": "application/jwt", "Accept-Encoding": "identity"}
# aiohttp would add one for the empty body.
NOTHING_ADDED = ("Content-Type",)
WELL_FORMED = re.compile(r"[A-Za-z0-9._~+/=-]{16,8192}")
ANSWER_BYTES_MAX = 16 * 1024
RETRY_AFTER_SECONDS_MAX = 3600

log = Log("azure-speech")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: to connect, for one attempt, and for all of them, which is less than the contract's deadline."""

    connect_seconds: float = 2.0
    attempt_seconds: float = 4.0
    whole_seconds: float = 10.0
    attempts_max: int = 3
    retries_seconds: float = 5.0


class VendorFailed(Exception):
    """The vendor answered with something else than a token."""

    def __init__(self, status: int, retry_after: str) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.retry_after = retry_after


class AzureTokens:
    """The vendor's token endpoint. `open` before the first token."""

    def __init__(self, url: str, key: str, clock: Clock, patience: Patience | None = None) -> None:
        self._url = url
        self._headers = {**HEADERS, KEY_HEADER: key}
        self._clock = clock
        self._patience = patience or Patience()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the pool of connections; it keeps no cookies and reads nothing from the environment."""
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            skip_auto_headers=NOTHING_ADDED,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=self._patience.attempt_seconds, sock_connect=self._patience.connect_seconds
            ),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def issue(self) -> Token:
        """A fresh token.

        Raises:
            Refusal: the vendor refused, was busy, or silent.
        """
        patience = self._patience
        retrying = AsyncRetrying(
            retry=retry_if_exception(may_pass),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            stop=stop_after_attempt(patience.attempts_max) | stop_before_delay(patience.retries_seconds),
            reraise=True,
        )
        try:
            async with asyncio.timeout(patience.whole_seconds):
                answer: bytes = await retrying(self._ask)
        except VendorFailed as failed:
            raise refusal_of(failed) from None
        except TimeoutError:
            seconds = patience.whole_seconds
            raise Refusal(ErrorKind.TIMEOUT, "vendor-silent", retry_after_seconds=2, deadline_seconds=seconds) from None
        except aiohttp.ClientError as error:
            log.warning("vendor unreachable", error=error)
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "unreachable") from None
        return self._token(answer.decode("ascii", "replace").strip())

    async def _ask(self) -> bytes:
        if self._session is None:
            raise RuntimeError("the vendor's tokens are not open")
        async with self._session.post(self._url, data=b"", allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                raise VendorFailed(response.status, response.headers.get("Retry-After", ""))
            answer = bytearray()
            while len(answer) < ANSWER_BYTES_MAX and (data := await response.content.readany()):
                answer += data
            return bytes(answer)

    def _token(self, value: str) -> Token:
        if not WELL_FORMED.fullmatch(value):
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "garbled")
        return Token(value, expiry_of(value) or self._clock.now() + TOKEN_LIFETIME)


def may_pass(error: BaseException) -> bool:
    """Whether trying again may help."""
    if isinstance(error, VendorFailed):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, aiohttp.ClientError | TimeoutError)


def refusal_of(failed: VendorFailed) -> Refusal:
    """The refusal that a person meets; a refused key needs one of us."""
    if failed.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Refusal(ErrorKind.RATE_LIMITED, "vendor-busy", retry_after_seconds=whole_seconds(failed.retry_after))
    if failed.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        log.failure("vendor refused our key", status=failed.status)
        return Refusal(ErrorKind.UPSTREAM_FAILED, "credentials")
    log.warning("vendor failed", status=failed.status)
    return Refusal(ErrorKind.UPSTREAM_FAILED, "status")


def whole_seconds(retry_after: str) -> int:
    """The vendor's wish in whole seconds, within reason; a second if it has none that can be read."""
    try:
        seconds = float(retry_after)
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
