"""The generic holder of personal data: export, erasure and its probe, derived from the data inventory."""

from chassis.holder.erasure import StillHeld
from chassis.holder.external import ExternalHolder
from chassis.holder.holder import PersonalDataHolder

__all__ = ["ExternalHolder", "PersonalDataHolder", "StillHeld"]
