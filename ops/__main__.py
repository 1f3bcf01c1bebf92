"""The operator's verbs: `python -m ops VERB …`, each imported only when used, so that help is instant."""

import importlib
import sys

from chassis.core_dumps import forbid_core_dumps

VERBS = {
    "run": ("ops.run.command", "run the whole platform on this machine"),
    "npm": ("ops.npm", "npm of the installed Node.js, inside web/"),
    "machine": ("ops.machine", "find the programs that the tests need; --install gets them"),
    "generate": ("ops.generate", "write the generated files again; --check only compares"),
    "init-bus": ("ops.bus_config", "create streams and durable consumers"),
    "backup": ("ops.backup.command", "back up databases and subject keys, encrypted; --list, --check, --expire"),
    "restore": ("ops.backup.restore_command", "put back databases or subject keys of a backup"),
    "installation": ("ops.installation", "render keys and settings of an installation for compose"),
    "witness": ("ops.witness", "watch the receipt log of a platform from outside"),
    "verify-certificate": ("ops.verify_certificate", "check an erasure certificate offline"),
}


def usage() -> str:
    lines = [f"  {verb:<20}{doc}" for verb, (_, doc) in VERBS.items()]
    return "\n".join(["usage: python -m ops VERB [ARGUMENT ...]", "", *lines])


def main(arguments: list[str]) -> int:
    verb, *rest = arguments or ["--help"]
    if verb in {"-h", "--help"}:
        print(usage())
        return 0
    if verb not in VERBS:
        print(f"{verb!r} is not a verb.\n{usage()}", file=sys.stderr)
        return 2
    forbid_core_dumps()  # keys of the installation pass through most verbs; what `run` starts inherits the limit
    module = importlib.import_module(VERBS[verb][0])
    return int(module.main(rest) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
