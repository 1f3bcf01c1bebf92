"""Translations of what the inventory and the certificate say in English; the texts are in `policies/translations`."""

import re
from collections.abc import Mapping
from pathlib import Path

import orjson

from kernel.durations import in_largest_unit, read_duration

FILES = ("facts", "columns", "stores", "holders", "certificate", "pages")
UNITS = {
    "days": {"sv": ("dag", "dagar"), "nb": ("dag", "dager"), "en": ("day", "days")},
    "hours": {"sv": ("timme", "timmar"), "nb": ("time", "timer"), "en": ("hour", "hours")},
    "minutes": {"sv": ("minut", "minuter"), "nb": ("minutt", "minutter"), "en": ("minute", "minutes")},
    "seconds": {"sv": ("sekund", "sekunder"), "nb": ("sekund", "sekunder"), "en": ("second", "seconds")},
}
MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|\+00:00)")
# Columns that hold one of a few words of ours. Anything else is what somebody wrote, and stays as it is.
OF_FIXED_WORDS = frozenset(
    {"role", "tier", "status", "state", "right", "kind", "purpose", "event", "method", "legal_basis", "tool"}
)


class Translations:
    """The translations into one language (a tag of BCP 47); a phrase without a translation is returned unchanged."""

    def __init__(self, files: Mapping[str, Mapping[str, Mapping[str, str]]], language: str) -> None:
        self._files = files
        self.language = language

    def fact(self, phrase: str) -> str:
        """A purpose, source, legal basis, category or recipient, as the inventory writes it."""
        return self._said("facts", phrase)

    def column(self, name: str) -> str:
        """The heading of a column, by its name in the table."""
        return self._said("columns", name)

    def store(self, name: str) -> str:
        """What a store holds, by the name of its table."""
        return self._said("stores", name)

    def holder(self, name: str) -> str:
        """The name of a holder for people: a service of ours, or a recipient."""
        return self._said("holders", name)

    def certified(self, phrase: str) -> str:
        """A sentence of the certificate, by its English form."""
        return self._said("certificate", phrase)

    def label(self, name: str) -> str:
        """A heading or a fixed text of the readable pages, by its key in `pages.json`."""
        return self._said("pages", name)

    def duration(self, iso: str) -> str:
        """A duration of ISO 8601 in words, in its largest unit; any other text unchanged."""
        try:
            count, unit = in_largest_unit(read_duration(iso))
        except ValueError:
            return iso
        one, many = UNITS[unit][self.language]
        return f"{count} {one if count == 1 else many}"

    def value(self, column: str, value: object) -> object:
        """The value of a column as people read it: times in UTC to the second, lists and mappings in one line."""
        if isinstance(value, Mapping):
            return ", ".join(f"{name}: {self.value(name, inner)}" for name, inner in value.items())
        if isinstance(value, list):
            return ", ".join(str(self.value(column, inner)) for inner in value)
        if not isinstance(value, str):
            return value
        moment = MOMENT.fullmatch(value)
        if moment:
            return f"{moment[1]} {moment[2]} UTC"
        return self.fact(value) if column in OF_FIXED_WORDS else value

    def _said(self, file: str, phrase: str) -> str:
        return self._files[file].get(phrase, {}).get(self.language, phrase)


class TranslationFiles:
    """The translations into every language, read once at start from the folder `translations` of the policies."""

    def __init__(self, policies: Path) -> None:
        self._files = {name: orjson.loads((policies / "translations" / f"{name}.json").read_bytes()) for name in FILES}

    def into(self, language: str) -> Translations:
        """The translations into one language."""
        return Translations(self._files, language)
