"""The import contracts of pyproject.toml: kept by the repository, and each found broken on a planted violation."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

LINTER = Path(sys.executable).parent / "lint-imports"
# One line planted in an otherwise empty house, and the contract that must notice.
VIOLATIONS = [
    ("services/auth/app.py", "import services.consent.app", "No service opens onto another"),
    ("contracts/table.py", "import chassis.bus", "Services stand on the chassis"),
    ("contracts/table.py", "import kernel.merkle", "Services stand on the chassis"),
    ("kernel/merkle.py", "import chassis.bus", "Services stand on the chassis"),
    ("kernel/merkle.py", "import sqlmodel", "Decisions and words"),
    ("services/auth/usecases.py", "import services.auth.adapters", "Inside a service"),
    ("services/auth/domain.py", "import sqlmodel", "Decisions and words"),
    ("services/auth/usecases.py", "import chassis.bus", "Decisions and words"),
    ("emulators/door.py", "import contracts.table", "Emulators are strangers"),
    ("contracts/auth.py", "import contracts.table", "No circles"),
]
ROOM = ("__init__", "app", "adapters", "usecases", "ports", "domain", "tables")
EMPTY_HOUSE = (
    *(f"services/{service}/{part}.py" for service in ("auth", "consent") for part in ROOM),
    *(f"{package}/__init__.py" for package in ("services", "contracts", "kernel", "chassis", "emulators", "ops")),
    *("contracts/table.py", "contracts/auth.py", "kernel/merkle.py", "chassis/bus.py", "emulators/door.py"),
)


def lint(folder: Path) -> tuple[int, str]:
    ended = subprocess.run(
        [LINTER, "--no-cache", "--config", "pyproject.toml"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    return ended.returncode, " ".join(ended.stdout.split())


@pytest.fixture
def empty_house(tmp_path: Path) -> Path:
    for name in EMPTY_HOUSE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return tmp_path


def test_the_repository_keeps_its_import_contracts() -> None:
    status, output = lint(ROOT)
    assert status == 0, output


def test_an_empty_house_keeps_them(empty_house: Path) -> None:
    status, output = lint(empty_house)
    assert status == 0, output


@pytest.mark.parametrize(("path", "line", "contract"), VIOLATIONS)
def test_a_planted_import_is_found(empty_house: Path, path: str, line: str, contract: str) -> None:
    (empty_house / path).write_text(f"{line}\n")
    if contract == "No circles":
        (empty_house / "contracts/table.py").write_text("import contracts.auth\n")
    status, output = lint(empty_house)
    assert status == 1
    assert f"{contract}" in output.partition("Broken contracts")[2]


@pytest.mark.parametrize("package", ["services", "chassis", "kernel", "contracts", "emulators", "ops"])
def test_our_packages_are_not_shadowed_by_installed_ones(package: str) -> None:
    found = Path(__import__(package).__file__ or "")
    assert found.is_relative_to(ROOT)
    assert ".venv" not in found.parts
