"""Brevo's transactional mail, delivered into memory."""

import secrets
from collections import deque
from typing import Any

from emulators.brevo.refusals import checked, invalid, missing, not_found
from emulators.clock import Clock, stamp

MAILS_KEPT = 1_000
IDEMPOTENCY_SECONDS = 15 * 60
KEYS = {
    *("sender", "to", "bcc", "cc", "replyTo", "subject", "htmlContent", "textContent", "templateId", "params"),
    *("tags", "headers", "attachment", "scheduledAt", "batchId", "messageVersions"),
}


class Mail:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: deque[dict[str, Any]] = deque(maxlen=MAILS_KEPT)
        self._answered: dict[str, tuple[float, str]] = {}

    def send(self, body: Any) -> str:
        """The message id; a call with a known idempotency key gets the first one's, and sends nothing."""
        message = _valid(body)
        headers = message.get("headers") or {}
        key = next((str(headers[name]) for name in headers if name.lower() == "idempotencykey"), None)
        known = self._answered.get(key) if key else None
        if known and known[0] > self._clock.seconds():
            return known[1]
        message_id = f"<{stamp(self._clock.now())[:10]}.{secrets.token_hex(8)}@smtp-relay.mailin.fr>"
        if key:
            self._remember(key, message_id)
        if headers.get("X-Sib-Sandbox") != "drop":
            self.deliver(message, message_id)
        return message_id

    def deliver(self, message: dict[str, Any], message_id: str) -> None:
        self._sent.append({**message, "messageId": message_id, "at": stamp(self._clock.now())})

    def delete_log(self, identifier: str) -> None:
        """One mail by its message id, or all to one address."""
        gone = [mail for mail in self._sent if identifier == mail["messageId"] or identifier in _recipients(mail)]
        if not gone:
            raise not_found("Log")
        self._sent = deque((mail for mail in self._sent if mail not in gone), maxlen=MAILS_KEPT)

    def all(self) -> list[dict[str, Any]]:
        return list(self._sent)

    def clear(self) -> None:
        self._sent.clear()
        self._answered.clear()

    def _remember(self, key: str, message_id: str) -> None:
        while len(self._answered) >= MAILS_KEPT:
            self._answered.pop(next(iter(self._answered)))
        self._answered[key] = (self._clock.seconds() + IDEMPOTENCY_SECONDS, message_id)


def _valid(body: Any) -> dict[str, Any]:
    message = checked(body, KEYS, ["to"])
    if "templateId" not in message:
        checked(message, KEYS, ["sender", "subject"])
        if not message.get("htmlContent") and not message.get("textContent"):
            raise missing("htmlContent")
    if not isinstance(message["to"], list) or not all(_is_recipient(one) for one in message["to"]):
        raise invalid("email is not valid in to")
    for value in (message.get("headers") or {}).values():
        if not str(value).isascii():
            raise invalid("headers are not valid")
    return message


def _is_recipient(one: Any) -> bool:
    return isinstance(one, dict) and "@" in str(one.get("email"))


def _recipients(mail: dict[str, Any]) -> list[str]:
    return [str(recipient["email"]) for recipient in mail["to"]]
