"""Azure OpenAI. It is sent the prompt and nothing else: headers and body members come from lists.

A text goes out in a request that was prepared through the vendor's SDK, over our own pool of connections: no model
object, no request building and no retry machinery for an answer that succeeds. Errors and retries are entered only on
failure. Leaving an answer before its end closes the connection, which is how the vendor learns that nobody waits.
"""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import openai
import orjson
from yarl import URL

from contracts.errors import ErrorKind, Refusal
from services.textproxy.adapters.event_stream import AnswerReader, whole_answer
from services.textproxy.adapters.patience import Deadline, Patience, WatchedAnswer, vendor_silent
from services.textproxy.adapters.refusals import refusal_of
from services.textproxy.adapters.retries import tried_again
from services.textproxy.adapters.sdk import Deployment, VendorSdk
from services.textproxy.domain import Progress, Prompt

CONNECTIONS_MAX = 512
KEEP_ALIVE_SECONDS = 60.0
ANSWER_BYTES_MAX = 8 * 1024 * 1024
ERROR_BYTES_MAX = 64 * 1024
LAST_BYTES_SECONDS = 1.0
OK = 200
# aiohttp would add its own where ours are missing.
NOTHING_ADDED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
WITH_USAGE = {"include_usage": True}


class AzureLanguageModel:
    """The language model as Azure serves it. `open` before the first text."""

    def __init__(self, deployment: Deployment, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._sdk = VendorSdk(deployment)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Prepare the request, and the pool that sends it."""
        prepared = await self._sdk.prepare()
        self._url = URL(prepared.url, encoded=True)
        self._session = session_without_memory(prepared.headers, self._patience.connect_seconds)

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Progress, None]:
        """The answer as it is written.

        Raises:
            Refusal: the vendor did not take the prompt, was silent beyond the deadlines, or broke off.
        """
        due, reader, has_text = Deadline.after(self._patience.first_token_seconds), AnswerReader(), False
        with WatchedAnswer(await self._answered(body_of(prompt, stream=True), due)) as answer:
            while not reader.done and (data := await answer.read(due)):
                text = reader.read(data)
                if text:
                    yield Progress(text)
                    has_text = True
                if has_text:
                    due = Deadline.after(self._patience.idle_seconds)
            yield reader.end()
            await answer.read_to_end(LAST_BYTES_SECONDS)

    async def whole(self, prompt: Prompt) -> Progress:
        """The whole answer at once.

        Raises:
            Refusal: as `stream`.
        """
        due = Deadline.after(self._patience.whole_answer_seconds(prompt.output_tokens_max))
        with WatchedAnswer(await self._answered(body_of(prompt, stream=False), due)) as answer:
            content = bytearray()
            while data := await answer.read(due):
                content += data
                if len(content) > ANSWER_BYTES_MAX:
                    raise Refusal(ErrorKind.UPSTREAM_FAILED, "endless-answer")
        return whole_answer(bytes(content))

    async def _answered(self, body: bytes, due: Deadline) -> aiohttp.ClientResponse:
        """The response once its status is good; tried again before its first byte only."""
        try:
            async with asyncio.timeout_at(due.at):
                try:
                    return await self._post(body)
                except openai.OpenAIError as error:
                    return await tried_again(error, lambda: self._post(body), self._patience)
        except TimeoutError:
            raise vendor_silent(due) from None
        except openai.OpenAIError as error:
            raise refusal_of(error) from None

    async def _post(self, body: bytes) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the model is not open")
        try:
            response = await self._session.post(self._url, data=body, allow_redirects=False)
            if response.status == OK:
                return response
            content = await error_content(response)
        except (aiohttp.ClientError, OSError):
            raise await self._sdk.error_of_connection() from None
        raise await self._sdk.error_of_response(response.status, dict(response.headers), content)


async def error_content(response: aiohttp.ClientResponse) -> bytes:
    """What the vendor says of an error, as far as anybody reads it."""
    content = bytearray()
    try:
        while len(content) < ERROR_BYTES_MAX and (data := await response.content.readany()):
            content += data
    finally:
        response.close()
    return bytes(content[:ERROR_BYTES_MAX])


def session_without_memory(headers: dict[str, str], connect_seconds: float) -> aiohttp.ClientSession:
    """A pool of connections that sends these headers, keeps no cookies and reads nothing from the environment."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=KEEP_ALIVE_SECONDS),
        headers=headers,
        skip_auto_headers=NOTHING_ADDED,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds),
        trust_env=False,
        auto_decompress=False,
    )


def body_of(prompt: Prompt, *, stream: bool) -> bytes:
    """The request's members; the deployment stands in the address."""
    body: dict[str, object] = {
        "messages": (
            {"role": "system", "content": prompt.instruction},
            {"role": "user", "content": prompt.text},
        ),
        "temperature": prompt.temperature,
        "max_tokens": prompt.output_tokens_max,
        "stream": stream,
    }
    if stream:
        body["stream_options"] = WITH_USAGE
    return orjson.dumps(body)
