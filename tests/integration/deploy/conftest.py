"""An installation with settings for real vendors, whose values nobody uses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.installation import main
from ops.run.configuration import KEYS

VALUES = {"LARABOT_AZURE_OPENAI_DEPLOYMENT_TYPE": "DataZoneStandard", "LARABOT_SMTP_PORT": "587"}
Render = Callable[..., Path]


@pytest.fixture
def render(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Render:
    """Render into one directory, with further arguments; again and again if wished."""
    monkeypatch.setenv("LARABOT_ENV_FILE", "none")
    for key in KEYS:
        if key.vendor and key.default is None:
            monkeypatch.setenv(key.name, VALUES.get(key.name, "swedencentral" if "REGION" in key.name else "x"))

    def rendered(*arguments: str) -> Path:
        out = tmp_path / "installation"
        assert main(["--out", str(out), "--public-url", "https://larabot.example", *arguments]) == 0
        return out

    return rendered
