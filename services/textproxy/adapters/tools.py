"""Reads the tools, which are data: one file each, in three languages."""

from pathlib import Path
from string import Template
from typing import Any

import orjson

from contracts.envelope import Language
from services.textproxy.domain import TEXT, Choice, Tool, ToolInput, Words

LANGUAGES = frozenset(language.value for language in Language)


class ToolRefused(Exception):
    """A tool's file does not fit; the message names the file and the fault."""


def read_tools(folder: Path) -> dict[str, Tool]:
    """Every tool, in the order in which the catalogue shows them.

    Raises:
        ToolRefused: a file lacks something, or speaks fewer languages than people are spoken to in.
    """
    files = sorted(folder.glob("*.json"))
    described = sorted(((orjson.loads(file.read_bytes()), file) for file in files), key=lambda pair: pair[0]["order"])
    return {file.stem: _tool(content, file) for content, file in described}


def _tool(content: dict[str, Any], file: Path) -> Tool:
    try:
        inputs = tuple(_input(one) for one in content["inputs"])
        tool = Tool(
            id=file.stem,
            titles=content["titles"],
            descriptions=content["descriptions"],
            text_titles=content["text_titles"],
            inputs=inputs,
            instruction="\n".join(content["instruction"]),
            temperature=content["temperature"],
            output_tokens_max=content["output_tokens_max"],
        )
    except KeyError as missing:
        raise ToolRefused(f"{file.name}: {missing} is missing") from None
    _check(tool, file)
    return tool


def _input(content: dict[str, Any]) -> ToolInput:
    choices = {
        name: Choice(titles=choice["titles"], phrase=choice["phrase"]) for name, choice in content["choices"].items()
    }
    return ToolInput(name=content["name"], titles=content["titles"], choices=choices)


def _check(tool: Tool, file: Path) -> None:
    spoken: list[Words] = [tool.titles, tool.descriptions, tool.text_titles]
    for one in tool.inputs:
        spoken += [one.titles, *(choice.titles for choice in one.choices.values())]
    if any(set(words) != LANGUAGES for words in spoken):
        raise ToolRefused(f"{file.name}: not in every language")
    names = [one.name for one in tool.inputs]
    if TEXT in names or not all(one.choices for one in tool.inputs):
        raise ToolRefused(f"{file.name}: an input beside the text has no choices")
    if set(Template(tool.instruction).get_identifiers()) != set(names):
        raise ToolRefused(f"{file.name}: the instruction and the inputs name different things")
