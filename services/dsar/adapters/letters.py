"""Letters about cases, from the templates in `policies/letters/dsar.json` (Swedish, Norwegian, English)."""

from pathlib import Path

import orjson

from chassis.mail import Letter as MailLetter
from kernel.letters import as_page, as_text
from services.dsar.domain.case import Letter


class LetterTemplates:
    """Renders letters; their links lead to the platform's public address, with the secret in the fragment."""

    def __init__(self, policies: Path, public_url: str) -> None:
        self._templates = orjson.loads((policies / "letters" / "dsar.json").read_bytes())
        self._public_url = public_url.rstrip("/")

    def rendered(self, letter: Letter) -> MailLetter:
        """The letter in its recipient's language, as text and as a page."""
        template = self._templates[letter.kind][letter.language]
        link, language = self._link(letter), letter.language
        return MailLetter(
            to=letter.address,
            subject=template["subject"],
            text=as_text(language, link, template["text"]),
            html=as_page(language, link, template["text"]),
            headers={"Content-Language": language},
        )

    def _link(self, letter: Letter) -> str:
        if not letter.case_id:
            return f"{self._public_url}/privacy"
        return f"{self._public_url}/privacy/requests/{letter.case_id}#token={letter.case_secret}"
