"""Sealed columns: what names or describes a person is encrypted, row by row, under keys that can be destroyed."""

from chassis.sealing.columns import BlindIndex, Sealed, SubjectKey, UnsealedValue
from chassis.sealing.key_file import Damaged, KeyDestroyed, KeyFile, KeyFileRefused, Unreadable, WrongSealKey
from chassis.sealing.schema import install_triggers
from chassis.sealing.subject_keys import (
    SUBJECT_KEYS,
    Sealing,
    destroy_unused,
    new_key,
    reseal,
    sealing_of,
    still_held,
    unneeded,
)

__all__ = [
    "SUBJECT_KEYS",
    "BlindIndex",
    "Damaged",
    "KeyDestroyed",
    "KeyFile",
    "KeyFileRefused",
    "Sealed",
    "Sealing",
    "SubjectKey",
    "Unreadable",
    "UnsealedValue",
    "WrongSealKey",
    "destroy_unused",
    "install_triggers",
    "new_key",
    "reseal",
    "sealing_of",
    "still_held",
    "unneeded",
]
