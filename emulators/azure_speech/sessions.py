"""A speech websocket from its upgrade to its end: admission, record of what came, turns."""

import uuid
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from aiohttp import WSMsgType, web

from emulators.azure_speech import synthesis, voices
from emulators.azure_speech.frames import Frame, audio_message, binary_frame, text_frame, text_message
from emulators.azure_speech.recognition import Recognition
from emulators.door import FAULT, RECEIVED

MESSAGE_LIMIT = 1024 * 1024
BAD_DATA = 1007
BROKEN = 1011
DEFAULT_FORMAT = "audio-16khz-32kbitrate-mono-mp3"


class Closed(Exception):
    """The emulator itself ended the websocket."""


class Session:
    """Numbers its outgoing messages, so that ordered faults strike at a known place."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.fault = request[FAULT]
        self.socket = web.WebSocketResponse(protocols=("USP",), max_msg_size=MESSAGE_LIMIT)
        self._sent = 0

    async def frames(self, handle: Callable[["Session", Frame], Any]) -> web.WebSocketResponse:
        await self.socket.prepare(self.request)
        received = self.request[RECEIVED]
        try:
            async for message in self.socket:
                if message.type == WSMsgType.TEXT:
                    received.bytes += len(message.data.encode())
                    received.text_frame(message.data)
                    await handle(self, text_frame(message.data))
                elif message.type == WSMsgType.BINARY:
                    received.bytes += len(message.data)
                    await handle(self, binary_frame(message.data))
        except Closed:
            pass
        except ValueError:
            await self.socket.close(code=BAD_DATA, message=b"Malformed message")
        return self.socket

    async def before_send(self) -> None:
        if self._sent == self.fault.error_after:
            await self.close(BROKEN, "Internal server error")
        await self.fault.before_piece(self._sent, self.request)
        self._sent += 1

    async def close(self, code: int, reason: str) -> None:
        await self.socket.close(code=code, message=reason.encode())
        raise Closed

    def outlet(self, request_id: str) -> "Turn":
        return Turn(self, request_id)


class Turn:
    def __init__(self, session: Session, request_id: str) -> None:
        self._session = session
        self._request_id = request_id

    async def text(self, path: str, body: dict[str, Any]) -> None:
        await self._session.before_send()
        await self._session.socket.send_str(text_message(self._request_id, path, body))

    async def audio(self, stream_id: str, body: bytes) -> None:
        await self._session.before_send()
        await self._session.socket.send_bytes(audio_message(self._request_id, stream_id, body))


class Listening:
    """What a recognition websocket does with each frame."""

    def __init__(self, language: str, mode: str, *, detailed: bool, status: str | None) -> None:
        self._language = language
        self._mode = mode
        self._detailed = detailed
        self._status = status
        self._turns: dict[str, Recognition] = {}

    async def handle(self, session: Session, frame: Frame) -> None:
        if frame.path == "speech.context":
            context = frame.json()
            asked = context.get("phraseDetection", {}) if isinstance(context, dict) else {}
            self._mode = str(asked.get("mode", self._mode)).lower()
        elif frame.path == "audio":
            await (await self._turn(session, frame.request_id)).hear(frame)

    async def _turn(self, session: Session, request_id: str) -> Recognition:
        if request_id not in self._turns:
            # One turn at a time; the last one is kept to swallow its late audio.
            self._turns = {
                request_id: Recognition(
                    session.outlet(request_id),
                    self._language,
                    once=self._mode == "interactive",
                    detailed=self._detailed,
                    status=self._status,
                )
            }
            await self._turns[request_id].start(request_id)
        return self._turns[request_id]


class Speaking:
    """What a synthesis websocket does with each frame."""

    def __init__(self) -> None:
        self._format = DEFAULT_FORMAT
        self._boundaries = False

    async def handle(self, session: Session, frame: Frame) -> None:
        if frame.path == "synthesis.context":
            asked = ((frame.json() or {}).get("synthesis") or {}).get("audio") or {}
            self._format = asked.get("outputFormat", DEFAULT_FORMAT)
            options = asked.get("metadataOptions") or asked.get("metadataoptions") or {}
            self._boundaries = str(options.get("wordBoundaryEnabled", "false")).lower() == "true"
        elif frame.path == "ssml":
            await self._speak(session, frame)

    async def _speak(self, session: Session, frame: Frame) -> None:
        try:
            ssml = ET.fromstring(frame.body)  # noqa: S314 - loopback only, no entities are fetched
            text = synthesis.text_of(ssml)
            seconds = synthesis.seconds_of(text)
            parts = synthesis.audio(self._format, seconds)
        except ET.ParseError:
            await session.close(BAD_DATA, "SSML parsing error")
            return
        except synthesis.UnsupportedFormat as refusal:
            await session.close(BAD_DATA, f"Unsupported output format {refusal}")
            return
        if synthesis.voice_of(ssml) not in voices.SHORT_NAMES:
            await session.close(BAD_DATA, "Unsupported voice")
        turn, stream = session.outlet(frame.request_id), uuid.uuid4().hex.upper()
        await turn.text("turn.start", {"context": {"serviceTag": frame.request_id}})
        await turn.text("response", {"audio": {"type": "inline", "streamId": stream}})
        if self._boundaries:
            await turn.text("audio.metadata", {"Metadata": synthesis.word_boundaries(text, seconds)})
        for part in parts:
            await turn.audio(stream, part)
        end = {"Type": "SessionEnd", "Data": {"Offset": int(seconds * synthesis.TICKS_PER_SECOND)}}
        await turn.text("audio.metadata", {"Metadata": [end]})
        await turn.text("turn.end", {})
