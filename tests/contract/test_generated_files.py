"""Generated files are compared with what the code says now."""

from pathlib import Path

import pytest

from ops.generate import FILES, Generated, is_current
from ops.run.program import ROOT


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_a_generated_file_is_current(file: Generated) -> None:

    assert is_current(ROOT / file.path, file.content(), check=True), "run: python -m ops generate"


def test_checking_changes_nothing_and_writing_mends(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.json"
    assert not is_current(path, "new", check=True)
    assert not path.exists()
    assert not is_current(path, "new", check=False)
    assert is_current(path, "new", check=True)
