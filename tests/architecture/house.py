"""The house rules as functions: each takes sources and returns what is wrong, as `place: what`.

docs/house-rules.md gives each rule's reason. Formatting, naming, docstrings and complexity are ruff's, the
direction of imports is import-linter's; here stand the rules that no ready tool checks.
"""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
DUMPING_GROUNDS = frozenset({"util", "utils", "helper", "helpers", "common", "misc", "shared", "lib"})
VAGUE_NAME = re.compile(r"(Manager|Helper|Processor|Utils?)$")
# The loops and edges that must outlive any bug; everywhere else a broad except hides one.
MAY_CATCH_ALL = frozenset(
    {
        "chassis/bus/consumers.py",
        "chassis/bus/serving.py",
        "chassis/bus/transport.py",
        "chassis/database/postgresql.py",
        "chassis/database/sqlite.py",
        "chassis/database/units.py",
        "services/dsar/endpoints/commands.py",
        "chassis/worker.py",
        "services/gateway/api/middleware.py",
    }
)
ROOT_ENTRIES = frozenset({
    ".ci", ".dockerignore", ".env.example", ".gitattributes", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md",
    "LICENSE", "Makefile", "README.md", "SECURITY.md", "chassis", "contracts", "deploy", "docs", "emulators", "kernel",
    "ops", "policies", "pyproject.toml", "requirements.lock", "services", "tests", "tools.lock", "web",
})  # fmt: skip
LEFT_BEHIND = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b|\bin production you (would|should)\b", re.IGNORECASE)
MACHINE = re.compile(
    r"(?<![\w./~:}-])/(?:root|home|Users|work)/\w{2}"
    r"|\bregistry\.(?:npmjs\.org|yarnpkg\.com)|\b(?:files\.)?py(?:thonhosted|pi)\.org"
)
MAKE_COMMAND = re.compile(r"(?:^|`|\$ )make ([a-z][a-z-]*)", re.MULTILINE)
MAKE_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
FAILING_CALL = re.compile(r"raises|warns|expect|timeout|wait_for")
TENACITY = frozenset({"retry", "Retrying", "AsyncRetrying"})
ROOM_FILES = ("README.md", "pyproject.toml", "inventory.py", "__main__.py", "app.py")

SECONDS_ON_A_BUSY_MACHINE = 5
CLOCK = re.compile(r"\b(?:monotonic|perf_counter|time\.time)\(\)")
Findings = Iterator[str]


@dataclass(frozen=True)
class Source:
    """A file of the repository, by its path from the root."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py")


def tracked_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    ).stdout
    return [path for path in listed.split("\0") if path and (ROOT / path).is_file()]


def sources(paths: Iterable[str]) -> list[Source]:
    """The text files among them."""
    found = []
    for path in paths:
        try:
            found.append(Source(path, (ROOT / path).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def dumping_grounds(path: str) -> Findings:
    if any(part.split(".")[0].lower() in DUMPING_GROUNDS for part in Path(path).parts):
        yield f"{path}: a name that would hold anything"


def vague_class_names(source: Source) -> Findings:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and VAGUE_NAME.search(node.name):
            yield f"{source.path}:{node.lineno}: {node.name} does not say what it is"


def unfailing_tests(source: Source, asserting: frozenset[str] = frozenset()) -> Findings:
    for function in _functions(source):
        if function.name.startswith("test_") and not _can_fail(function, asserting):
            yield f"{source.path}:{function.lineno}: {function.name} asserts nothing"


def asserting_functions(among: Iterable[Source]) -> frozenset[str]:
    """The names of what tests share and that asserts for them."""
    functions = [function for source in among for function in _functions(source)]
    return frozenset(function.name for function in functions if _can_fail(function, frozenset()))


def _can_fail(function: ast.AST, asserting: frozenset[str]) -> bool:
    """An assert, or a call that fails by its nature, by its limit, or by an assert of its own."""
    for node in ast.walk(function):
        called = _called(node) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Assert) or FAILING_CALL.match(called) or called in asserting:
            return True
    return False


def broad_excepts(source: Source) -> Findings:
    if source.path in MAY_CATCH_ALL:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node):
            yield f"{source.path}:{node.lineno}: catches everything and goes on"
        if isinstance(node, ast.Call) and _called(node) == "suppress" and any(map(_is_broad, node.args)):
            yield f"{source.path}:{node.lineno}: suppresses everything"


def _is_broad(kind: ast.expr | None) -> bool:
    return kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def endless_retries(source: Source) -> Findings:
    if "tenacity" not in source.text:
        return
    for node in ast.walk(source.tree):
        called = _called(node) if isinstance(node, ast.Call) else ""
        if called in TENACITY and not any(keyword.arg == "stop" for keyword in getattr(node, "keywords", [])):
            yield f"{source.path}:{getattr(node, 'lineno', 0)}: retries without a stop"


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def too_long(source: Source) -> Findings:
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield f"{source.path}: {lines} lines, {FILE_LINES_MAX} at most"
    for function in _functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES_MAX:
            yield f"{source.path}:{function.lineno}: {function.name} has {length} lines, {FUNCTION_LINES_MAX} at most"


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def strangers_at_the_root(paths: Iterable[str]) -> Findings:
    yield from sorted({path.split("/", 1)[0] for path in paths} - ROOT_ENTRIES)


def left_behind(source: Source) -> Findings:
    yield from _matches(source, LEFT_BEHIND, "unfinished")


def traces_of_a_machine(source: Source) -> Findings:
    yield from _matches(source, MACHINE, "a path or host of one machine")


def _matches(source: Source, pattern: re.Pattern[str], what: str) -> Findings:
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := pattern.search(line):
            yield f"{source.path}:{number}: {what}: {found.group()}"


def commands_that_do_not_exist(document: Source, makefile: str) -> Findings:
    targets = set(MAKE_TARGET.findall(makefile))
    for command in MAKE_COMMAND.findall(document.text):
        if command not in targets:
            yield f"{document.path}: make {command} is no verb"


def bare_rooms(service: str, files: Iterable[str]) -> Findings:
    present = set(files)
    for needed in ROOM_FILES:
        if f"services/{service}/{needed}" not in present:
            yield f"services/{service} has no {needed}"


def unread_settings(settings: Source, readers: str) -> Findings:
    """Fields of a settings class that nothing in the room reads (a validator of its own may)."""
    for node in settings.tree.body:
        if isinstance(node, ast.ClassDef):
            for field in node.body:
                name = (
                    field.target.id if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) else ""
                )
                if name and not re.search(rf"\.{name}\b", readers):
                    yield f"{settings.path}: {name} is read by nothing"


def stop_watches(source: Source) -> Findings:
    """Assertions that something took less than a few seconds: they fail on a busy machine."""
    constants = {
        target.id: node.value.value
        for node in source.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare)):
            continue
        terms = [node.test.left, *node.test.comparators]
        for left, compared, right in zip(terms, node.test.ops, terms[1:], strict=False):
            smaller, larger = (left, right) if isinstance(compared, ast.Lt | ast.LtE) else (right, left)
            limit = larger.value if isinstance(larger, ast.Constant) else constants.get(ast.unparse(larger))
            if _is_elapsed(smaller) and isinstance(limit, int | float) and limit < SECONDS_ON_A_BUSY_MACHINE:
                yield f"{source.path}:{node.lineno}: less than {limit} s is asked of a busy machine"


def _is_elapsed(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and bool(CLOCK.search(ast.unparse(node)))
