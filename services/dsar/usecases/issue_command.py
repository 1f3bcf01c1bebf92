"""Issue a command on stored data: whatever a person may demand of it goes through the same fan-out."""

from collections.abc import Mapping

from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import CommandKind
from contracts.identifiers import new_id
from contracts.personal_data import Locator, Rectifiable
from services.dsar.domain.case import NewCommand
from services.dsar.domain.pseudonyms import hashes_of
from services.dsar.ports import Accounts, Requests


class IssueCommand:
    """Rectify, restrict, lift, object: for a case that waits for an instruction. An erasure is opened instead."""

    def __init__(self, requests: Requests, accounts: Accounts, ledger_key: bytes) -> None:
        self._requests = requests
        self._accounts = accounts
        self._ledger_key = ledger_key

    async def issue(self, case_id: str, kind: CommandKind, values: Mapping[Rectifiable, str]) -> str:
        """Have the command carried out by every holder and recipient; its id.

        `values` are those of a rectification, by field, in the spelling in which they are to be stored.

        Raises:
            Refusal: NOT_FOUND without such a case, CONFLICT unless it waits for an instruction, INVALID for an erasure
                or for values that do not go with the kind, UNAVAILABLE while the account service is away.
        """
        if kind is CommandKind.ERASE or (kind is CommandKind.RECTIFY) != bool(values):
            raise Refusal(ErrorKind.INVALID, "command")
        case = await self._requests.case(case_id)
        if case is None or case.account_id is None:
            raise Refusal(ErrorKind.NOT_FOUND, "case")
        subject = await self._accounts.subject(case.account_id)
        command = new_command(kind, subject.locators, self._ledger_key, values)
        if not await self._requests.record_command(case_id, command):
            raise Refusal(ErrorKind.CONFLICT, "case-not-waiting")
        return command.command_id


def new_command(
    kind: CommandKind,
    locators: Mapping[str, list[str]],
    ledger_key: bytes,
    values: Mapping[Rectifiable, str] | None = None,
) -> NewCommand:
    """A command on the data of whoever has these identifiers, with what the ledger keeps of them."""
    hashes = [
        hashed
        for kind_of, found in sorted(locators.items())
        for hashed in hashes_of(ledger_key, Locator(kind_of), found)
    ]
    return NewCommand(
        command_id=new_id(),
        kind=kind,
        locators={kind_of: list(found) for kind_of, found in locators.items()},
        hashes=hashes,
        values={name.value: value for name, value in (values or {}).items()},
    )
