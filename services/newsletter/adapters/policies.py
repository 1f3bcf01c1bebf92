"""Reads `policies/`: the letters' texts, the version of the privacy policy in force, Brevo's contact attributes."""

from pathlib import Path

import orjson

from services.newsletter.domain.letters import Occasion, Texts


def read_letters(policies: Path) -> Texts:
    """Subject and text of each letter; every occasion must be there."""
    letters = orjson.loads((policies / "letters" / "newsletter.json").read_bytes())
    return {
        occasion: {language: (words["subject"], words["text"]) for language, words in letters[occasion.value].items()}
        for occasion in Occasion
    }


def read_notice_version(policies: Path) -> str:
    """The version of the policy that a subscription is asked for under: the last one published."""
    return max(folder.name for folder in (policies / "text").iterdir() if folder.is_dir())


def read_brevo_attributes(policies: Path) -> dict[str, str]:
    """Brevo's name of each attribute that it is told, and the field of a subscription that it comes from."""
    attributes: dict[str, str] = orjson.loads((policies / "newsletter.json").read_bytes())["brevo_attributes"]
    return attributes
