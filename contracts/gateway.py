"""What the gateway answers to other services: the pseudonyms of the day that only it can derive."""

from contracts.fields import OpaqueId
from contracts.messages import Reply, Request
from contracts.table import Call


class QuotaKeysRequest(Request):
    """Whose keys."""

    account_id: OpaqueId


class QuotaKeys(Reply):
    """The keys under which counters of this account may still exist (today's and yesterday's)."""

    keys: list[str]


QUOTA_KEYS = Call(owner="gateway", name="quota_keys", request=QuotaKeysRequest, reply=QuotaKeys, callers=("dsar",))

CONTRACTS = (QUOTA_KEYS,)
