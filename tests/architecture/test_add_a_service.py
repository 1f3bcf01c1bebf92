"""A new service that is forgotten somewhere is told by name, and the guide names every such place."""

import json
import re
from collections.abc import Callable, Iterable

import pytest

from contracts.holder import SERVICES
from contracts.registry import TABLE
from tests.architecture.house import ROOT

GUIDE = ROOT / "docs" / "add-a-service.md"


def folders(parent: str) -> set[str]:
    return {path.name for path in (ROOT / parent).iterdir() if path.is_dir() and path.name != "__pycache__"}


def read(path: str) -> str:
    return (ROOT / path).read_text()


def words(path: str) -> set[str]:
    return set(re.findall(r"[a-z]+", read(path)))


# Each place in which a service must be named, by the words that the guide has for it.
PLACES: dict[str, Callable[[], set[str]]] = {
    "services/<name>/": lambda: folders("services"),
    "contracts/registry.py": lambda: {entry.owner for entry in TABLE},
    "contracts/schemas/holders.json": lambda: set(json.loads(read("contracts/schemas/holders.json"))["inventories"]),
    "deploy/nats/permissions.json": lambda: set(json.loads(read("deploy/nats/permissions.json"))["APP"]),
    "deploy/compose/compose.yaml": lambda: set(
        re.findall(r"^  ([a-z]+):$", read("deploy/compose/compose.yaml"), re.MULTILINE)
    ),
    "policies/translations/holders.json": lambda: set(json.loads(read("policies/translations/holders.json"))),
    "docs/architecture.md": lambda: words("docs/architecture.md"),
    "README.md": lambda: words("README.md"),
    "tests/unit/<name>/": lambda: folders("tests/unit"),
    "tests/integration/<name>/": lambda: folders("tests/integration"),
}


def forgotten(services: Iterable[str]) -> list[str]:
    return [
        f"{service} is not in {place}"
        for service in services
        for place, named in PLACES.items()
        if service not in named()
    ]


def test_no_service_is_forgotten_anywhere() -> None:
    assert forgotten(SERVICES) == []


def test_no_folder_is_a_service_that_the_list_does_not_know() -> None:
    assert folders("services") - set(SERVICES) == set()


@pytest.mark.parametrize("place", PLACES)
def test_a_new_service_is_missed_wherever_it_is_not_named(place: str) -> None:
    assert f"attic is not in {place}" in forgotten([*SERVICES, "attic"])


@pytest.mark.parametrize("place", PLACES)
def test_the_guide_names_every_place(place: str) -> None:
    assert f"`{place}`" in GUIDE.read_text()


def test_the_list_of_services_stands_once() -> None:
    listed = re.compile(r"[(\[{]" + r"\s*,\s*".join(f'"{service}"' for service in SERVICES))
    places = [
        path
        for folder in ("chassis", "contracts", "kernel", "ops", "services", "tests")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert [str(path.relative_to(ROOT)) for path in places if listed.search(path.read_text())] == [
        "contracts/holder.py"
    ]
