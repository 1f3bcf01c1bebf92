"""PostHog's capture endpoints and its private interface for persons."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from emulators.door import RECEIVED, Door, body_json, control_json
from emulators.posthog import capture
from emulators.posthog.people import People
from emulators.serving import Emulator, Options

PROJECT_KEY = "phc_emulator"
PERSONAL_KEY = "phx_emulator"
PERSONS_A_CALL = 1_000
PAGE_MOST = 100
BODY_LIMIT = 20 * 1024 * 1024
DELETE_KEYS = {"distinct_ids", "ids", "delete_events", "delete_recordings", "keep_person"}
STATUSES = {"all", "pending", "completed"}
REFUSALS: dict[int, tuple[str, str, str]] = {
    400: ("validation_error", "invalid_input", "Invalid input."),
    401: ("authentication_error", "not_authenticated", "Authentication credentials were not provided."),
    403: ("authentication_error", "permission_denied", "You don't have access to the project."),
    404: ("invalid_request", "not_found", "Not found."),
    405: ("invalid_request", "method_not_allowed", "Method not allowed."),
    413: ("validation_error", "payload_too_large", "Payload too large."),
    429: ("throttled_error", "throttled", "Request was throttled. Expected available in 1 second."),
}


def refuse(status: int, detail: str | None = None) -> web.Response:
    kind, code, told = REFUSALS.get(status, ("server_error", "error", HTTPStatus(status).phrase))
    content = {"type": kind, "code": code, "detail": detail or told, "attr": None}
    response = web.json_response(content, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = "1"
    return response


class PostHog:
    def __init__(self) -> None:
        self.door = Door("posthog", refuse, on_reset=self._reset, about=self._about, body_limit=BODY_LIMIT)
        self._people = People(self.door.clock)

    def routes(self) -> list[web.RouteDef]:
        project = r"/api/projects/{project:\d+|@current}"
        return [
            *(web.post(path, self.capture) for path in ("/batch/", "/batch", "/e/", "/i/v0/e/", "/capture/")),
            *(web.post(path, self.flags) for path in ("/flags/", "/flags")),
            *(web.options(path, self.preflight) for path in ("/batch/", "/e/", "/i/v0/e/", "/flags/")),
            web.get(f"{project}/persons/", self.list_persons),
            web.post(f"{project}/persons/bulk_delete/", self.delete_persons),
            web.get(f"{project}/persons/deletion_status/", self.deletion_status),
            web.get("/__emu/events", self.all_events),
            web.get("/__emu/persons", self.all_persons),
            web.post("/__emu/deletion_delay", self.set_delay),
        ]

    async def capture(self, request: web.Request) -> web.Response:
        body = bytes(request[RECEIVED].body)
        try:
            key, events = capture.read(body, request.query.get("compression", ""), request.content_type)
            if key != PROJECT_KEY:
                return _from_anywhere(refuse(401, "Project API key invalid."), request)
            self._people.capture(events)
        except ValueError as wrong:
            return _from_anywhere(refuse(400, str(wrong)), request)
        return _from_anywhere(web.json_response({"status": "Ok"}), request)

    async def flags(self, request: web.Request) -> web.Response:
        asked = body_json(request)
        if not isinstance(asked, dict) or asked.get("token", asked.get("api_key")) != PROJECT_KEY:
            return _from_anywhere(refuse(401, "Project API key invalid."), request)
        none: dict[str, Any] = {"flags": {}, "featureFlags": {}, "featureFlagPayloads": {}}
        return _from_anywhere(web.json_response({**none, "errorsWhileComputingFlags": False}), request)

    async def preflight(self, request: web.Request) -> web.Response:
        return _from_anywhere(web.Response(status=204), request)

    async def list_persons(self, request: web.Request) -> web.Response:
        if (refused := _key_refusal(request)) is not None:
            return refused
        asked = request.query.getall("distinct_id", [])
        found = self._people.find(asked, []) if asked else self._people.persons()
        shown = [person.as_json() for person in found[:PAGE_MOST]]
        return web.json_response({"next": None, "previous": None, "results": shown})

    async def delete_persons(self, request: web.Request) -> web.Response:
        if (refused := _key_refusal(request)) is not None:
            return refused
        order = body_json(request)
        wrong = _order_refusal(order)
        if wrong is not None:
            return wrong
        found = self._people.find(order.get("distinct_ids") or [], order.get("ids") or [])
        queued = self._people.delete(
            found, events_too=bool(order.get("delete_events")), keep_person=bool(order.get("keep_person"))
        )
        answer = {
            "persons_found": len(found),
            "persons_deleted": 0 if order.get("keep_person") else len(found),
            "events_queued_for_deletion": bool(order.get("delete_events")) and queued > 0,
            "recordings_queued_for_deletion": bool(order.get("delete_recordings")) and bool(found),
            "deletion_errors": [],
        }
        return web.json_response(answer, status=202)

    async def deletion_status(self, request: web.Request) -> web.Response:
        if (refused := _key_refusal(request)) is not None:
            return refused
        wanted, status = request.query.get("person_uuid"), request.query.get("status", "all")
        if status not in STATUSES:
            return refuse(400, "status is all, pending or completed")
        found = [one.as_json() for one in self._people.deletions() if wanted in {None, one.person_uuid}]
        shown = [one for one in found if status in {"all", one["status"]}]
        return web.json_response({"next": None, "previous": None, "results": shown})

    async def all_events(self, _: web.Request) -> web.Response:
        return web.json_response(self._people.events())

    async def all_persons(self, _: web.Request) -> web.Response:
        return web.json_response([person.as_json() for person in self._people.persons()])

    async def set_delay(self, request: web.Request) -> web.Response:
        order = await control_json(request)
        if not isinstance(order, dict) or set(order) != {"seconds"}:
            raise ValueError("the delay takes seconds")
        self._people.deletion_seconds = float(order["seconds"])
        return web.json_response(order)

    def _reset(self) -> None:
        self._people.clear()

    def _about(self) -> dict[str, Any]:
        return {
            "project_key": PROJECT_KEY,
            "personal_key": PERSONAL_KEY,
            "events": len(self._people.events()),
            "persons": len(self._people.persons()),
            "deletion_delay_seconds": self._people.deletion_seconds,
        }


def _key_refusal(request: web.Request) -> web.Response | None:
    given = request.headers.get("Authorization")
    if given is None:
        return refuse(401)
    if given == f"Bearer {PERSONAL_KEY}":
        return None
    content = {"type": "authentication_error", "code": "authentication_failed", "attr": None}
    return web.json_response({**content, "detail": "Invalid personal API key."}, status=401)


def _order_refusal(order: Any) -> web.Response | None:
    if not isinstance(order, dict) or set(order) - DELETE_KEYS:
        return refuse(400, f"The body takes {', '.join(sorted(DELETE_KEYS))}.")
    named = [*(order.get("distinct_ids") or []), *(order.get("ids") or [])]
    if not named or len(named) > PERSONS_A_CALL:
        return refuse(400, f"Give 1 to {PERSONS_A_CALL} distinct_ids or ids.")
    return None


def _from_anywhere(response: web.Response, request: web.Request) -> web.Response:
    """Browsers of any site may capture."""
    if origin := request.headers.get("Origin"):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return response


def build(_: Options) -> Emulator:
    posthog = PostHog()
    return Emulator(posthog.door, posthog.door.application(posthog.routes()))
