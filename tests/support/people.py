"""People who use the platform as a browser would: each with words that occur nowhere else."""

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.support.browserlike import Browserlike
from tests.support.canary import Canary
from tests.support.platform import Platform

_numbers = itertools.count(1)


def own_address() -> str | None:
    """A loopback address per person, as people have; where the system has one only, they share it."""
    if sys.platform != "linux":
        return None
    number = next(_numbers)
    return f"127.{100 + os.getpid() % 100}.{number // 250}.{1 + number % 250}"


def secret_of(mail: dict[str, Any]) -> str:
    """The secret of the action link, which is the first one of the message."""
    fragment: str = urlsplit(mail["links"][0]).fragment
    return parse_qs(fragment)["token"][0]


@dataclass
class Event:
    """One event of a streamed answer."""

    name: str
    data: dict[str, Any]


async def events_of(response: httpx.Response) -> AsyncIterator[Event]:
    """The events of a `text/event-stream` as they arrive; comments are left out.

    Lines end with LF and with nothing else: httpx would break them at U+2028 as well.
    """
    name, rest = "", b""
    async for data in response.aiter_bytes():
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"event:"):
                name = line.removeprefix(b"event:").strip().decode()
            elif line.startswith(b"data:"):
                yield Event(name, json.loads(line.removeprefix(b"data:")))


@dataclass
class Person:
    """Somebody with a mailbox, a browser and an address of their own on the network."""

    platform: Platform
    browser: Browserlike
    canary: Canary = field(default_factory=Canary)
    password_canary: Canary = field(default_factory=Canary)

    @property
    def email(self) -> str:
        return f"anna.{self.canary}@skola.example"

    @property
    def name(self) -> str:
        return f"Anna Åkesson {self.canary}"

    @property
    def password(self) -> str:
        return f"lärarrum & {self.password_canary}"

    async def asks(self) -> Self:
        """Ask for an account."""
        body = {"email": self.email, "password": self.password, "name": self.name}
        answer = await self.browser.post("/api/auth/register", body)
        assert answer.status_code == 202, answer.text
        return self

    async def registers(self) -> Self:
        """Ask for an account and confirm the address."""
        await self.asks()
        mail = await self.platform.next_mail(self.email)
        answer = await self.browser.post("/api/auth/verify-email", {"token": secret_of(mail)})
        assert answer.status_code == 200, answer.text
        return self

    async def logs_in(self) -> Self:
        credentials = {"email": self.email, "password": self.password}
        answer = await self.browser.post("/api/auth/login", credentials)
        assert answer.status_code == 200, f"{answer.text}\n{self.platform.log_tail()}"
        return self

    async def consents(self, **purposes: bool) -> dict[str, Any]:
        """Give or withdraw consents under the notice in force; the receipt's answer."""
        version = (await self.browser.get("/api/consent")).json()["notice_version"]
        answer = await self.browser.put("/api/consent", {"purposes": purposes, "notice_version": version})
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    async def me(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.browser.get("/api/me")).raise_for_status().json()
        return found

    async def uses(self, text: str, tool: str = "simplify") -> list[Event]:
        """Run a text tool to its end."""
        async with self.browser.stream("POST", f"/api/text/{tool}", json=run(text)) as response:
            assert response.status_code == 200, await response.aread()
            return [event async for event in events_of(response)]

    async def subscribes(self) -> Self:
        """Subscribe to the newsletter, confirmation included."""
        page = "/newsletter/confirm"
        earlier = len(self.platform.mail(self.email, page=page))
        asked = {"email": self.email, "consent": True}
        answer = await self.browser.post("/api/newsletter/subscriptions", asked)
        assert answer.status_code == 202, answer.text
        mail = await self.platform.next_mail(self.email, page=page, after=earlier)
        answer = await self.browser.post("/api/newsletter/subscriptions/confirm", {"token": secret_of(mail)})
        assert answer.status_code == 200, answer.text
        return self

    async def invokes(self, right: str, **more: Any) -> dict[str, Any]:
        """Invoke a right; the case with its secret."""
        answer = await self.browser.post("/api/privacy/requests", {"right": right, **more})
        assert answer.status_code == 202, answer.text
        case: dict[str, Any] = answer.json()
        return case


def run(text: str, **more: Any) -> dict[str, Any]:
    """The body that runs a text tool."""
    return {"inputs": {"text": text}, "stream": True, **more}


@asynccontextmanager
async def somebody(platform: Platform, **headers: str) -> AsyncIterator[Person]:
    """Somebody who has not done anything yet."""
    async with Browserlike(platform.url, headers=headers, address=own_address()) as browser:
        yield Person(platform, browser)


@asynccontextmanager
async def a_teacher(platform: Platform, *consents: str) -> AsyncIterator[Person]:
    """Somebody with an account, logged in, who consented to these purposes."""
    async with somebody(platform) as person:
        await person.registers()
        await person.logs_in()
        if consents:
            await person.consents(**dict.fromkeys(consents, True))
        yield person


@asynccontextmanager
async def teachers(platform: Platform, count: int, *consents: str) -> AsyncIterator[Sequence[Person]]:
    """Several of them, made together."""
    async with AsyncExitStack() as stack:
        makers = (stack.enter_async_context(a_teacher(platform, *consents)) for _ in range(count))
        yield await asyncio.gather(*makers)
