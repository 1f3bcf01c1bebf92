"""What the vendor's SDK owns: the address, the key or token, the API version, and the class of every error.

The SDK sends nothing itself. It is asked once for the request that it would send, and after a failure for the error
that it would raise; a transport of ours stands where the network would be. Between the two, texts go out over our own
session (see `azure`).
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

PATH = "/chat/completions"
USER_AGENT = "larabot"
# What the protocol needs. The SDK's description of our machine (`x-stainless-*`) is not among it; `Host` and
# `Content-Length` are added with the text.
HEADERS = frozenset({"accept", "content-type", "api-key", "authorization"})
CONSTANT_HEADERS = {"user-agent": USER_AGENT, "accept-encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the model is, and the key to it."""

    endpoint: str
    name: str
    api_version: str
    api_key: str


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that lacks its body only; its headers are all that is sent."""

    url: str
    headers: dict[str, str]


class VendorSdk:
    """`AsyncAzureOpenAI` without a network."""

    def __init__(self, deployment: Deployment) -> None:
        self._stage = _Stage()
        self._turn = asyncio.Lock()
        self._client = openai.AsyncAzureOpenAI(
            azure_endpoint=deployment.endpoint,
            azure_deployment=deployment.name,
            api_version=deployment.api_version,
            api_key=deployment.api_key,
            max_retries=0,
            http_client=httpx2.AsyncClient(transport=self._stage, trust_env=False, follow_redirects=False),
        )

    async def prepare(self) -> PreparedRequest:
        """The request as the SDK would send it, reduced to the listed headers."""
        async with self._turn:
            await self._play(httpx2.Response(httpx2.codes.OK))
            request = self._stage.request
        headers = {name: value for name, value in request.headers.items() if name in HEADERS}
        return PreparedRequest(str(request.url), {**headers, **CONSTANT_HEADERS})

    async def error_of_response(self, status: int, headers: dict[str, str], body: bytes) -> openai.OpenAIError:
        """The error that the SDK makes of a response that is no success."""
        return await self._error(httpx2.Response(status, headers=headers, content=body))

    async def error_of_connection(self) -> openai.OpenAIError:
        """The error that the SDK makes of a connection that failed."""
        return await self._error(httpx2.ConnectError("the connection failed"))

    async def _error(self, outcome: httpx2.Response | httpx2.ConnectError) -> openai.OpenAIError:
        async with self._turn:
            try:
                await self._play(outcome)
            except openai.OpenAIError as error:
                return error
        return openai.OpenAIError("an answer that is neither a success nor an error")

    async def _play(self, outcome: httpx2.Response | httpx2.ConnectError) -> None:
        self._stage.outcome = outcome
        options: Any = {"headers": {"Content-Type": "application/json"}}
        await self._client.post(PATH, cast_to=httpx2.Response, content=b"{}", options=options)


class _Stage(httpx2.AsyncBaseTransport):
    """Keeps the request that it is given and answers with what it was told."""

    request: httpx2.Request
    outcome: httpx2.Response | httpx2.ConnectError

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.request = request
        if isinstance(self.outcome, httpx2.Response):
            return self.outcome
        raise self.outcome
