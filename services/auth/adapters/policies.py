"""Reads what is data: tiers, the list of common passwords, the words of letters."""

from pathlib import Path

import orjson

from services.auth.domain.letters import Occasion, Words
from services.auth.domain.tiers import Allowance, Tier, Tiers


def read_tiers(policies: Path) -> Tiers:
    """Every tier with its entitlements and quotas."""
    table = orjson.loads((policies / "tiers.json").read_bytes())
    by_name = {
        name: Tier(
            entitlements=tuple(tier["entitlements"]),
            quotas=tuple(
                Allowance(tool=one["tool"], limit=one["limit"], window_seconds=one["window_seconds"])
                for one in tier["quotas"]
            ),
        )
        for name, tier in table["tiers"].items()
    }
    return Tiers(by_name=by_name, initial=table["initial"])


def read_common_passwords(policies: Path) -> frozenset[str]:
    """The list, folded; lines that begin with # are remarks."""
    lines = (policies / "password_blocklist.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.casefold() for line in lines if line and not line.startswith("# "))


def read_letters(policies: Path) -> Words:
    """Subject and text of each letter; every occasion must be there."""
    letters = orjson.loads((policies / "letters" / "auth.json").read_bytes())
    return {
        occasion: {language: (words["subject"], words["text"]) for language, words in letters[occasion.value].items()}
        for occasion in Occasion
    }
