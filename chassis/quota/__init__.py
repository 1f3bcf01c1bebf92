"""Daily quotas: counters under a pseudonym of the day, so that a service limits use without knowing whose it is."""

from chassis.quota.counters import QuotaCounters, Slot, quota_counter
from chassis.quota.daily import DailyQuotas
from chassis.quota.ledger import QuotaLedger
from chassis.quota.limits import Limits, QuotaPolicyRefused, read_limits

__all__ = [
    "DailyQuotas",
    "Limits",
    "QuotaCounters",
    "QuotaLedger",
    "QuotaPolicyRefused",
    "Slot",
    "quota_counter",
    "read_limits",
]
