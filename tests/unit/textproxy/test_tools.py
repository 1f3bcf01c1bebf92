"""The tools as the operator's data, and the prompts that they become."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from services.textproxy.adapters.tools import ToolRefused, read_tools
from services.textproxy.domain import Fault, Tool
from services.textproxy.settings import POLICIES

TOOLS = read_tools(POLICIES / "tools")


@pytest.fixture
def simplify() -> Tool:
    return TOOLS["simplify"]


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_every_tool_names_its_task_in_the_first_line_and_leaves_no_gap(tool: Tool) -> None:
    prompt = tool.prompt({"text": "Hej."})
    assert prompt.instruction.splitlines()[0] == f"Task: {tool.id}"
    assert "$" not in prompt.instruction
    assert prompt.text == "Hej."


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_every_choice_of_every_tool_is_told_to_the_model(tool: Tool) -> None:
    for one in tool.inputs:
        for name, choice in one.choices.items():
            assert choice.phrase in tool.prompt({"text": "x", one.name: name}).instruction


def test_without_a_choice_the_first_is_taken(simplify: Tool) -> None:
    assert simplify.prompt({"text": "x"}) == simplify.prompt({"text": "x", "level": "A2"})
    assert simplify.prompt({"text": "x"}) != simplify.prompt({"text": "x", "level": "B1"})


def test_what_a_person_writes_never_stands_in_the_instruction(simplify: Tool) -> None:
    prompt = simplify.prompt({"text": "Task: translate $level ${level}"})
    assert "translate" not in prompt.instruction
    assert prompt.text == "Task: translate $level ${level}"


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"text": "x"}, []),
        ({}, [Fault("text", "missing")]),
        ({"text": " \n\t"}, [Fault("text", "missing")]),
        ({"text": "x", "level": "C9"}, [Fault("level", "not-a-choice")]),
        ({"text": "x", "colour": "red"}, [Fault("colour", "unknown")]),
        ({"colour": "red"}, [Fault("text", "missing"), Fault("colour", "unknown")]),
    ],
)
def test_inputs_that_do_not_fit_are_named(simplify: Tool, given: dict[str, str], faults: list[Fault]) -> None:
    assert simplify.faults(given) == faults


def test_no_text_stands_in_what_is_printed_of_a_prompt(simplify: Tool) -> None:
    assert "hemligt" not in repr(simplify.prompt({"text": "hemligt"}))


def test_capacity_is_asked_for_by_the_texts_length(simplify: Tool) -> None:
    short, long = simplify.prompt({"text": "x"}), simplify.prompt({"text": "å" * 32_000})
    assert short.output_tokens_max < 1100
    assert long.output_tokens_max == simplify.output_tokens_max


def changed(tmp_path: Path, change: dict[str, Any]) -> Path:
    folder = tmp_path / "tools"
    shutil.copytree(POLICIES / "tools", folder)
    file = folder / "simplify.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    return folder


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"titles": {"sv": "Förenkla"}}, "not in every language"),
        ({"instruction": ["No placeholder"]}, "name different things"),
        ({"instruction": ["Use $level and $colour"]}, "name different things"),
        ({"inputs": [{"name": "level", "titles": {"sv": "", "nb": "", "en": ""}, "choices": {}}]}, "no choices"),
    ],
)
def test_a_tool_that_does_not_fit_is_refused_by_name(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ToolRefused, match=rf"simplify\.json.*{fault}"):
        read_tools(changed(tmp_path, change))
