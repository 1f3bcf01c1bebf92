"""The endpoints of Azure Speech: issueToken, the voices list, and the two kinds of websocket."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from emulators.azure_speech import voices
from emulators.azure_speech.sessions import Listening, Session, Speaking
from emulators.azure_speech.tokens import KEY, LIFETIME_SECONDS, Tokens
from emulators.door import FAULT, RECEIVED, Door, foreign_headers
from emulators.serving import Emulator, Options

KEY_HEADER = "Ocp-Apim-Subscription-Key"
NAMESPACE = ("ocp-apim-", "x-ms-", "x-microsoft-")
KNOWN_HEADERS = {"ocp-apim-subscription-key", "ocp-apim-subscription-region", "x-microsoft-outputformat"}
MESSAGES = {
    HTTPStatus.UNAUTHORIZED: "Access denied due to invalid subscription key or wrong API endpoint.",
    HTTPStatus.NOT_FOUND: "Resource not found",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests",
}


def refuse(status: int) -> web.Response:
    message = MESSAGES.get(HTTPStatus(status), HTTPStatus(status).phrase)
    return web.json_response({"error": {"code": str(status), "message": message}}, status=status)


class Speech:
    def __init__(self) -> None:
        self.door = Door("azure_speech", refuse, about=self._about, takes_pages=True)
        self._tokens = Tokens(self.door.clock)

    def routes(self) -> list[web.RouteDef]:
        listening = ["/stt/speech/universal/v2", "/speech/universal/v2"]
        for prefix in ("", "/stt"):
            listening += [f"{prefix}/speech/recognition/{{mode}}/cognitiveservices/v1"]
        speaking = ["/cognitiveservices/websocket/v1", "/tts/cognitiveservices/websocket/v1"]
        lists = ["/cognitiveservices/voices/list", "/tts/cognitiveservices/voices/list"]
        return [
            web.post("/sts/v1.0/issueToken", self.issue_token),
            web.post("/sts/v1.0/issuetoken", self.issue_token),
            *(web.get(path, self.listen) for path in listening),
            *(web.get(path, self.speak) for path in speaking),
            *(web.get(path, self.voices) for path in lists),
            *(web.options(path, self.preflight) for path in lists),
        ]

    async def issue_token(self, request: web.Request) -> web.Response:
        if request.headers.get(KEY_HEADER) != KEY:
            return refuse(401)
        if request[RECEIVED].body or foreign_headers(request, NAMESPACE, KNOWN_HEADERS):
            return refuse(400)
        return web.Response(text=self._tokens.issue(), content_type="application/jwt")

    async def voices(self, request: web.Request) -> web.Response:
        if not self._admitted(request):
            return _readable_anywhere(refuse(401))
        return _readable_anywhere(web.json_response(voices.listed()))

    async def preflight(self, _: web.Request) -> web.Response:
        return _readable_anywhere(web.Response(status=204))

    async def listen(self, request: web.Request) -> web.StreamResponse:
        if not self._admitted(request):
            return refuse(401)
        listening = Listening(
            request.query.get("language", "sv-SE"),
            request.match_info.get("mode", "conversation"),
            detailed=request.query.get("format") == "detailed",
            status=request[FAULT].quirk,
        )
        return await Session(request).frames(listening.handle)

    async def speak(self, request: web.Request) -> web.StreamResponse:
        if not self._admitted(request):
            return refuse(401)
        return await Session(request).frames(Speaking().handle)

    def _admitted(self, request: web.Request) -> bool:
        key = request.headers.get(KEY_HEADER) or request.query.get(KEY_HEADER)
        if key is not None:
            return key == KEY
        given = request.headers.get("Authorization") or request.query.get("Authorization", "")
        scheme, _, token = given.partition(" ")
        return scheme.lower() == "bearer" and self._tokens.valid(token.strip())

    def _about(self) -> dict[str, Any]:
        return {
            "key": KEY,
            "token_lifetime_seconds": LIFETIME_SECONDS,
            "quirks": ["NoMatch", "InitialSilenceTimeout", "BabbleTimeout"],
        }


def _readable_anywhere(response: web.Response) -> web.Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = f"Authorization, {KEY_HEADER}, X-ConnectionId"
    response.headers["Access-Control-Allow-Methods"] = "GET"
    return response


def build(_: Options) -> Emulator:
    speech = Speech()
    return Emulator(speech.door, speech.door.application(speech.routes()))
