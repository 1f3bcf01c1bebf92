"""Whatever the inventory and the certificate say in English, people can read in Swedish and Norwegian as well."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from contracts.holder import HOLDERS
from services.dsar.adapters.translations import FILES, TranslationFiles
from services.dsar.usecases.certify import LIMITS, OTHER_BACKUPS, OWN_BACKUPS, STATEMENT, SUPERSEDED

ROOT = Path(__file__).parents[2]
TRANSLATIONS = {name: json.loads((ROOT / "policies" / "translations" / f"{name}.json").read_bytes()) for name in FILES}
INVENTORIES = json.loads((ROOT / "contracts" / "schemas" / "holders.json").read_bytes())["inventories"]
STORES: list[dict[str, Any]] = [
    store
    for inventory in INVENTORIES.values()
    for holder in inventory["holders"]
    for store in holder["stores"]
    if store["personal_data"]
]
RETENTIONS = sorted({store["retention"] for store in STORES})


def untranslated(file: str, phrases: list[str]) -> list[str]:
    return sorted({phrase for phrase in phrases if phrase not in TRANSLATIONS[file]})


@pytest.mark.parametrize("file", FILES)
def test_every_phrase_is_said_in_all_three_languages(file: str) -> None:
    assert len(TRANSLATIONS[file]) >= len(HOLDERS)
    for phrase, said in TRANSLATIONS[file].items():
        assert list(said) == ["sv", "nb", "en"], phrase
        assert all(said.values()), phrase
        assert " " not in phrase or phrase not in {said["sv"], said["nb"]}, "still English"


def test_every_fact_of_the_inventory_is_translated() -> None:
    told = [[store["purpose"], store["legal_basis"], *store["categories"]] for store in STORES]
    sources = [store.get("source") or "passed on by this service" for store in STORES]
    assert untranslated("facts", [*chain(*told), *sources]) == []


def test_every_store_and_every_column_that_is_shown_is_translated() -> None:
    shown = [set(store.get("columns") or ()) - set(store.get("withheld") or ()) for store in STORES]
    assert untranslated("columns", list(chain(*shown))) == []
    assert untranslated("stores", [store["store"] for store in STORES]) == []
    assert untranslated("holders", list(HOLDERS)) == []


def test_everything_that_a_certificate_says_is_translated() -> None:
    reasons = [store["retained"]["reason"] for store in STORES if store.get("retained")]
    assert len(reasons) > 10
    assert (
        untranslated("certificate", [*reasons, *LIMITS, *SUPERSEDED.values(), STATEMENT, OWN_BACKUPS, OTHER_BACKUPS])
        == []
    )


@pytest.mark.parametrize("retention", RETENTIONS)
def test_every_retention_is_told_in_words(retention: str) -> None:
    for language in ("sv", "nb", "en"):
        assert not TranslationFiles(ROOT / "policies").into(language).duration(retention).startswith("P")


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        ("P1D", "1 dag"),
        ("P30D", "30 dagar"),
        ("PT12H", "12 timmar"),
        ("PT1800S", "30 minuter"),
        ("PT45S", "45 sekunder"),
    ],
)
def test_a_duration_is_said_as_people_say_it(duration: str, said: str) -> None:
    assert TranslationFiles(ROOT / "policies").into("sv").duration(duration) == said
