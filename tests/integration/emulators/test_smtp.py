"""The mail sink as a mail client and a reader see it."""

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from tests.integration.emulators.running import Running
from tests.support import http


@pytest.fixture
def sink(shared_emulator: Callable[[str], Running]) -> Running:
    return shared_emulator("smtp")


def mail(to: str = "elev@skola.example", subject: str = "Bekräfta nyhetsbrev") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "Larabot <hej@larabot.example>", to, subject
    message.set_content("Välkommen!\nhttp://localhost:8000/confirm#token=abc.\n\n/Larabot på nätet")
    message.add_alternative(
        '<p>Välkommen! <a href="http://localhost:8000/confirm#token=abc">Bekräfta</a> '
        '<a href="http://localhost:8000/privacy">Integritet</a></p><script>parent.x = 1</script>',
        subtype="html",
    )
    return message


async def send(sink: Running, message: EmailMessage) -> Any:
    return await aiosmtplib.send(message, hostname="127.0.0.1", port=sink.ports["smtp"], timeout=5)


async def test_a_sent_mail_is_read_with_its_letters_and_links(sink: Running) -> None:
    await send(sink, mail())
    (message,) = sink.get("/messages")
    assert (message["to"], message["subject"]) == ("elev@skola.example", "Bekräfta nyhetsbrev")
    assert message["text"].startswith("Välkommen!")
    assert "<p>Välkommen!" in message["html"]
    assert message["links"] == ["http://localhost:8000/confirm#token=abc", "http://localhost:8000/privacy"]
    assert message["at"].endswith("Z")


async def test_messages_stand_oldest_first_and_pages_newest_first(sink: Running) -> None:
    for subject in ("ett", "två"):
        await send(sink, mail(subject=subject))
    assert [message["subject"] for message in sink.get("/messages")] == ["ett", "två"]
    page = http.get(sink.url).text
    assert page.index("två") < page.index("ett")


async def test_a_page_shows_one_mail_with_links_and_no_script(sink: Running) -> None:
    await send(sink, mail())
    (message,) = sink.get("/messages")
    answer = http.get(f"{sink.url}/message/{message['id']}")
    assert 'href="http://localhost:8000/confirm#token=abc"' in answer.text
    assert 'sandbox="allow-popups' in answer.text
    assert "<script>" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert http.get(f"{sink.url}/message/99999999").status_code == 404


async def test_an_address_that_bounces_is_refused(sink: Running) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
        await send(sink, mail(to="bounce@skola.example"))
    assert refusal.value.recipients[0].code == 550
    assert sink.get("/messages") == []


async def test_a_mail_over_the_limit_is_refused(sink: Running) -> None:
    large = mail()
    large.add_attachment(b"x" * 1_100_000, maintype="application", subtype="octet-stream")
    with pytest.raises(aiosmtplib.SMTPException):
        await send(sink, large)
    assert sink.get("/messages") == []


async def test_ordered_refusals_come_the_ordered_number_of_times(sink: Running) -> None:
    sink.fault(status=451, times=2)
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
            await send(sink, mail())
        assert refusal.value.code == 451
    await send(sink, mail())
    assert len(sink.get("/messages")) == 1


async def test_messages_can_be_cleared(sink: Running) -> None:
    await send(sink, mail())
    assert http.delete(f"{sink.url}/messages").status_code == 204
    assert sink.get("/messages") == []
    assert sink.requests() == []


async def test_messages_outlive_a_restart_in_files_named_mail(emulator: Callable[..., Running], tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = emulator("smtp", "--data", str(data))
    await send(first, mail(subject="före"))
    assert first.stop() == 0
    second = emulator("smtp", "--data", str(data))
    await send(second, mail(subject="efter"))
    assert [message["subject"] for message in second.get("/messages")] == ["före", "efter"]
    assert all(entry.name.startswith("mail") for entry in data.iterdir())
