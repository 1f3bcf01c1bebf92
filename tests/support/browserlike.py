"""An HTTP client that keeps cookies as a browser does on localhost.

The jar of httpx never returns `Secure` cookies over http, and so no `__Host-` cookie; browsers do on localhost.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support import http

TIMEOUT_SECONDS = 30


class Browserlike:
    """`address` is the local address that its connections come from; `transport` makes them in another way."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: dict[str, str] | None = None,
        address: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.cookies: dict[str, str] = {}
        self.address = address
        self._client = http.async_client(
            base_url=base_url,
            headers={"X-Requested-By": "larabot", **(headers or {})},
            timeout=TIMEOUT_SECONDS,
            transport=transport
            or httpx.AsyncHTTPTransport(verify=http.NO_AUTHORITIES, local_address=address, trust_env=False),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.request("GET", path, **more)

    async def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return await self.request("POST", path, json=json, **more)

    async def put(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return await self.request("PUT", path, json=json, **more)

    async def delete(self, path: str, **more: Any) -> httpx.Response:
        return await self.request("DELETE", path, **more)

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with self.stream(method, path, **more) as response:
            await response.aread()
        return response

    @asynccontextmanager
    async def stream(self, method: str, path: str, **more: Any) -> AsyncIterator[httpx.Response]:
        """The answer with its body still to come; leaving early closes the connection."""
        headers = dict(more.pop("headers", None) or {})
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self._client.stream(method, path, headers=headers, **more) as response:
            self._client.cookies.clear()
            self._keep(response)
            yield response

    def _keep(self, response: httpx.Response) -> None:
        for header in response.headers.get_list("set-cookie"):
            for name, cookie in SimpleCookie(header).items():
                if not cookie.value or cookie["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = cookie.value
