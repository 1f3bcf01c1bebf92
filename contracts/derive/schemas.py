"""The JSON Schemas of the messages, collected under one `components` and referred to by name."""

from collections.abc import Collection
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from contracts.derive.problems import PROBLEM_SCHEMA
from contracts.messages import Request

JsonObject = dict[str, Any]
TEMPLATE = "#/components/schemas/{model}"


class Schemas:
    """Collects what is referred to. Two different shapes under one name are a mistake in the table."""

    def __init__(self) -> None:
        self._found: dict[str, JsonObject] = {}

    def reference(self, model: type[BaseModel]) -> JsonObject:
        """Refer to a message as a whole."""
        return self._keep(model.__name__, self._schema(model))

    def body_reference(self, model: type[BaseModel], *, without: Collection[str]) -> JsonObject:
        """Refer to a request as the body of a route whose path holds some of its members."""
        if not set(without) & set(model.model_fields):
            return self.reference(model)
        schema = self._schema(model)
        schema["properties"] = {name: of for name, of in schema["properties"].items() if name not in without}
        schema["required"] = [name for name in schema.get("required", []) if name not in without]
        schema["title"] = f"{model.__name__}Body"
        return self._keep(schema["title"], schema)

    def parameter(self, model: type[BaseModel], name: str, place: Literal["path", "query"]) -> JsonObject:
        """One member of a request as a parameter of the path or the query."""
        schema = self._schema(model)
        described = schema["properties"].get(name, {"type": "string"})
        required = place == "path" or name in schema.get("required", [])
        return {"name": name, "in": place, "required": required, "schema": without_null(described)}

    def components(self) -> JsonObject:
        """Everything that was referred to, by name."""
        return dict(sorted({**self._found, "Problem": PROBLEM_SCHEMA}.items()))

    def _schema(self, model: type[BaseModel]) -> JsonObject:
        mode: JsonSchemaMode = "validation" if issubclass(model, Request) else "serialization"
        schema = model.model_json_schema(ref_template=TEMPLATE, mode=mode)
        for name, definition in schema.pop("$defs", {}).items():
            self._keep(name, definition)
        return schema

    def _keep(self, name: str, schema: JsonObject) -> JsonObject:
        known = self._found.setdefault(name, schema)
        if known != schema:
            msg = f"two messages are called {name}"
            raise ValueError(msg)
        return {"$ref": TEMPLATE.format(model=name)}


def without_null(schema: JsonObject) -> JsonObject:
    """A parameter that may be left out is absent, not null."""
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    if len(options) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**rest, **options[0]}
