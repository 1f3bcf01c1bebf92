"""Short-lived tokens for Azure Speech; audio goes from the browser straight to Azure and never comes here."""

from datetime import datetime

from contracts.envelope import Audience
from contracts.messages import Empty, Reply
from contracts.table import Call, Http, Limit


class SpeechToken(Reply):
    """A token that the browser presents to Azure; `endpoint` is where it connects."""

    token: str
    region: str
    endpoint: str
    expires_at: datetime


class Voice(Reply):
    """A voice that reads aloud."""

    name: str
    locale: str
    gender: str
    display_name: str


class Voices(Reply):
    """The voices for Swedish, Norwegian and English."""

    voices: list[Voice]


TOKEN = Call(
    owner="speechtoken", name="issue", request=Empty, reply=SpeechToken, personal_data=False, deadline_seconds=12.0,
    http=Http(method="POST", path="/api/speech/token", audience=Audience.ACCOUNT, purpose="voice_tools",
              summary="A ten-minute token for Azure Speech", limit=Limit.SPEECH),
)  # fmt: skip
VOICES = Call(
    owner="speechtoken", name="voices", request=Empty, reply=Voices, personal_data=False, deadline_seconds=12.0,
    http=Http(method="GET", path="/api/speech/voices", audience=Audience.ACCOUNT, summary="The voices to choose from"),
)  # fmt: skip

CONTRACTS = (TOKEN, VOICES)
