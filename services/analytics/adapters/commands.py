"""What this service does ahead of a command on a visitor's data, in the transaction that carries it out."""

from collections.abc import Callable, Sequence

from chassis.database import Session, now_in
from contracts.fulfilment import Command
from contracts.personal_data import Locator
from services.analytics.adapters.identities import end_all_of


class VisitorCommands:
    """`stop` keeps what waits in memory for a visitor from being sent."""

    def __init__(self, stop: Callable[[str], None]) -> None:
        self._stop = stop

    def before_ending(self, session: Session, command: Command) -> None:
        """Before an erasure or an objection: send nothing more, and have all that was sent deleted."""
        self.before_restriction(session, command)
        end_all_of(session, _visitors(command), now_in(session))

    def before_restriction(self, session: Session, command: Command) -> None:  # noqa: ARG002 — the chassis's shape
        """Send nothing more; what was sent stays."""
        for visitor_id in _visitors(command):
            self._stop(visitor_id)


def _visitors(command: Command) -> Sequence[str]:
    return command.locators.get(Locator.VISITOR_ID, ())
