"""The two listeners of the mail sink: SMTP that takes mail in, HTTP that shows it."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from emulators.clock import stamp
from emulators.door import Door
from emulators.faults import Fault
from emulators.serving import LOOPBACK, Emulator, Options
from emulators.smtp import pages
from emulators.smtp.messages import Messages

MESSAGE_LIMIT = 1024 * 1024
RECIPIENTS_LIMIT = 50
OPENING = "SMTP"


def refuse(status: int) -> web.Response:
    return web.json_response({"error": "the mail sink has nothing here"}, status=status)


class Sink:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._messages = Messages(options.data)
        self.door = Door("smtp", refuse, on_reset=self._messages.clear, about=self._about, records=False)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.front),
            web.get("/message/{id}", self.show),
            web.get("/messages", self.messages),
            web.delete("/messages", self.clear),
        ]

    async def messages(self, _: web.Request) -> web.Response:
        return web.json_response([asdict(message) for message in self._messages.all()])

    async def clear(self, _: web.Request) -> web.Response:
        self._messages.clear()
        return web.Response(status=204)

    async def front(self, _: web.Request) -> web.Response:
        return _html(pages.list_page(self._messages.all()))

    async def show(self, request: web.Request) -> web.Response:
        message = self._messages.find(request.match_info["id"])
        if message is None:
            return _html("<!doctype html><title>Gone</title><p>There is no such mail.", status=404)
        return _html(pages.message_page(message))

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.partition("@")[0].lower() == "bounce":
            return "550 5.1.1 No such mailbox"
        if len(envelope.rcpt_tos) >= RECIPIENTS_LIMIT:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        fault = self.door.faults.take("DATA", ",".join(envelope.rcpt_tos), content)
        await asyncio.sleep(fault.delay)
        if fault.status is not None and not fault.applied:
            return _reply(fault, fault.status)
        self._messages.add(envelope.rcpt_tos, content, stamp(self.door.clock.now()))
        return _reply(fault, fault.status) if fault.status is not None else "250 OK"

    async def listen(self) -> Mapping[str, int]:
        session = partial(
            SMTP, self, data_size_limit=MESSAGE_LIMIT, hostname="mail-sink", ident=OPENING, enable_SMTPUTF8=True
        )
        listener = await asyncio.get_running_loop().create_server(session, LOOPBACK, self._options.smtp_port)
        # The loop keeps a listening socket alive; the process ends it.
        return {"smtp": listener.sockets[0].getsockname()[1]}

    def _about(self) -> dict[str, Any]:
        return {"messages": len(self._messages.all()), "message_limit_bytes": MESSAGE_LIMIT}


def _reply(fault: Fault, status: int) -> str:
    return f"{status} {fault.body or 'Requested action aborted, try again later'}"


def _html(text: str, status: int = 200) -> web.Response:
    headers = {
        "Content-Security-Policy": pages.POLICY,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def build(options: Options) -> Emulator:
    sink = Sink(options)
    return Emulator(sink.door, sink.door.application(sink.routes()), sink.listen)
