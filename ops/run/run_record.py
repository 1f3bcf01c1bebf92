"""DIR/run.json: where everything answers and which process is which, for tests and other tools."""

import json
import os
from pathlib import Path
from typing import Any


class RunRecord:
    """Replaced as a whole, so that a reader never sees half of it; gone when nothing runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.remove()

    def write(self, content: dict[str, Any]) -> None:
        unfinished = self._path.with_suffix(".json.new")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        unfinished.rename(self._path)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
