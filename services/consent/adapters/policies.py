"""Reads the policy: its texts by version and language, and the lists that stand beside it."""

import hashlib
from pathlib import Path
from typing import Any

import orjson

from contracts.consent import PolicyText, PolicyVersion
from contracts.errors import ErrorKind, Refusal
from kernel.durations import in_largest_unit, read_duration
from services.consent.domain import Shown

UNITS = {
    "days": {"sv": "dygn", "nb": "døgn", "en": "days"},
    "hours": {"sv": "timmar", "nb": "timer", "en": "hours"},
    "minutes": {"sv": "minuter", "nb": "minutter", "en": "minutes"},
    "seconds": {"sv": "sekunder", "nb": "sekunder", "en": "seconds"},
}


class PolicyFiles:
    """The policy as files; all is read at the start, so that a missing text is noticed then."""

    def __init__(self, policies: Path, holders: Path) -> None:
        notice = _read(policies / "notice.json")
        self.version: str = notice["in_force"]
        self.valid_versions: frozenset[str] = frozenset(notice["consents_hold_since"])
        self._controller: dict[str, str] = notice["controller"]
        self._texts = {
            (folder.name, text.stem): text.read_text(encoding="utf-8")
            for folder in sorted((policies / "text").iterdir())
            for text in sorted(folder.glob("*.md"))
        }
        self._languages = [language for language in notice["languages"] if self._hash(self.version, language)]
        self._lists = {name: _read(policies / f"{name}.json") for name in ("purposes", "processors", "cookies")}
        self._retention = _retention(_read(holders)) if holders.exists() else []

    def shown(self, language: str) -> Shown:
        return Shown(
            controller=self._controller["name"],
            version=self.version,
            hash=self._hash(self.version, language),
            language=language,
            legal_basis="consent",
        )

    def in_force(self) -> PolicyVersion:
        """The policy in force, with its lists."""
        return PolicyVersion(
            version=self.version,
            languages=self._languages,
            controller=self._controller,
            purposes=self._lists["purposes"],
            processors=self._lists["processors"],
            cookies=self._lists["cookies"],
            retention=self._retention,
        )

    def text(self, version: str, language: str) -> PolicyText:
        """One text.

        Raises:
            Refusal: there is none.
        """
        if (version, language) not in self._texts:
            raise Refusal(ErrorKind.NOT_FOUND, "policy-text")
        markdown = self._texts[version, language]
        return PolicyText(version=version, lang=language, markdown=markdown, hash=self._hash(version, language))

    def _hash(self, version: str, language: str) -> str:
        return hashlib.sha256(self._texts[version, language].encode()).hexdigest()


def _read(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def _retention(document: Any) -> list[dict[str, Any]]:
    """What is kept where and how long, as the inventories of all services say it."""
    return [
        {
            "holder": holder["holder"],
            "store": store["store"],
            "categories": store["categories"],
            "purpose": store["purpose"],
            "legal_basis": store["legal_basis"],
            "retention": in_words(store["retention"]),
            "recipients": store["recipients"] if "recipients" in store else [store["recipient"]],
        }
        for inventory in document["inventories"].values()
        for holder in inventory["holders"]
        for store in holder["stores"]
        if store["personal_data"]
    ]


def in_words(duration: str) -> dict[str, str]:
    """An ISO 8601 period as the inventory writes it, in the three languages."""
    count, unit = in_largest_unit(read_duration(duration))
    return {language: f"{count} {word}" for language, word in UNITS[unit].items()}
