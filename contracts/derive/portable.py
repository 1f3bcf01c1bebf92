"""The published schema of everything held about a person, as they get it in JSON.

GDPR Art. 20: a structured, commonly used and machine-readable format. Stores and columns are those of the
inventories, so nothing else fits it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts import controller
from contracts.dsar import Right
from contracts.holder import SERVICES

PATH = "/schemas/personal-data-v1.json"
"""Where the platform publishes it; the document's own member `schema` is its address there."""

JsonObject = dict[str, Any]

TEXT: JsonObject = {"type": "string", "minLength": 1}
TEXTS: JsonObject = {"type": "array", "items": TEXT}


def portable_schema(inventories: Mapping[str, JsonObject]) -> JsonObject:
    """The JSON Schema (2020-12); `inventories` as in `contracts/schemas/holders.json`."""
    controllers = {name: {"const": value} for name, value in controller.as_members().items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Everything held about a person",
        **_object(
            schema={"type": "string", "format": "uri", "pattern": f"{PATH}$"},
            generated_at={"type": "string", "format": "date-time"},
            controller=_object(**controllers),
            rights={"type": "array", "items": {"enum": [right.value for right in Right]}},
            complain_to={"type": "array", "items": _object(name=TEXT, url={"type": "string", "format": "uri"})},
            services={"type": "array", "items": {"oneOf": [_service(name, inventories[name]) for name in SERVICES]}},
        ),
    }


def _service(name: str, inventory: JsonObject) -> JsonObject:
    stores = [_store(holder, store) for holder, store in _personal(inventory)]
    return _object(service={"const": name}, stores={"type": "array", "items": {"anyOf": stores} if stores else False})


def _personal(inventory: JsonObject) -> Iterator[tuple[JsonObject, JsonObject]]:
    for holder in inventory["holders"]:
        for store in holder["stores"]:
            if store["personal_data"]:
                yield holder, store


def _store(holder: JsonObject, store: JsonObject) -> JsonObject:
    """What a recipient holds has its own shape; of our own stores every column is known."""
    row: JsonObject = {"type": "object"}
    if not holder["recipient"]:
        row["propertyNames"] = {"enum": sorted(set(store["columns"]) - set(store["withheld"]))}
    return _object(
        store={"const": store["store"]},
        categories={"const": store["categories"]},
        purpose={"const": store["purpose"]},
        legal_basis={"const": store["legal_basis"]},
        retention={"type": "string", "format": "duration"},
        source=TEXT,
        recipients=TEXTS,
        rows={"type": "array", "items": row},
    )


def _object(**members: JsonObject) -> JsonObject:
    """An object with all of these members and no other."""
    return {"type": "object", "required": list(members), "properties": members, "additionalProperties": False}
