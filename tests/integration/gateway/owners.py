"""The gateway in the test's own loop, and its owners as toys on a real bus: each answers as a test wishes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import SecretStr

from chassis.bus import Answer, Bus, MediaType
from chassis.clock import Clock
from chassis.lifecycle import Service
from contracts.auth import AUTHENTICATE, REGISTER, Authenticate, Session
from contracts.consent import GRANTED, SET, Granted, GrantedRequest, Purpose, SetConsent
from contracts.dsar import OPEN, PACKAGE, Open, Opened, State
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.holder import HEALTH, SERVICES, Health
from contracts.identifiers import new_id
from contracts.messages import Done, Empty
from contracts.newsletter import SUBSCRIBE
from contracts.speech import TOKEN
from contracts.table import Account
from contracts.text import GENERATE, TOOLS, Generate, Tools
from ops.run.ports import any_port, release
from services.gateway.app import build
from services.gateway.settings import GatewaySettings
from tests.support import http
from tests.support.nats import NatsServer

ACCOUNT, SESSION_ID, COOKIE = "a" * 22, "s" * 22, "c" * 43
SIGNED_IN = {"Cookie": f"__Host-session={COOKIE}", "X-Requested-By": "larabot"}
SIMPLIFY = {"inputs": {"text": "Solen skiner."}}
EVENTS = MediaType("text/event-stream")
READY_SECONDS_MAX = 15

Chunks = AsyncIterator[bytes | MediaType]


class Owners:
    """Auth, consent, textproxy, newsletter and dsar; `granted` and `generate` are what a test changes."""

    def __init__(self, server: NatsServer) -> None:
        self.server = server
        self.buses = {name: Bus(name, Clock()) for name in SERVICES if name != "gateway"}
        self.content = Bus("textproxy", Clock(), Account.CONTENT)
        self.granted = {Purpose.TEXT_TOOLS}
        self.authenticated = 0
        self.signed_in = True
        self.consent_asked = 0
        self.consent_callers: list[str | None] = []
        self.tokens = 0
        self.opened = 0
        self.health_asked = 0
        self.subscribe: Callable[[], Awaitable[None]] | None = None
        self.generate: Callable[[], Chunks] = self.two_chunks
        self.package: Callable[[], Chunks] = self.two_chunks
        self.subscribed = 0
        self.idempotency_keys: list[str | None] = []
        self.before_consent: Callable[[], Awaitable[None]] | None = None
        self.running = 0
        self.closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        for name, bus in self.buses.items():
            await bus.open(self.server.servers, self.server.seed(name))
            await bus.serve(HEALTH[name], self._health)
        await self.content.open(self.server.servers, self.server.seed("textproxy", "CONTENT"))
        await self.buses["auth"].serve(AUTHENTICATE, self._authenticate)
        await self.buses["auth"].serve(REGISTER, self._register)
        await self.buses["consent"].serve(GRANTED, self._granted)
        await self.buses["consent"].serve(SET, self._set_consent)
        await self.buses["speechtoken"].serve(TOKEN, self._token)
        await self.buses["textproxy"].serve(TOOLS, self._tools)
        await self.buses["newsletter"].serve(SUBSCRIBE, self._subscribe)
        await self.buses["dsar"].serve(OPEN, self._open)
        await self.buses["dsar"].serve_stream(PACKAGE, self._package)
        await self.content.serve_stream(GENERATE, self._generate)
        for bus in (*self.buses.values(), self.content):
            await bus.serving()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(bus.close() for bus in (*self.buses.values(), self.content)))

    async def two_chunks(self) -> Chunks:
        yield EVENTS
        yield b'event: delta\ndata: {"text":"Hej"}\n\n'
        yield b'event: done\ndata: {"finish_reason":"stop"}\n\n'

    async def endless(self) -> Chunks:
        yield EVENTS
        while True:
            yield b'event: delta\ndata: {"text":"Hej"}\n\n'
            await asyncio.sleep(0.02)

    async def silent(self) -> Chunks:
        await asyncio.sleep(60)
        yield b"never"

    async def _health(self, request: Empty, caller: Caller) -> Health:
        self.health_asked += 1
        await asyncio.sleep(0.05)
        return Health(ready=True, failing=[])

    async def _authenticate(self, request: Authenticate, caller: Caller) -> Session:
        self.authenticated += 1
        if not (request.secret.startswith("c" * 22) and self.signed_in):
            raise Refusal(ErrorKind.UNAUTHENTICATED)
        return Session(
            session_id=SESSION_ID,
            account_id=ACCOUNT,
            role="user",
            tier="free",
            entitlements=[],
            fresh_until=Clock().now() + timedelta(minutes=5),
        )

    async def _register(self, request: Any, caller: Caller) -> Done:
        return Done()

    async def _granted(self, request: GrantedRequest, caller: Caller) -> Granted:
        self.consent_asked += 1
        answer = Granted(purposes=sorted(self.granted))
        if self.before_consent is not None:
            await self.before_consent()
        return answer

    async def _set_consent(self, request: SetConsent, caller: Caller) -> Answer:
        self.consent_callers.append(caller.account_id)
        return Answer(b"{}")

    async def _token(self, request: Any, caller: Caller) -> Answer:
        self.tokens += 1
        return Answer(b"{}")

    async def _tools(self, request: Empty, caller: Caller) -> Tools:
        return Tools(tools=[])

    async def _open(self, request: Open, caller: Caller) -> Opened:
        """As dsar: the same key is the same case."""
        self.opened += 1
        return Opened(
            id=(caller.idempotency_key or new_id())[:22],
            right=request.right,
            state=State.GATHERING,
            due_at=Clock().now(),
            case_secret="e" * 43,
        )

    async def _subscribe(self, request: Any, caller: Caller) -> Done:
        self.subscribed += 1
        self.idempotency_keys.append(caller.idempotency_key)
        if self.subscribe is not None:
            await self.subscribe()
        return Done()

    async def _generate(self, request: Generate, caller: Caller) -> Chunks:
        async for chunk in self._counted(self.generate()):
            yield chunk

    async def _package(self, request: Any, caller: Caller) -> Chunks:
        async for chunk in self._counted(self.package()):
            yield chunk

    async def _counted(self, chunks: Chunks) -> Chunks:
        self.running += 1
        self.closed.clear()
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            self.running -= 1
            self.closed.set()

    async def until_left(self, seconds: float = 1.0) -> None:
        """The work was ended within the time."""
        async with asyncio.timeout(seconds):
            await self.closed.wait()


class Gateway:
    """The whole gateway on a free port; `owners` are there before it is."""

    def __init__(self, server: NatsServer, directory: Path, database_url: str | None = None) -> None:
        self.owners = Owners(server)
        self.port = any_port()
        web = directory / "web"
        web.mkdir(exist_ok=True)
        (web / "index.html").write_text("<!doctype html><title>Larabot</title>")
        self.settings = GatewaySettings(
            nats_url=server.url,
            nats_seed=SecretStr(server.seed("gateway")),
            nats_events_seed=SecretStr(server.seed("gateway", "EVENTS")),
            nats_content_seed=SecretStr(server.seed("gateway", "CONTENT")),
            drain_seconds=1.5,
            database_url=SecretStr(database_url or f"sqlite:///{directory}/gateway.db"),
            receipt_seed=SecretStr("5a" * 32),
            public_url="http://localhost:8000",
            listen_port=self.port,
            listen_host="127.0.0.1",
            web_dir=web,
            seal_key=SecretStr("1a" * 32),
            keys_file=directory / "gateway.keys",
        )
        self.service: Service
        self._living: asyncio.Task[int]
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.owners)
        await self.start()
        self.http = await self._stack.enter_async_context(self.client())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()  # a gateway that ends waits a little for the next request on a kept connection
        await self.stop()
        release(self.port)
        await self._stack.aclose()

    async def start(self) -> None:
        self.service = build(self.settings)
        self._living = asyncio.create_task(self.service.live())
        async with asyncio.timeout(READY_SECONDS_MAX):
            while not (self.service.ready and await self._listens()):
                if self._living.done():
                    self._living.result()
                    raise AssertionError("the gateway ended")
                await asyncio.sleep(0.02)

    async def stop(self) -> int:
        self.service.stop()
        return await self._living

    async def stopped(self) -> int:
        """The exit status of one that ends by itself."""
        return await asyncio.shield(self._living)

    def client(self, **headers: str) -> httpx.AsyncClient:
        timeout = httpx.Timeout(20)
        return http.async_client(base_url=self.url, timeout=timeout, headers=headers)

    async def raw(self, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare connection on which something was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        await writer.drain()
        return reader, writer

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


def request_bytes(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as it stands on the wire."""
    named = {"Host": "localhost", "Content-Length": str(len(body)), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def generate_bytes(body: bytes = b'{"inputs":{"text":"Solen skiner."}}') -> bytes:
    """A signed-in request for a streamed answer, as it stands on the wire."""
    headers = {**SIGNED_IN, "Content-Type": "application/json"}
    return request_bytes("POST", "/api/text/simplify", body, **headers)
