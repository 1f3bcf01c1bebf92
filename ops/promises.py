"""docs/promises.md: each promise of the privacy policy, the sentence it stands in, how it is kept, and its tests."""

import ast
import json
from pathlib import Path
from typing import NotRequired, TypedDict

from ops.run.program import ROOT

PROMISES = ROOT / "policies" / "promises.json"
TESTS = ROOT / "tests" / "promises"
PROVED = "proved"
HEADING = """\
# The promises of the privacy policy

Every promise is kept in a way that anybody can look up. **Proved**: a test observes the running platform from
outside (its answers, what the vendors' emulators received, the bytes of every store, log and trace) and fails if
the promise is broken. **To be proved**: the product may keep it already, but no such test stands behind it yet, so
nobody should rely on this line. **Attested**: no program can see it, so the operator must hold a document that says so;
the platform neither asks for it nor checks it. **Told**: a limit that no program can lift is told. The sentences are
those of `policies/text/`.

`make test` runs all of it; `.venv/bin/python -m pytest tests/promises` these alone.

| | promise | sentence of the policy | kept by | tests |
|---|---|---|---|---|
"""


class Promise(TypedDict):
    """One entry of policies/promises.json."""

    promise: str
    sentence: str
    kinds: list[str]
    limit: NotRequired[str]


def promises() -> dict[str, Promise]:
    found: dict[str, Promise] = json.loads(PROMISES.read_text())
    return found


def files_of(identifier: str) -> list[Path]:
    return sorted(TESTS.glob(f"test_{identifier.lower()}_*.py"))


def promises_markdown() -> str:
    """The text of docs/promises.md."""
    return HEADING + "".join(row(identifier, promise) for identifier, promise in promises().items())


def row(identifier: str, promise: Promise) -> str:
    tests = "<br>".join(
        f"[{count_of(file)} in {file.name}](../tests/promises/{file.name})" for file in files_of(identifier)
    )
    kinds = ", ".join(kind if tests or kind != PROVED else "to be proved" for kind in promise["kinds"])
    kinds += f": {promise['limit']}" if "limit" in promise else ""
    sentence = promise["sentence"].replace("|", "\\|")
    return f"| {identifier} | {promise['promise']} | {sentence} | {kinds} | {tests or 'none yet'} |\n"


def count_of(file: Path) -> int:
    """How many test functions a file holds; with their parameters they run more often."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return sum(
        isinstance(node, functions) and node.name.startswith("test_") for node in ast.parse(file.read_text()).body
    )
