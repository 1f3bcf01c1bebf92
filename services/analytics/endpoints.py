"""Handlers of the service's calls and of the signals it hears; each calls one use case."""

from contracts.analytics import AnalyticsEvent
from contracts.consent import ConsentChanged, Purpose
from contracts.envelope import Caller
from contracts.messages import Done
from contracts.text import UsageCounted
from services.analytics.usecases.counting import Counting
from services.analytics.usecases.reporting import Reporting


class Endpoints:
    """For pages, withdrawals, and the services that count."""

    def __init__(self, reporting: Reporting, counting: Counting) -> None:
        self._reporting = reporting
        self._counting = counting

    async def capture(self, request: AnalyticsEvent, caller: Caller) -> Done:
        if caller.visitor_id is not None:
            await self._reporting.report(caller.visitor_id, request.event, request.properties)
        return Done()

    async def consent_changed(self, change: ConsentChanged) -> None:
        if change.visitor_id is None:
            return
        if Purpose.ANALYTICS in change.withdrawn:
            await self._reporting.withdraw(change.visitor_id)
        else:
            self._reporting.consent_again(change.visitor_id)

    async def usage_counted(self, use: UsageCounted) -> None:
        self._counting.count(use.tool, use.outcome, use.uses)
