"""The operator's verbs."""

import subprocess
import sys
from pathlib import Path

import pytest

from ops.__main__ import VERBS, main
from ops.machine import main as machine


def test_help_names_every_verb_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    usage = capsys.readouterr().out
    assert all(f"  {verb} " in usage for verb in VERBS)
    code = "import sys, ops.__main__ as m; m.main(['--help']); sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL).returncode == 0


def test_an_unknown_verb_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rn"]) == 2
    assert "'rn' is not a verb" in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_only_in_ci_a_missing_program_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], ci: str, status: int
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    assert machine([]) == status
    assert "Chromium (browser tests) was not found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (["--clock-offset", "1d"], {"LARABOT_BREVO_API_KEY": "x", "LARABOT_BREVO_LIST_ID": "1"}, "real vendors: Brevo"),
        (["--without-emulators"], {}, "needs every vendor configured"),
        ([], {"LARABOT_PROT": "1"}, "LARABOT_PROT is not a setting"),
    ],
)
def test_run_refuses_what_contradicts_itself_before_it_writes_anything(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    settings: dict[str, str],
    words: str,
) -> None:
    for name, value in {"LARABOT_ENV_FILE": "none", **settings}.items():
        monkeypatch.setenv(name, value)
    assert main(["run", "--port", "0", "--data", str(tmp_path / "data"), *arguments]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
