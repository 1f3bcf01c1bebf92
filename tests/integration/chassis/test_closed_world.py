"""Closed world: a service does not start while it has a table that nobody declared, and says which."""

import subprocess
import sys
from pathlib import Path

import pytest

PLANT = """
from sqlmodel import Field
from services.consent.tables import Base

class Diary(Base, table=True):
    __tablename__ = "diary"
    id: int = Field(primary_key=True)
    name: str
"""
START = """
from services.consent.app import build
from services.consent.settings import ConsentSettings

build(ConsentSettings.from_environment()).run()
"""
REDECLARE = """
import dataclasses
from datetime import timedelta
from services.consent.inventory import INVENTORY

for table, declaration in INVENTORY.personal_tables():
    longer = dataclasses.replace(declaration, retention=timedelta(days=4000), retained=None)
    for model in list(INVENTORY._base.__subclasses__()):
        if getattr(model, "__table__", None) is table and declaration.retained is None:
            model.__personal_data__ = longer
"""


def start_consent(tmp_path: Path, *planted: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "LARABOT_NATS_URL": "nats://127.0.0.1:1",
        "LARABOT_NATS_SEED": "never used",
        "LARABOT_NATS_EVENTS_SEED": "never used",
        "LARABOT_DATABASE_URL": f"sqlite:///{tmp_path / 'consent.db'}",
        "LARABOT_RECEIPT_SEED": "00" * 32,
        "LARABOT_PUBLIC_URL": "http://localhost:8000",
        "LARABOT_EVIDENCE_KEY": "00" * 32,
    }
    code = "".join((*planted, START))
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=30
    )


@pytest.mark.parametrize(
    ("planted", "words"),
    [(PLANT, "diary: no declaration of its own"), (REDECLARE, "differs from contracts/schemas/holders.json")],
)
def test_an_undeclared_or_unpublished_store_stops_the_service_by_name(tmp_path: Path, planted: str, words: str) -> None:
    ended = start_consent(tmp_path, planted)
    assert ended.returncode == 1
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "consent.db").exists()
