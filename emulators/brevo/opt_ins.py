"""Brevo's own double opt-in: the asked-for subscriptions that wait for a click."""

import secrets
from dataclasses import dataclass
from typing import Any

from emulators.brevo.contacts import Contacts
from emulators.brevo.mail import Mail
from emulators.brevo.refusals import checked, not_found

WAITING_MOST = 1_000
KEYS = {"email", "includeListIds", "excludeListIds", "redirectionUrl", "templateId", "attributes"}
NEEDED = ["email", "includeListIds", "redirectionUrl", "templateId"]


@dataclass(frozen=True, slots=True)
class OptIn:
    contact: dict[str, Any]
    redirection_url: str


class OptIns:
    def __init__(self, contacts: Contacts, mail: Mail) -> None:
        self._contacts = contacts
        self._mail = mail
        self._waiting: dict[str, OptIn] = {}

    def ask(self, body: Any, origin: str) -> bool:
        """Mails the link; tells whether the address is new."""
        asked = checked(body, KEYS, NEEDED)
        known = any(contact.email == asked["email"].lower() for contact in self._contacts.all())
        token = secrets.token_urlsafe(16)
        while len(self._waiting) >= WAITING_MOST:
            self._waiting.pop(next(iter(self._waiting)))
        contact = {
            "email": asked["email"],
            "listIds": asked["includeListIds"],
            "attributes": {**(asked.get("attributes") or {}), "DOUBLE_OPT-IN": "1"},
            "updateEnabled": True,
        }
        self._waiting[token] = OptIn(contact, asked["redirectionUrl"])
        link = f"{origin}/doi/{token}"
        message = {"to": [{"email": asked["email"]}], "subject": "Confirm", "templateId": asked["templateId"]}
        params = {"params": {"DOIurl": link}, "htmlContent": f'<a href="{link}">Confirm</a>'}
        self._mail.deliver({**message, **params}, f"<{token}@smtp-relay.mailin.fr>")
        return not known

    def click(self, token: str) -> str:
        """Clicking again changes nothing and leads to the same place."""
        opt_in = self._waiting.get(token)
        if opt_in is None:
            raise not_found("Link")
        self._contacts.create(opt_in.contact)
        return opt_in.redirection_url

    def clear(self) -> None:
        self._waiting.clear()
