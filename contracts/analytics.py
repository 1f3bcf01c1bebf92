"""Usage statistics: anonymous counters of our own; PostHog only for those who consented."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.envelope import Audience
from contracts.messages import Done, Request
from contracts.table import Call, Http, Limit

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_./:{}-]{0,63}$|^/[a-z0-9_./:{}-]{0,63}$")]


class AnalyticsEvent(Request):
    """What a page reports: names from an allow-list, route templates instead of addresses, no text."""

    event: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    properties: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")], Word], Field(max_length=8)
    ] = {}


EVENTS = Call(
    owner="analytics", name="capture", request=AnalyticsEvent, reply=Done,
    http=Http(method="POST", path="/api/analytics/events", audience=Audience.VISITOR, status=204, empty=True,
              purpose="analytics", drop_without_consent=True, limit=Limit.ANALYTICS,
              summary="Report a page event; dropped without consent"),
)  # fmt: skip

CONTRACTS = (EVENTS,)
