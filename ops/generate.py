"""Writes every generated file again, or with --check only says which of them are out of date."""

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.derive.access import access_document
from contracts.derive.asyncapi import asyncapi_document
from contracts.derive.holders import holders_document
from contracts.derive.openapi import openapi_document
from contracts.derive.portable import portable_schema
from contracts.holder import SERVICES
from ops import npm
from ops.bus_config import connections, permissions_as_data
from ops.promises import promises_markdown
from ops.run.configuration import configuration_markdown
from ops.run.program import ROOT

COMMAND = "python -m ops generate"
WEB = ROOT / "web"
WEB_CLIENT = WEB / "src" / "api" / "schema.ts"


@dataclass(frozen=True)
class Generated:
    """A file that follows from code: never edited by hand."""

    path: str
    content: Callable[[], str]


FILES = (
    Generated("deploy/nats/permissions.json", lambda: as_json(permissions_document())),
    Generated("contracts/schemas/openapi.json", lambda: as_json(openapi_document())),
    Generated("contracts/schemas/asyncapi.json", lambda: as_json(asyncapi_document())),
    Generated("contracts/schemas/holders.json", lambda: as_json(holders_document(inventories()))),
    Generated("contracts/schemas/personal-data-v1.json", lambda: as_json(portable_schema(inventories()))),
    Generated("policies/access.json", lambda: as_json(access_document())),
    Generated("docs/configuration.md", configuration_markdown),
    Generated("docs/promises.md", promises_markdown),
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file is out of date")
    check: bool = parser.parse_args(arguments).check
    outdated = [file.path for file in FILES if not is_current(ROOT / file.path, file.content(), check=check)]
    if not is_web_client_current(check=check):
        outdated.append(str(WEB_CLIENT.relative_to(ROOT)))
    for path in outdated:
        print(f"{path} is out of date; run: {COMMAND}" if check else f"wrote {path}", file=sys.stderr)
    if not outdated:
        print("Every generated file is current.")
    return 1 if check and outdated else 0


def is_current(path: Path, content: str, *, check: bool) -> bool:
    """Whether the file says this already; unless only checking, it does so afterwards."""
    if path.is_file() and path.read_text() == content:
        return True
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return False


def is_web_client_current(*, check: bool) -> bool:
    """The TypeScript types of the HTTP face, made by the web's own tool once it is installed."""
    if not (WEB / "node_modules").is_dir():
        print("web/node_modules is missing, so the web's client is left as it is.", file=sys.stderr)
        return True
    before = WEB_CLIENT.read_text() if WEB_CLIENT.is_file() else None
    if npm.main(["run", "--silent", "client"]) != 0:
        return False
    if WEB_CLIENT.read_text() == before:
        return True
    if check:
        WEB_CLIENT.unlink() if before is None else WEB_CLIENT.write_text(before)
    return False


def permissions_document() -> dict[str, Any]:
    """By account and role, what deploy/nats/permissions.json shows to reviewers."""
    document: dict[str, dict[str, Any]] = {}
    for role, account in connections():
        document.setdefault(account, {})[role] = permissions_as_data(role, account)
    return document


def inventories() -> Mapping[str, dict[str, Any]]:
    """What each service declares that it holds: the `INVENTORY` of its module `inventory`."""
    found = {}
    for service in SERVICES:
        name = f"services.{service}.inventory"
        if importlib.util.find_spec(name) is not None:
            found[service] = importlib.import_module(name).INVENTORY.document()
    return found


def as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
