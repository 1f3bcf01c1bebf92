"""Tools, what they ask for, and the prompt that they become."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template

TEXT = "text"

Words = Mapping[str, str]
"""The same words by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One accepted value of an input; `phrase` is what the model reads in its place."""

    titles: Words
    phrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolInput:
    """A choice that a person may make; without one, the first choice is taken."""

    name: str
    titles: Words
    choices: Mapping[str, Choice]


@dataclass(frozen=True, slots=True)
class Fault:
    """An input that cannot be used; the value is not told."""

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads. Only `text` comes from a person; nothing of it stands in `instruction`."""

    instruction: str
    text: str = field(repr=False)
    temperature: float
    output_tokens_max: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What came in one read of the model's answer; the last has a reason to finish."""

    text: str = field(default="", repr=False)
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A text tool."""

    id: str
    titles: Words
    descriptions: Words
    text_titles: Words
    inputs: tuple[ToolInput, ...]
    instruction: str
    temperature: float
    output_tokens_max: int

    def faults(self, given: Mapping[str, str]) -> list[Fault]:
        """What keeps these inputs from being used."""
        known = {one.name: one for one in self.inputs}
        faults = [] if given.get(TEXT, "").strip() else [Fault(TEXT, "missing")]
        for name, value in given.items():
            if name == TEXT:
                continue
            if name not in known:
                faults.append(Fault(name, "unknown"))
            elif value not in known[name].choices:
                faults.append(Fault(name, "not-a-choice"))
        return faults

    def prompt(self, given: Mapping[str, str]) -> Prompt:
        """The prompt for inputs without faults. Its first line names the task for machines."""
        phrases = {one.name: one.choices[given.get(one.name, next(iter(one.choices)))].phrase for one in self.inputs}
        instruction = f"Task: {self.id}\n{Template(self.instruction).substitute(phrases)}"
        output_tokens_max = min(self.output_tokens_max, tokens_to_answer(given[TEXT]))
        return Prompt(instruction, given[TEXT], self.temperature, output_tokens_max)


def tokens_to_answer(text: str) -> int:
    """More than any answer to this text needs; the vendor reserves capacity for as many as are asked for."""
    return 1000 + len(text.encode()) // 2
