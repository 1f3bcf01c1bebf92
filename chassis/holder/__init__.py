"""The generic holder of personal data: export, commands and their probe, derived from the data inventory."""

from chassis.holder.external import ExternalHolder, OwedCommand, Prepared
from chassis.holder.fulfilment import Before, StillHeld
from chassis.holder.holder import PersonalDataHolder
from chassis.holder.restrictions import is_free, is_restricted

__all__ = [
    "Before",
    "ExternalHolder",
    "OwedCommand",
    "PersonalDataHolder",
    "Prepared",
    "StillHeld",
    "is_free",
    "is_restricted",
]
