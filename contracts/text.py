"""Text to the language model and back. The text itself travels in the CONTENT account only."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from contracts.envelope import Audience
from contracts.messages import Empty, Reply, Request
from contracts.table import Account, Call, Event, Http, Limit, Stream

TEXT_BYTES_MAX = 64 * 1024
USES_MAX = 1_000_000


def within_bytes(value: str) -> str:
    """Refuse a text over 64 KiB of UTF-8."""
    if len(value.encode()) > TEXT_BYTES_MAX:
        msg = "the text is over 64 KiB"
        raise ValueError(msg)
    return value


Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_BYTES_MAX), AfterValidator(within_bytes)]
InputName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]


class Generate(Request):
    """Run a tool on a text. Inputs other than `text` are optional and listed in the catalogue."""

    tool: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    inputs: Annotated[dict[InputName, Text], Field(min_length=1, max_length=8)]
    stream: bool = True


class Generated(Reply):
    """The whole answer at once, for `stream: false`."""

    text: str
    finish_reason: str
    usage: dict[str, int]


class ToolInput(Reply):
    """One input of a tool; `choices` is given where only these values are accepted, the first by default."""

    name: str
    required: bool
    title: str
    choices: list[str] = []
    choice_titles: dict[str, str] = {}


class Tool(Reply):
    """A text tool, described in the asked language."""

    id: str
    title: str
    description: str
    inputs: list[ToolInput]


class Tools(Reply):
    """The catalogue."""

    tools: list[Tool]


class UsageCounted(Reply):
    """Uses of the service in about a second, without anybody: what ran, how it ended, how often, how much in all."""

    tool: str
    outcome: str
    uses: Annotated[int, Field(ge=1, le=USES_MAX)] = 1
    tokens: int = 0


TOOLS = Call(
    owner="textproxy",
    name="tools",
    request=Empty,
    reply=Tools,
    personal_data=False,
    http=Http(method="GET", path="/api/text/tools", audience=Audience.VISITOR, summary="The catalogue of text tools"),
)
GENERATE = Stream(
    owner="textproxy", name="generate", request=Generate, reply=Generated, account=Account.CONTENT,
    deadline_seconds=60.0, stall_seconds=45.0,
    http=Http(method="POST", path="/api/text/{tool}", audience=Audience.ACCOUNT, purpose="text_tools",
              summary="Run a tool: a stream of events, or one JSON answer with `stream: false`", limit=Limit.TEXT),
)  # fmt: skip
USAGE_COUNTED = Event(
    owner="textproxy",
    entity="usage",
    past="counted",
    model=UsageCounted,
    consumers=("analytics",),
    durable=False,
    shared=True,
)

CONTRACTS = (TOOLS, GENERATE, USAGE_COUNTED)
