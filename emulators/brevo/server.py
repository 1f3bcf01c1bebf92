"""Brevo's REST interface under /v3, and what the door adds to it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from emulators.brevo import contacts, webhooks
from emulators.brevo.contacts import Contacts
from emulators.brevo.mail import Mail
from emulators.brevo.opt_ins import OptIns
from emulators.brevo.refusals import Refusal, checked, invalid, refuse
from emulators.brevo.webhooks import Webhooks
from emulators.door import Door, body_json, control_json, foreign_headers
from emulators.serving import Emulator, Options

KEY = "xkeysib-emulator"
NAMESPACE = ("api-", "x-sib-", "sib-", "x-mailin-")
KNOWN_HEADERS = {"api-key"}
PAGE_MOST = 1_000
# Requests a second and an hour; only told, faults decide who is refused.
RATE_LIMITS = {"/v3/contacts": "36000", "/v3/smtp/email": "3600000"}
OTHER_RATE_LIMIT = "100"

Work = Callable[[web.Request], Awaitable[web.Response]]


def admitted(work: Work) -> Work:
    """The key first, then the work; refusals become Brevo's errors, and every answer tells the rate."""

    async def answer(request: web.Request) -> web.Response:
        try:
            _check_headers(request)
            response = await work(request)
        except Refusal as refusal:
            response = refusal.answer()
        limit = next((rate for path, rate in RATE_LIMITS.items() if request.path.startswith(path)), OTHER_RATE_LIMIT)
        response.headers["x-sib-ratelimit-limit"] = limit
        response.headers["x-sib-ratelimit-remaining"] = str(int(limit) - 1)
        response.headers["x-sib-ratelimit-reset"] = "1"
        return response

    return answer


class Brevo:
    def __init__(self) -> None:
        self.door = Door("brevo", refuse, on_reset=self._reset, about=self._about)
        self._contacts = Contacts(self.door.clock)
        self._mail = Mail(self.door.clock)
        self._webhooks = Webhooks()
        self._opt_ins = OptIns(self._contacts, self._mail)

    def routes(self) -> list[web.RouteDef]:
        vendor: list[tuple[str, str, Work]] = [
            ("GET", "/account", self.account),
            ("POST", "/contacts", self.create_contact),
            ("GET", "/contacts", self.list_contacts),
            ("POST", "/contacts/batch", self.update_batch),
            ("POST", "/contacts/doubleOptinConfirmation", self.ask_opt_in),
            ("POST", "/contacts/lists/{list}/contacts/{move:add|remove}", self.move_contacts),
            ("GET", "/contacts/{identifier}", self.show_contact),
            ("PUT", "/contacts/{identifier}", self.update_contact),
            ("DELETE", "/contacts/{identifier}", self.delete_contact),
            ("POST", "/smtp/email", self.send_mail),
            ("DELETE", "/smtp/log/{identifier}", self.delete_log),
            ("DELETE", "/smtp/blockedContacts/{email}", self.unblock),
            ("GET", "/webhooks", self.list_webhooks),
            ("POST", "/webhooks", self.create_webhook),
            ("GET", "/webhooks/{id}", self.show_webhook),
            ("PUT", "/webhooks/{id}", self.update_webhook),
            ("DELETE", "/webhooks/{id}", self.delete_webhook),
        ]
        return [
            *(web.route(method, f"/v3{path}", admitted(work)) for method, path, work in vendor),
            web.get("/doi/{token}", self.click_opt_in),
            web.get("/__emu/contacts", self.all_contacts),
            web.get("/__emu/mails", self.all_mails),
            web.post("/__emu/webhook", self.push_webhook),
        ]

    async def account(self, _: web.Request) -> web.Response:
        return web.json_response({"email": "emulator@example.org", "companyName": "Emulator", "plan": []})

    async def create_contact(self, request: web.Request) -> web.Response:
        contact, new = self._contacts.create(checked(body_json(request), contacts.CREATE_KEYS))
        return web.json_response({"id": contact.id}, status=201) if new else web.Response(status=204)

    async def update_batch(self, request: web.Request) -> web.Response:
        batch = checked(body_json(request), {"contacts"}).get("contacts") or []
        self._contacts.update_all([checked(one, contacts.BATCH_KEYS) for one in batch])
        return web.Response(status=204)

    async def list_contacts(self, request: web.Request) -> web.Response:
        found = self._contacts.all(_moment(request, "modifiedSince"))
        first, count = _number(request, "offset", 0), min(_number(request, "limit", 50), PAGE_MOST)
        shown = [contact.as_json() for contact in found[first : first + count]]
        return web.json_response({"contacts": shown, "count": len(found)})

    async def ask_opt_in(self, request: web.Request) -> web.Response:
        new = self._opt_ins.ask(body_json(request), str(request.url.origin()))
        return web.Response(status=201 if new else 204)

    async def click_opt_in(self, request: web.Request) -> web.Response:
        try:
            target = self._opt_ins.click(request.match_info["token"])
        except Refusal as refusal:
            return refusal.answer()
        return web.Response(status=302, headers={"Location": target})

    async def move_contacts(self, request: web.Request) -> web.Response:
        named = checked(body_json(request), {"emails", "ids", "extIds"})
        kinds = (("emails", "email_id"), ("ids", "contact_id"), ("extIds", "ext_id"))
        found = [self._contacts.find(str(one), kind) for key, kind in kinds for one in named.get(key) or []]
        if not found:
            raise invalid("Pass at least one of emails, ids or extIds")
        into = request.match_info["move"] == "add"
        self._contacts.move(_list_number(request), found, into=into)
        moved: dict[str, Any] = {"success": [contact.email for contact in found], "failure": []}
        return web.json_response({"contacts": moved}, status=201)

    async def show_contact(self, request: web.Request) -> web.Response:
        return web.json_response(self._named(request).as_json())

    async def update_contact(self, request: web.Request) -> web.Response:
        self._contacts.update(self._named(request), checked(body_json(request), contacts.UPDATE_KEYS))
        return web.Response(status=204)

    async def delete_contact(self, request: web.Request) -> web.Response:
        self._contacts.delete(self._named(request))
        return web.Response(status=204)

    async def send_mail(self, request: web.Request) -> web.Response:
        return web.json_response({"messageId": self._mail.send(body_json(request))}, status=201)

    async def delete_log(self, request: web.Request) -> web.Response:
        self._mail.delete_log(request.match_info["identifier"])
        return web.Response(status=204)

    async def unblock(self, request: web.Request) -> web.Response:
        contact = self._contacts.find(request.match_info["email"], "email_id")
        self._contacts.update(contact, {"emailBlacklisted": False})
        return web.Response(status=204)

    async def list_webhooks(self, _: web.Request) -> web.Response:
        return web.json_response({"webhooks": self._webhooks.all()})

    async def create_webhook(self, request: web.Request) -> web.Response:
        return web.json_response({"id": self._webhooks.create(body_json(request))}, status=201)

    async def show_webhook(self, request: web.Request) -> web.Response:
        return web.json_response(self._webhooks.find(request.match_info["id"]))

    async def update_webhook(self, request: web.Request) -> web.Response:
        self._webhooks.update(request.match_info["id"], body_json(request))
        return web.Response(status=204)

    async def delete_webhook(self, request: web.Request) -> web.Response:
        self._webhooks.delete(request.match_info["id"])
        return web.Response(status=204)

    async def all_contacts(self, _: web.Request) -> web.Response:
        return web.json_response([contact.as_json() for contact in self._contacts.all()])

    async def all_mails(self, _: web.Request) -> web.Response:
        return web.json_response(self._mail.all())

    async def push_webhook(self, request: web.Request) -> web.Response:
        statuses = await webhooks.push(await control_json(request), self.door.clock)
        return web.json_response({"statuses": statuses})

    def _named(self, request: web.Request) -> contacts.Contact:
        return self._contacts.find(request.match_info["identifier"], request.query.get("identifierType"))

    def _reset(self) -> None:
        self._contacts.clear()
        self._mail.clear()
        self._webhooks.clear()
        self._opt_ins.clear()

    def _about(self) -> dict[str, Any]:
        return {
            "key": KEY,
            "lists": list(contacts.LISTS),
            "contacts": len(self._contacts.all()),
            "mails": len(self._mail.all()),
            "webhooks": len(self._webhooks.all()),
        }


def _check_headers(request: web.Request) -> None:
    if request.headers.get("api-key") != KEY:
        raise Refusal(401, "unauthorized", "Key not found")
    foreign = foreign_headers(request, NAMESPACE, KNOWN_HEADERS)
    if foreign:
        raise invalid(f"{foreign[0]} is not a known header")


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdecimal():
        raise invalid(f"{name} is not valid")
    return int(text)


def _moment(request: web.Request, name: str) -> datetime | None:
    text = request.query.get(name)
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError as wrong:
        raise invalid(f"{name} is not valid") from wrong


def _list_number(request: web.Request) -> int:
    text = request.match_info["list"]
    if not text.isdecimal():
        raise invalid("listId is not valid")
    return int(text)


def build(_: Options) -> Emulator:
    brevo = Brevo()
    return Emulator(brevo.door, brevo.door.application(brevo.routes()))
