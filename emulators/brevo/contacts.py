"""Brevo's contacts and the lists they stand in."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from emulators.brevo.refusals import Refusal, invalid, missing, not_found
from emulators.clock import Clock, stamp

LISTS = range(1, 21)
CONTACTS_KEPT = 10_000
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
IDENTIFIER_TYPES = {None, "email_id", "contact_id", "ext_id"}
CREATE_KEYS = {
    *("email", "ext_id", "attributes", "listIds", "updateEnabled", "emailBlacklisted", "smsBlacklisted"),
    *("smtpBlacklistSender", "forceMerge", "getId"),
}
BATCH_IDENTIFIERS = ("email", "id", "sms")
BATCH_KEYS = {
    *("email", "id", "sms", "ext_id", "attributes", "listIds", "unlinkListIds", "emailBlacklisted", "smsBlacklisted"),
    "smtpBlacklistSender",
}
UPDATE_KEYS = {
    *("attributes", "listIds", "unlinkListIds", "emailBlacklisted", "smsBlacklisted", "smtpBlacklistSender"),
    *("ext_id", "forceMerge"),
}


@dataclass(slots=True)
class Contact:
    id: int
    email: str | None
    ext_id: str | None
    created_at: str
    modified_at: str
    attributes: dict[str, Any] = field(default_factory=dict)
    list_ids: set[int] = field(default_factory=set)
    email_blacklisted: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "email": self.email,
            "ext_id": self.ext_id,
            "emailBlacklisted": self.email_blacklisted,
            "smsBlacklisted": False,
            "createdAt": self.created_at,
            "modifiedAt": self.modified_at,
            "listIds": sorted(self.list_ids),
            "attributes": self.attributes,
        }


class Contacts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._contacts: dict[int, Contact] = {}
        self._next = 1

    def create(self, body: dict[str, Any]) -> tuple[Contact, bool]:
        """The contact, and whether it is new; an old one is only changed where the call allows it."""
        email, ext_id = body.get("email"), body.get("ext_id")
        if email is None and ext_id is None:
            raise missing("email")
        _check_address(email)
        same = [contact for contact in self._contacts.values() if _is(contact, email, ext_id)]
        if same and not body.get("updateEnabled"):
            duplicates = ["email"] if same[0].email == _lower(email) else ["ext_id"]
            raise Refusal(
                400,
                "duplicate_parameter",
                f"Unable to create contact, {duplicates[0]} is already associated with another Contact",
                {"duplicate_identifiers": duplicates},
            )
        contact = same[0] if same else self._new(email)
        self._change(contact, body)
        return contact, not same

    def update(self, contact: Contact, body: dict[str, Any]) -> None:
        self._change(contact, body)

    def find(self, identifier: str, kind: str | None) -> Contact:
        if kind not in IDENTIFIER_TYPES:
            raise invalid("identifierType is not valid")
        for contact in self._contacts.values():
            if _named(contact, identifier, kind):
                return contact
        raise not_found("Contact")

    def delete(self, contact: Contact) -> None:
        del self._contacts[contact.id]

    def all(self, modified_since: datetime | None = None) -> list[Contact]:
        found = list(self._contacts.values())
        if modified_since is None:
            return found
        since = modified_since if modified_since.tzinfo else modified_since.replace(tzinfo=UTC)
        return [contact for contact in found if datetime.fromisoformat(contact.modified_at) >= since]

    def move(self, list_id: int, contacts: list[Contact], *, into: bool) -> None:
        _check_lists([list_id])
        for contact in contacts:
            (contact.list_ids.add if into else contact.list_ids.discard)(list_id)
            contact.modified_at = stamp(self._clock.now())

    def clear(self) -> None:
        self._contacts.clear()
        self._next = 1

    def _new(self, email: str | None) -> Contact:
        if len(self._contacts) >= CONTACTS_KEPT:
            raise Refusal(402, "not_enough_credits", "The emulator keeps no more contacts")
        now = stamp(self._clock.now())
        contact = Contact(self._next, _lower(email), None, now, now)
        self._contacts[contact.id] = contact
        self._next += 1
        return contact

    def update_all(self, changes: list[dict[str, Any]]) -> None:
        """Change each of several contacts; none of them if one is missing, and the answer says which."""
        named = [next((kind for kind in BATCH_IDENTIFIERS if one.get(kind) is not None), None) for one in changes]
        if not changes or None in named:
            raise invalid("Each contact must be identified by email, id or sms")
        found = [self._found(str(one[kind]), kind) for one, kind in zip(changes, named, strict=True) if kind]
        missed = [str(index) for index, contact in enumerate(found) if contact is None]
        if missed:
            raise Refusal(404, "document_not_found", f"No contact found for indexes {','.join(missed)}")
        for contact, one in zip(found, changes, strict=True):
            if contact is not None:
                self._change(contact, one)

    def _found(self, identifier: str, kind: str) -> Contact | None:
        identifier_type = "email_id" if kind == "email" else "contact_id"
        return next((one for one in self._contacts.values() if _named(one, identifier, identifier_type)), None)

    def _readdress(self, contact: Contact, email: str) -> None:
        _check_address(email)
        if any(other is not contact and other.email == _lower(email) for other in self._contacts.values()):
            raise Refusal(400, "duplicate_parameter", "Email is already associated with another Contact")
        contact.email = _lower(email)

    def _change(self, contact: Contact, body: dict[str, Any]) -> None:
        joined, left = body.get("listIds") or [], body.get("unlinkListIds") or []
        _check_lists(joined)
        _check_lists(left)
        attributes = {**(body.get("attributes") or {})}
        if "EMAIL" in attributes:
            self._readdress(contact, attributes.pop("EMAIL"))
        contact.attributes.update(attributes)
        contact.list_ids = (contact.list_ids | set(joined)) - set(left)
        contact.email_blacklisted = body.get("emailBlacklisted", contact.email_blacklisted)
        contact.ext_id = body.get("ext_id", contact.ext_id)
        contact.modified_at = stamp(self._clock.now())


def _lower(email: str | None) -> str | None:
    return None if email is None else email.lower()


def _check_address(email: Any) -> None:
    if email is not None and (not isinstance(email, str) or not ADDRESS.fullmatch(email)):
        raise invalid("Invalid email address")


def _check_lists(list_ids: Any) -> None:
    if not isinstance(list_ids, list) or any(number not in LISTS for number in list_ids):
        raise invalid("List ids are not valid or do not exist")


def _is(contact: Contact, email: str | None, ext_id: str | None) -> bool:
    return (email is not None and contact.email == _lower(email)) or (ext_id is not None and contact.ext_id == ext_id)


def _named(contact: Contact, identifier: str, kind: str | None) -> bool:
    if kind == "ext_id":
        return contact.ext_id == identifier
    if kind == "email_id" or (kind is None and "@" in identifier):
        return contact.email == identifier.lower()
    return str(contact.id) == identifier
