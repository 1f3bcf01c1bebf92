"""The subject keys of a service as its settings say."""

from sqlalchemy import Table

from chassis.sealing.subject_keys import Sealing
from chassis.settings import Settings, SettingsRefused


def configured_sealing(service: str, settings: Settings, table: Table | None) -> Sealing | None:
    """The subject keys of a service; None where it has no sealed columns.

    Raises:
        SettingsRefused: it has, but no seal key or no place for the file.
    """
    if table is None:
        return None
    if settings.seal_key is None or settings.keys_file is None:
        raise SettingsRefused(f"{service} has sealed columns: LARABOT_SEAL_KEY and LARABOT_KEYS_FILE must be set")
    try:
        seal_key = bytes.fromhex(settings.seal_key.get_secret_value())
        return Sealing(service, table, settings.keys_file, seal_key)
    except ValueError:
        raise SettingsRefused("LARABOT_SEAL_KEY: 32 bytes in hex") from None
