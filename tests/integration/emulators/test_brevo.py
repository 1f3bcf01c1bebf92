"""The Brevo emulator as the vendor's own SDK sees it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from brevo import AsyncBrevo
from brevo.contacts import (
    AddContactToListRequestBodyExtIds,
    RemoveContactFromListRequestBodyExtIds,
)
from brevo.core.api_error import ApiError
from brevo.errors import BadRequestError, NotFoundError
from brevo.transactional_emails import SendTransacEmailRequestSender, SendTransacEmailRequestToItem
from brevo.webhooks import CreateWebhookRequestAuth

from tests.integration.emulators.running import Running
from tests.support import http

ADDRESS = "elev@skola.example"


@pytest.fixture
def brevo(shared_emulator: Callable[[str], Running]) -> Running:
    return shared_emulator("brevo")


@pytest.fixture
def client(brevo: Running) -> AsyncBrevo:
    return AsyncBrevo(base_url=f"{brevo.url}/v3", api_key="xkeysib-emulator", max_retries=0, timeout=5)


async def send(client: AsyncBrevo, **more: Any) -> Any:
    return await client.transactional_emails.send_transac_email(
        sender=SendTransacEmailRequestSender(email="kontakt@larabot.example", name="Larabot"),
        to=[SendTransacEmailRequestToItem(email=ADDRESS)],
        subject="Nyhetsbrev",
        html_content="<p>Hej</p>",
        **more,
    )


async def test_a_contact_lives_by_our_own_id_from_creation_to_deletion(brevo: Running, client: AsyncBrevo) -> None:
    created = await client.contacts.create_contact(email=ADDRESS, ext_id="ours-1", list_ids=[2])
    shown = await client.contacts.get_contact_info("ours-1", identifier_type="ext_id")
    assert (shown.id, shown.email, shown.list_ids) == (created.id, ADDRESS, [2])
    await client.contacts.update_contact("ours-1", identifier_type="ext_id", email_blacklisted=True)
    assert brevo.get("/__emu/contacts")[0]["emailBlacklisted"] is True
    await client.contacts.delete_contact("ours-1", identifier_type="ext_id")
    assert brevo.get("/__emu/contacts") == []
    with pytest.raises(NotFoundError) as gone:
        await client.contacts.delete_contact("ours-1", identifier_type="ext_id")
    assert gone.value.body["code"] == "document_not_found"


async def test_a_second_contact_of_the_same_address_is_a_duplicate_unless_updates_are_enabled(
    client: AsyncBrevo,
) -> None:
    await client.contacts.create_contact(email=ADDRESS, ext_id="ours-1")
    with pytest.raises(BadRequestError) as refusal:
        await client.contacts.create_contact(email=ADDRESS.upper())
    assert refusal.value.body["code"] == "duplicate_parameter"
    assert refusal.value.body["metadata"] == {"duplicate_identifiers": ["email"]}
    assert await client.contacts.create_contact(email=ADDRESS, list_ids=[3], update_enabled=True) is None
    assert (await client.contacts.get_contact_info(ADDRESS)).list_ids == [3]


async def test_lists_are_joined_and_left(client: AsyncBrevo) -> None:
    await client.contacts.create_contact(email=ADDRESS, ext_id="ours-1")
    await client.contacts.add_contact_to_list(2, request=AddContactToListRequestBodyExtIds(ext_ids=["ours-1"]))
    assert (await client.contacts.get_contact_info(ADDRESS)).list_ids == [2]
    gone = RemoveContactFromListRequestBodyExtIds(ext_ids=["ours-1"])
    await client.contacts.remove_contact_from_list(2, request=gone)
    assert (await client.contacts.get_contact_info(ADDRESS)).list_ids == []


async def test_double_opt_in_makes_the_contact_only_after_the_click(brevo: Running, client: AsyncBrevo) -> None:
    await client.contacts.create_doi_contact(
        email=ADDRESS, include_list_ids=[2], redirection_url="http://localhost/done", template_id=1
    )
    assert brevo.get("/__emu/contacts") == []
    link = brevo.get("/__emu/mails")[0]["params"]["DOIurl"]
    for _ in range(2):
        answer = http.get(link)
        assert (answer.status_code, answer.headers["location"]) == (302, "http://localhost/done")
    (contact,) = brevo.get("/__emu/contacts")
    assert contact["listIds"] == [2]
    assert http.get(f"{brevo.url}/doi/unknown").status_code == 404


async def test_mail_is_kept_and_its_log_can_be_deleted(brevo: Running, client: AsyncBrevo) -> None:
    sent = await send(client)
    assert sent.message_id.endswith("@smtp-relay.mailin.fr>")
    assert brevo.get("/__emu/mails")[0]["htmlContent"] == "<p>Hej</p>"
    await client.transactional_emails.delete_an_smtp_transactional_log(sent.message_id)
    assert brevo.get("/__emu/mails") == []


async def test_the_same_idempotency_key_sends_one_mail_even_when_the_answer_was_lost(
    brevo: Running, client: AsyncBrevo
) -> None:
    brevo.fault(status=502, applied=True, match={"path": "/smtp/email"})
    with pytest.raises(ApiError) as lost:
        await send(client, headers={"idempotencyKey": "k1"})
    assert lost.value.status_code == 502
    await send(client, headers={"idempotencyKey": "k1"})
    assert len(brevo.get("/__emu/mails")) == 1
    brevo.post("/__emu/clock", {"offset_seconds": 16 * 60})
    await send(client, headers={"idempotencyKey": "k1"})
    assert len(brevo.get("/__emu/mails")) == 2


async def test_the_sdk_left_alone_sends_a_refused_mail_again(brevo: Running) -> None:
    brevo.fault(status=502, match={"path": "/smtp/email"})
    eager = AsyncBrevo(base_url=f"{brevo.url}/v3", api_key="xkeysib-emulator", max_retries=1)
    await send(eager)
    assert len(brevo.requests()) == 2


async def test_webhooks_are_made_listed_and_deleted(client: AsyncBrevo) -> None:
    made = await client.webhooks.create_webhook(
        url="https://larabot.example/webhooks/brevo/marketing",
        type="marketing",
        events=["unsubscribed", "contactDeleted"],
        auth=CreateWebhookRequestAuth(type="bearer", token="t"),
    )
    assert (await client.webhooks.get_webhook(made.id)).events == ["unsubscribed", "contactDeleted"]
    await client.webhooks.delete_webhook(made.id)
    with pytest.raises(NotFoundError):
        await client.webhooks.get_webhook(made.id)


async def test_webhook_events_are_spelled_in_camel_case_when_asked_for(client: AsyncBrevo) -> None:
    with pytest.raises(BadRequestError):
        await client.webhooks.create_webhook(url="https://x.example", type="marketing", events=["contact_deleted"])


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    calls = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", calls
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_call_is_pushed_in_the_vendors_shape(
    brevo: Running, receiver: tuple[str, list[tuple[str, Any]]]
) -> None:
    url, calls = receiver
    order = {"url": url, "token": "secret", "event": "unsubscribe", "email": ADDRESS}
    assert brevo.post("/__emu/webhook", order) == {"statuses": [204]}
    brevo.post("/__emu/webhook", {**order, "event": "hard_bounce", "kind": "transactional", "batched": True})
    brevo.post("/__emu/webhook", {**order, "event": "contact_deleted", "email": [ADDRESS]})
    marketing, transactional, deleted = calls
    assert marketing[0] == "Bearer secret"
    assert marketing[1]["campaign name"] == "Nyhetsbrev"
    assert transactional[1][0]["ts_epoch"] > 10**12
    assert deleted[1]["email"] == [ADDRESS]


def test_webhooks_go_to_loopback_only(brevo: Running) -> None:
    order = {"url": "http://larabot.example/", "event": "unsubscribe", "email": ADDRESS}
    assert http.post(f"{brevo.url}/__emu/webhook", json=order).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v3/contacts", {}, 400, "missing_parameter"),
        ("POST", "/v3/contacts", {"email": "nobody"}, 400, "invalid_parameter"),
        ("POST", "/v3/contacts", {"email": ADDRESS, "listIds": [999]}, 400, "invalid_parameter"),
        ("POST", "/v3/contacts", {"email": ADDRESS, "school": "x"}, 400, "invalid_parameter"),
        ("POST", "/v3/smtp/email", {"to": [{"email": ADDRESS}]}, 400, "missing_parameter"),
        ("GET", "/v3/contacts/1?identifierType=shoe", None, 400, "invalid_parameter"),
        ("GET", "/v3/nothing", None, 404, "document_not_found"),
        ("DELETE", "/v3/account", None, 405, "method_not_allowed"),
    ],
)
def test_wrong_calls_get_the_vendors_error(
    brevo: Running, method: str, path: str, body: Any, status: int, code: Any
) -> None:
    answer = http.request(method, f"{brevo.url}{path}", json=body, headers={"api-key": "xkeysib-emulator"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_wrong_key_is_refused_and_the_rate_is_told(brevo: Running) -> None:
    answer = http.get(f"{brevo.url}/v3/contacts", headers={"api-key": "xkeysib-other"})
    assert (answer.status_code, answer.json()) == (401, {"code": "unauthorized", "message": "Key not found"})
    assert answer.headers["x-sib-ratelimit-reset"] == "1"


async def test_contacts_changed_since_a_moment(brevo: Running, client: AsyncBrevo) -> None:
    await client.contacts.create_contact(email=ADDRESS)
    brevo.post("/__emu/clock", {"offset_seconds": 3600})
    await client.contacts.create_contact(email="annan@skola.example")
    latest = (await client.contacts.get_contact_info("annan@skola.example")).modified_at
    found = await client.contacts.get_contacts(modified_since=latest)
    assert [contact.email for contact in found.contacts] == ["annan@skola.example"]
