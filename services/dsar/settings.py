"""What the service is told: its keys, the receipt keys of every service, and the mail server."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from chassis.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
INVENTORIES = ROOT / "contracts" / "schemas" / "holders.json"

PublicKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class DsarSettings(Settings):
    """`ledger_key` keys the pseudonyms in the ledger, `case_key` the case secrets, `log_seed` signs certificates.

    `replaced_log_seed` is that of the log key before, while `log_seed` is new: it signs the new key's announcement.
    `backup_days`: after how many days the platform's own backups cannot be opened any more; None if it makes none.
    """

    ledger_key: SecretStr
    case_key: SecretStr
    log_seed: SecretStr
    replaced_log_seed: SecretStr | None = None
    receipt_keys: dict[str, PublicKey]
    backup_days: Annotated[int, Field(ge=1, le=90)] | None = None
    smtp_host: str
    smtp_port: Annotated[int, Field(ge=1, le=65535)]
    smtp_sender: str
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
