"""What a page from elsewhere can do to an emulator in the browser of whoever develops: nothing."""

import socket
from collections.abc import Callable

import pytest

from tests.integration.emulators.running import Running
from tests.support import http

EMULATORS = ["azure_openai", "azure_speech", "brevo", "posthog", "smtp"]
EVIL = "https://evil.example"
PAGES = {
    "a page": {"Origin": EVIL},
    "a page on another port": {"Origin": "http://127.0.0.1:8000"},
    "a sandboxed page": {"Origin": "null"},
    "a page that hides its origin": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "a page of a neighbouring name": {"Sec-Fetch-Site": "same-site"},
}
ORDERS = {"faults": b'{"status": 500}', "clock": b'{"offset_seconds": 60}', "reset": b""}


def lines(running: Running) -> dict[str, int]:
    shown = running.get("/__emu/")
    return {name: shown[name] for name in ("requests", "faults", "clock_offset_seconds")}


@pytest.mark.parametrize("name", EMULATORS)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("door", ORDERS)
def test_a_page_from_elsewhere_gives_no_orders(
    shared_emulator: Callable[[str], Running], name: str, page: str, door: str
) -> None:
    running = shared_emulator(name)
    running.fault(status=418)
    before = lines(running)
    for kind in ("text/plain", "application/json"):
        headers = {**PAGES[page], "Content-Type": kind}
        answer = http.post(f"{running.url}/__emu/{door}", content=ORDERS[door], headers=headers)
        assert answer.status_code == 403
        assert not [header for header in answer.headers if header.startswith("access-control")]
    assert lines(running) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_an_order_that_a_page_can_send_unasked_is_refused_without_an_origin_too(
    shared_emulator: Callable[[str], Running], kind: str
) -> None:
    running = shared_emulator("brevo")
    answer = http.post(f"{running.url}/__emu/faults", content=ORDERS["faults"], headers={"Content-Type": kind})
    assert answer.status_code == 415
    bare = http.post(f"{running.url}/__emu/faults", content=ORDERS["faults"])
    assert bare.status_code == 415
    assert running.get("/__emu/")["faults"] == 0


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::1]", "0"])
@pytest.mark.parametrize("path", ["/messages", "/", "/__emu/", "/__emu/requests"])
def test_a_name_that_was_rebound_to_loopback_reads_nothing(
    shared_emulator: Callable[[str], Running], host: str, path: str
) -> None:
    answer = http.get(f"{shared_emulator('smtp').url}{path}", headers={"Host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("page", PAGES)
def test_a_page_from_elsewhere_reads_and_empties_no_mailbox(
    shared_emulator: Callable[[str], Running], page: str
) -> None:
    sink = shared_emulator("smtp")
    assert http.get(f"{sink.url}/messages", headers=PAGES[page]).status_code == 403
    assert http.delete(f"{sink.url}/messages", headers=PAGES[page]).status_code == 403


def test_the_sinks_own_page_and_a_followed_link_are_shown(shared_emulator: Callable[[str], Running]) -> None:
    sink = shared_emulator("smtp")
    own = {"Origin": sink.url, "Sec-Fetch-Site": "same-origin"}
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    framed = {**followed, "Sec-Fetch-Dest": "iframe"}
    assert [http.get(sink.url, headers=headers).status_code for headers in (own, followed, framed)] == [200, 200, 403]


def test_a_page_writes_no_mail_by_a_request_to_the_mail_port(shared_emulator: Callable[[str], Running]) -> None:
    sink = shared_emulator("smtp")
    letter = (
        "HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n"
    )
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{sink.ports['smtp']}\r\nConnection: keep-alive\r\n"
        f"Content-Length: {len(letter)}\r\nUser-Agent: x\r\nContent-Type: text/plain\r\nAccept: */*\r\n"
        f"Origin: {EVIL}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", sink.ports["smtp"]), timeout=5) as raw:
        raw.sendall((head + letter).encode())
        while raw.recv(4096):
            pass
    assert sink.get("/messages") == []


@pytest.mark.parametrize("name", ["azure_openai", "brevo", "posthog"])
def test_a_page_leaves_no_trace_at_a_vendor_that_only_servers_speak_to(
    shared_emulator: Callable[[str], Running], name: str
) -> None:
    running = shared_emulator(name)
    assert http.post(f"{running.url}/v3/contacts", content=b"{}", headers={"Origin": EVIL}).status_code == 403
    assert running.requests() == []


def test_browsers_speak_to_the_speech_service_from_pages_of_this_machine_only(
    shared_emulator: Callable[[str], Running],
) -> None:
    running = shared_emulator("azure_speech")
    url = f"{running.url}/speech/recognition/interactive/cognitiveservices/v1"
    ours = {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "cross-site"}
    assert http.get(url, headers=ours).status_code not in {403, 421}
    assert http.get(url, headers={"Origin": EVIL}).status_code == 403
