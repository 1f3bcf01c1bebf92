"""Golden examples: each message has one, its model reads it and writes it back unchanged."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from contracts.derive.examples import example_names
from contracts.messages import Reply, Request

FOLDER = Path(__file__).parents[2] / "contracts" / "examples"
MESSAGES = example_names()
REQUESTS = {name: model for name, model in MESSAGES.items() if issubclass(model, Request)}
REPLIES = {name: model for name, model in MESSAGES.items() if issubclass(model, Reply)}


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def test_every_message_has_an_example_and_every_example_a_message() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(MESSAGES)


@pytest.mark.parametrize(("name", "model"), MESSAGES.items(), ids=MESSAGES)
def test_an_example_survives_the_wire(name: str, model: type[BaseModel]) -> None:
    written = model.model_validate(example(name)).model_dump(mode="json")
    assert written == example(name), f"complete contracts/examples/{name}.json"


@pytest.mark.parametrize(("name", "model"), MESSAGES.items(), ids=MESSAGES)
def test_an_example_fits_the_published_schema(name: str, model: type[BaseModel]) -> None:
    errors = Draft202012Validator(model.model_json_schema()).iter_errors(example(name))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(("name", "model"), REQUESTS.items(), ids=REQUESTS)
def test_a_request_with_a_misspelt_member_is_refused(name: str, model: type[BaseModel]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate({**example(name), "misspelt": 1})


@pytest.mark.parametrize(("name", "model"), REPLIES.items(), ids=REPLIES)
def test_a_reader_ignores_what_a_newer_owner_adds(name: str, model: type[BaseModel]) -> None:
    assert model.model_validate({**example(name), "added_later": 1}) == model.model_validate(example(name))


def test_both_kinds_of_message_are_covered() -> None:
    assert set(REQUESTS) | set(REPLIES) == set(MESSAGES)
