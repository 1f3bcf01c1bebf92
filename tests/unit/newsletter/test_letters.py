"""What readers are written."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from chassis.mail import Letter as MailLetter
from services.newsletter.adapters.policies import read_letters
from services.newsletter.domain.letters import Letter, LetterTemplates, Occasion

POLICIES = Path(__file__).resolve().parents[3] / "policies"
WORDS = {"sv": "nyhetsbrev", "nb": "nyhetsbrev", "en": "newsletter"}
TOKEN = "t" * 43


@pytest.fixture
def templates() -> LetterTemplates:
    return LetterTemplates(read_letters(POLICIES), "https://larabot.example.org/")


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("occasion", Occasion)
def test_every_letter_names_the_newsletter_and_begins_with_its_link(
    templates: LetterTemplates, occasion: Occasion, language: str
) -> None:
    if occasion is Occasion.CONFIRM:
        letter, path = templates.ask_to_confirm("a@b.example", language, TOKEN), "confirm"
    else:
        letter, path = templates.of_newsletter(occasion, "a@b.example", language, TOKEN), "unsubscribe"
    assert WORDS[language] in letter.subject.lower()
    assert letter.text.startswith(f"https://larabot.example.org/newsletter/{path}#token={TOKEN}\n")
    assert "Midgard AI AS" in letter.text
    assert "kontakt@larabot.se" in letter.html


def test_one_click_unsubscribe_survives_being_rendered(templates: LetterTemplates) -> None:
    letter = templates.of_newsletter(Occasion.WELCOME, "a@b.example", "sv", TOKEN)
    raw = rendered(letter)
    link = f"<https://larabot.example.org/newsletter/unsubscribe/{TOKEN}>"
    assert f"List-Unsubscribe: {link}\r\n".encode() in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert message_from_bytes(raw, policy=policy.default)["List-Unsubscribe"] == link


def test_the_letter_that_asks_is_no_newsletter_yet(templates: LetterTemplates) -> None:
    assert b"List-Unsubscribe" not in rendered(templates.ask_to_confirm("a@b.example", "sv", TOKEN))


def rendered(letter: Letter) -> bytes:
    return MailLetter(
        to=letter.to, subject=letter.subject, text=letter.text, html=letter.html, headers=letter.headers
    ).rendered()
