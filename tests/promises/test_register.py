"""The register of promises: every sentence stands in the policy, every file here says which promise it proves."""

import ast
from pathlib import Path

import pytest

from ops.promises import files_of, promises, promises_markdown
from ops.run.program import ROOT

POLICY = ROOT / "policies" / "text" / "2024-05-22" / "sv.md"
FILES = sorted(Path(__file__).parent.glob("test_p[0-9][0-9]_*.py"))
IN_FIRST_FORM = ("P01", "P06", "P07", "P08", "P14", "P16", "P18", "P20", "P21", "P23", "P25")


def test_the_promises_are_numbered_without_a_gap() -> None:
    assert list(promises()) == [f"P{number:02d}" for number in range(1, 39)]


@pytest.mark.parametrize("identifier", promises())
def test_every_sentence_stands_in_the_policy_word_for_word(identifier: str) -> None:
    assert promises()[identifier]["sentence"] in POLICY.read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_begins_with_the_promise_that_it_proves(file: Path) -> None:
    identifier = file.stem.split("_")[1].upper()
    said = (ast.get_docstring(ast.parse(file.read_text())) or "").splitlines()[0]
    assert said == f"{identifier}: {promises()[identifier]['promise']}"
    assert f'pytest.mark.promise("{identifier}")' in file.read_text()


@pytest.mark.parametrize("identifier", IN_FIRST_FORM)
def test_these_promises_have_their_tests(identifier: str) -> None:
    assert files_of(identifier)


@pytest.mark.parametrize("identifier", promises())
def test_a_limit_is_told_where_there_is_one(identifier: str) -> None:
    promise = promises()[identifier]
    assert set(promise["kinds"]) <= {"proved", "attested", "told"}
    assert "limit" not in promise or (promise["limit"] in promises_markdown() and "told" in promise["kinds"])


def test_the_page_about_them_names_every_promise_and_every_file() -> None:
    page = promises_markdown()
    assert all(f"| {identifier} |" in page for identifier in promises())
    assert all(file.name in page for file in FILES)
