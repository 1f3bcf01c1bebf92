"""The house rules, each on the whole repository and on a bad sample that it must find."""

from collections.abc import Callable

import pytest

from contracts.holder import SERVICES
from tests.architecture import house
from tests.architecture.house import Findings, Source

PATHS = house.tracked_files()
TEXTS = house.sources(PATHS)
# The rules name what they forbid, and generated or locked files are not ours to word.
OF_THE_RULES = ("tests/architecture/", "docs/house-rules.md")
PYTHON = [source for source in TEXTS if source.is_python]
CODE = [source for source in PYTHON if not source.path.startswith("tests/")]
WORDED = [
    source
    for source in TEXTS
    if not source.path.startswith(OF_THE_RULES) and not source.path.endswith((".lock", "lock.json"))
]
TESTS = [source for source in PYTHON if source.path.rpartition("/")[2].startswith("test_")]
DOCUMENTS = [source for source in TEXTS if source.path.endswith(".md")]
MAKEFILE = (house.ROOT / "Makefile").read_text()


WRITTEN = [source for source in PYTHON if "/migrations/" not in source.path]  # those are written by Alembic


def findings(rule: Callable[[Source], Findings], among: list[Source]) -> list[str]:
    return [finding for source in among for finding in rule(source)]


def sample(text: str, path: str = "services/auth/domain.py") -> Source:
    return Source(path, text)


def test_there_is_something_to_look_at() -> None:
    assert len(CODE) > 50
    assert len(TESTS) > 10


def test_no_file_is_a_dumping_ground() -> None:
    assert [finding for path in PATHS for finding in house.dumping_grounds(path)] == []


@pytest.mark.parametrize("path", ["chassis/utils.py", "web/src/common/x.ts", "services/auth/helpers/__init__.py"])
def test_a_dumping_ground_is_found(path: str) -> None:
    assert list(house.dumping_grounds(path))


def test_class_names_say_what_they_are() -> None:
    assert findings(house.vague_class_names, PYTHON) == []


def test_a_vague_class_name_is_found() -> None:
    assert list(house.vague_class_names(sample("class SessionManager: ...")))


def test_every_test_can_fail() -> None:
    asserting = house.asserting_functions(source for source in PYTHON if source.path.startswith("tests/"))
    assert [finding for source in TESTS for finding in house.unfailing_tests(source, asserting)] == []


def test_a_function_that_asserts_for_a_test_counts() -> None:
    shared = sample("def gone(x):\n    assert not x\n")
    test = sample("def test_it():\n    gone(1)\n")
    assert not list(house.unfailing_tests(test, house.asserting_functions([shared])))


@pytest.mark.parametrize("body", ["pass", "run()", "x = 1\n    print(x)"])
def test_a_test_that_cannot_fail_is_found(body: str) -> None:
    assert list(house.unfailing_tests(sample(f"async def test_it():\n    {body}\n")))


def test_nothing_swallows_every_error() -> None:
    assert findings(house.broad_excepts, PYTHON) == []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    run()\nexcept Exception:\n    log()\n",
        "try:\n    run()\nexcept:\n    pass\n",
        "with contextlib.suppress(Exception):\n    run()\n",
    ],
)
def test_a_swallowed_error_is_found(text: str) -> None:
    assert list(house.broad_excepts(sample(text)))


def test_every_retry_has_a_stop() -> None:
    assert findings(house.endless_retries, PYTHON) == []


@pytest.mark.parametrize("call", ["@retry()\ndef f(): ...", "tenacity.AsyncRetrying(wait=1)"])
def test_an_endless_retry_is_found(call: str) -> None:
    assert list(house.endless_retries(sample(f"import tenacity\n{call}\n")))


def test_files_and_functions_are_short() -> None:
    assert findings(house.too_long, WRITTEN) == []


@pytest.mark.parametrize("text", ["x = 1\n" * 401, "def f():\n" + "    x = 1\n" * 61])
def test_a_long_file_or_function_is_found(text: str) -> None:
    assert list(house.too_long(sample(text)))


def test_the_root_holds_only_what_belongs_there() -> None:
    assert list(house.strangers_at_the_root(PATHS)) == []


def test_a_stranger_at_the_root_is_found() -> None:
    assert list(house.strangers_at_the_root(["README.md", "SUMMARY.md"])) == ["SUMMARY.md"]


def test_nothing_is_left_behind() -> None:
    assert findings(house.left_behind, WORDED) == []


@pytest.mark.parametrize("text", ["# TODO: later", "// fixme", "good enough for now", "in production you would"])
def test_what_is_left_behind_is_found(text: str) -> None:
    assert list(house.left_behind(sample(text)))


def test_no_trace_of_a_machine_remains() -> None:
    assert findings(house.traces_of_a_machine, WORDED) == []


@pytest.mark.parametrize("broken", ["open('/ro|ot/notes')", "cd /ho|me/someone", "https://registry.np|mjs.org/vite"])
def test_a_trace_of_a_machine_is_found(broken: str) -> None:
    assert list(house.traces_of_a_machine(sample(broken.replace("|", ""))))


def test_documents_name_only_verbs_that_exist() -> None:
    wrong = [finding for document in DOCUMENTS for finding in house.commands_that_do_not_exist(document, MAKEFILE)]
    assert wrong == []


def test_a_verb_that_does_not_exist_is_found() -> None:
    assert list(house.commands_that_do_not_exist(sample("Run `make coffee`.", "README.md"), MAKEFILE))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_a_whole_room(service: str) -> None:
    assert list(house.bare_rooms(service, PATHS)) == []


def test_a_bare_room_is_found() -> None:
    assert "services/attic has no inventory.py" in list(house.bare_rooms("attic", ["services/attic/README.md"]))


def test_no_test_holds_a_stop_watch() -> None:
    timeless = [source for source in TESTS if not source.path.startswith(("tests/promises/", "tests/bench/"))]
    assert findings(house.stop_watches, timeless) == []


@pytest.mark.parametrize(
    "text",
    [
        "assert time.monotonic() - began < 1\n",
        "assert 0.1 <= perf_counter() - began < 2.5\n",
        "SOON = 1.0\nassert time.monotonic() - began <= SOON\n",
        "assert 1 > time.monotonic() - began\n",
    ],
)
def test_a_stop_watch_is_found(text: str) -> None:
    assert list(house.stop_watches(sample(text, "tests/unit/test_x.py")))


@pytest.mark.parametrize("text", ["assert time.monotonic() - began < 30\n", "assert time.monotonic() - began >= 2\n"])
def test_a_wait_and_a_wide_bound_are_none(text: str) -> None:
    assert not list(house.stop_watches(sample(text, "tests/unit/test_x.py")))


@pytest.mark.parametrize("room", ["chassis", *(f"services/{service}" for service in SERVICES)])
def test_every_setting_is_read(room: str) -> None:
    settings = [source for source in CODE if source.path == f"{room}/settings.py"]
    inside = ("chassis/", "services/") if room == "chassis" else (f"{room}/",)
    readers = "\n".join(source.text for source in CODE if source.path.startswith(inside))
    assert [finding for source in settings for finding in house.unread_settings(source, readers)] == []


def test_an_unread_setting_is_found() -> None:
    settings = sample("class Settings:\n    used: str\n    unused: str\n")
    assert list(house.unread_settings(settings, "settings.used")) == [
        "services/auth/domain.py: unused is read by nothing"
    ]
