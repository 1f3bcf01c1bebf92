"""Azure OpenAI. It is sent the prompt and nothing else: headers and body members come from lists.

The SDK's request is used raw: no model object per chunk, and its own retries are off. Leaving an answer before
its end closes the connection, which is how the vendor learns that nobody waits any more.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx2
import openai
import orjson
from openai._vendor.httpx_aiohttp.transport import AiohttpTransport
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from contracts.errors import ErrorKind, Refusal
from services.textproxy.adapters.event_stream import AnswerReader, whole_answer
from services.textproxy.adapters.refusals import may_pass, refusal_of, retry_after_seconds
from services.textproxy.domain import Progress, Prompt

HEADERS = frozenset(
    {
        *("host", "connection", "accept", "accept-encoding", "content-type", "content-length"),
        *("api-key", "authorization", "user-agent"),
    }
)
USER_AGENT = "larabot"
PATH = "/chat/completions"
CONNECTIONS_MAX = 512
ANSWER_BYTES_MAX = 8 * 1024 * 1024
LAST_BYTES_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the model is, and the key to it."""

    endpoint: str
    name: str
    api_version: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long we wait: to connect, for the first text (retries included), between reads, for a whole answer."""

    connect_seconds: float = 5.0
    first_token_seconds: float = 30.0
    idle_seconds: float = 30.0
    whole_seconds: float = 180.0
    attempts_max: int = 3
    retries_seconds: float = 8.0


class AzureLanguageModel:
    """The language model as Azure serves it."""

    def __init__(self, deployment: Deployment, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        transport = AiohttpTransport(client=session_without_memory)
        hooks = {"request": [keep_listed_headers]}
        self._client = openai.AsyncAzureOpenAI(
            azure_endpoint=deployment.endpoint,
            azure_deployment=deployment.name,
            api_version=deployment.api_version,
            api_key=deployment.api_key,
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=self._patience.connect_seconds),
            http_client=openai.DefaultAioHttpClient(
                transport=transport, event_hooks=hooks, trust_env=False, follow_redirects=False
            ),
        )
        self._retrying = AsyncRetrying(
            retry=retry_if_exception(may_pass),
            wait=as_the_vendor_asks,
            stop=stop_after_attempt(self._patience.attempts_max) | stop_before_delay(self._patience.retries_seconds),
            reraise=True,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Progress, None]:
        """The answer as it is written."""
        time = asyncio.get_running_loop().time
        first_token_by = time() + self._patience.first_token_seconds
        async with self._answered(body_of(prompt, stream=True), first_token_by) as response:
            reader, seen = AnswerReader(), False
            reads = response.aiter_bytes()
            while not reader.done:
                data = await read(reads, time() + self._patience.idle_seconds if seen else first_token_by)
                if data is None:
                    break
                text = reader.read(data)
                if text:
                    seen = True
                    yield Progress(text)
            yield reader.end()
            await spent(reads)

    async def whole(self, prompt: Prompt) -> Progress:
        """The whole answer at once."""
        by = asyncio.get_running_loop().time() + self._patience.whole_seconds
        async with self._answered(body_of(prompt, stream=False), by) as response:
            reads, answer = response.aiter_bytes(), bytearray()
            while (data := await read(reads, by)) is not None:
                answer += data
                if len(answer) > ANSWER_BYTES_MAX:
                    raise Refusal(ErrorKind.UPSTREAM_FAILED, "endless-answer")
        return whole_answer(bytes(answer))

    @asynccontextmanager
    async def _answered(self, body: bytes, by: float) -> AsyncIterator[httpx2.Response]:
        """The response once its status is good; tried again before its first byte only."""
        try:
            async with asyncio.timeout_at(by):
                response: httpx2.Response = await self._retrying.copy()(self._post, body)
        except TimeoutError:
            raise Refusal(ErrorKind.TIMEOUT, "vendor-silent") from None
        except openai.OpenAIError as error:
            raise refusal_of(error) from None
        try:
            yield response
        finally:
            await response.aclose()

    async def _post(self, body: bytes) -> httpx2.Response:
        options: Any = {"headers": {"Content-Type": "application/json"}}
        response: httpx2.Response = await self._client.post(
            PATH, cast_to=httpx2.Response, content=body, options=options, stream=True, stream_cls=UNREAD
        )
        return response


# Asked for a stream of `Response`, the SDK hands over the response itself, unread, and builds nothing from it.
UNREAD: Any = openai.AsyncStream[object]


def session_without_memory() -> aiohttp.ClientSession:
    """A pool of connections that keeps no cookies and reads nothing from the environment."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=60)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


async def keep_listed_headers(request: httpx2.Request) -> None:
    """Send what the protocol needs: the SDK's description of our machine stays here."""
    for name in set(request.headers) - HEADERS:
        del request.headers[name]
    request.headers["user-agent"] = USER_AGENT
    request.headers["accept-encoding"] = "identity"


def body_of(prompt: Prompt, *, stream: bool) -> bytes:
    """The request's members; the deployment stands in the address."""
    body: dict[str, Any] = {
        "messages": [
            {"role": "system", "content": prompt.instruction},
            {"role": "user", "content": prompt.text},
        ],
        "temperature": prompt.temperature,
        "max_tokens": prompt.output_tokens_max,
        "stream": stream,
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    return orjson.dumps(body)


def as_the_vendor_asks(state: RetryCallState) -> float:
    """How long to wait before trying again."""
    asked = retry_after_seconds(state.outcome.exception() if state.outcome else None)
    return float(GROWING(state)) if asked is None else asked


GROWING = wait_random_exponential(multiplier=0.2, max=2)


async def read(reads: AsyncIterator[bytes], by: float) -> bytes | None:
    """The next bytes, or none at the end.

    Raises:
        Refusal: the connection broke, or nothing came in time.
    """
    try:
        async with asyncio.timeout_at(by):
            return await anext(reads, None)
    except TimeoutError:
        raise Refusal(ErrorKind.TIMEOUT, "vendor-silent") from None
    except (httpx2.HTTPError, aiohttp.ClientError):
        raise Refusal(ErrorKind.UPSTREAM_FAILED, "cut-off") from None


async def spent(reads: AsyncIterator[bytes]) -> None:
    """Read the last bytes after the end, so that the connection can serve again."""
    try:
        while await read(reads, asyncio.get_running_loop().time() + LAST_BYTES_SECONDS):
            pass
    except Refusal:
        return
