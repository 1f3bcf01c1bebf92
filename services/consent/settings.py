"""What the service is told at its start."""

from pathlib import Path

from pydantic import SecretStr

from chassis.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
HOLDERS = ROOT / "contracts" / "schemas" / "holders.json"


class ConsentSettings(Settings):
    """The evidence key keys what is left of a consent after an erasure: 32 bytes in hex, kept out of backups."""

    evidence_key: SecretStr
