"""The JSON that Azure OpenAI sends: errors, filter results, completions and stream chunks."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

MODEL = "gpt-4o-2024-11-20"
KEY_REFUSED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
    "for an active subscription and use a correct regional API endpoint for your resource."
)
REFUSALS: dict[int, tuple[str, str]] = {
    401: ("401", KEY_REFUSED),
    403: ("403", "Access denied due to network rules."),
    404: ("404", "Resource not found"),
    405: ("405", "Method not allowed"),
    408: ("Timeout", "The operation was timeout."),
    413: ("413", "Request body too large."),
    429: ("429", "Requests have exceeded the token rate limit. Please retry after 1 second."),
    500: ("InternalServerError", "Backend returned unexpected response."),
    503: ("503", "The service is temporarily unable to process your request."),
}


def refuse(status: int) -> web.Response:
    code, message = REFUSALS.get(status, (str(status), "The request failed."))
    response = web.json_response({"error": {"code": code, "message": message}}, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["retry-after"] = "1"
        response.headers["retry-after-ms"] = "1000"
    return response


def invalid(message: str, param: str | None = None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    return web.json_response({"error": error}, status=400)


def deployment_missing() -> web.Response:
    message = "The API deployment for this resource does not exist."
    return web.json_response({"error": {"code": "DeploymentNotFound", "message": message}}, status=404)


def severities(filtered: bool = False) -> dict[str, Any]:
    calm = {"filtered": False, "severity": "safe"}
    violence = {"filtered": True, "severity": "medium"} if filtered else calm
    return {"hate": calm, "self_harm": calm, "sexual": calm, "violence": violence}


def prompt_severities() -> dict[str, Any]:
    return {**severities(), "jailbreak": {"filtered": False, "detected": False}}


def prompt_filtered() -> web.Response:
    error = {
        "message": "The response was filtered due to the prompt triggering the content management policy.",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {
                **severities(filtered=True),
                "jailbreak": {"filtered": False, "detected": False},
            },
        },
    }
    return web.json_response({"error": error}, status=400)


@dataclass(frozen=True, slots=True)
class Answer:
    """One completion: its identity, its text and why it ended."""

    id: str
    created: int
    text: str
    finish_reason: str
    prompt_tokens: int

    def usage(self) -> dict[str, int]:
        completion = tokens_in(self.text)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
        }

    def whole(self) -> dict[str, Any]:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": self.text, "refusal": None},
            "finish_reason": self.finish_reason,
            "logprobs": None,
            "content_filter_results": severities(self.finish_reason == "content_filter"),
        }
        return {
            **self._envelope("chat.completion", [choice]),
            "usage": self.usage(),
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": prompt_severities()}],
        }

    def opening(self) -> dict[str, Any]:
        results = [{"prompt_index": 0, "content_filter_results": prompt_severities()}]
        empty = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
        return {**empty, "prompt_filter_results": results}

    def role(self) -> dict[str, Any]:
        return self._chunk({"role": "assistant", "content": "", "refusal": None}, {})

    def piece(self, text: str) -> dict[str, Any]:
        return self._chunk({"content": text}, severities())

    def annotation(self, end: int) -> dict[str, Any]:
        """The asynchronous filter speaks of a stretch already sent; there is no delta."""
        offsets = {"check_offset": end, "start_offset": 0, "end_offset": end}
        choice = {
            "index": 0,
            "finish_reason": None,
            "content_filter_results": severities(),
            "content_filter_offsets": offsets,
        }
        return {**self._envelope("", [choice]), "id": "", "model": "", "created": 0}

    def ending(self) -> dict[str, Any]:
        results = severities(True) if self.finish_reason == "content_filter" else {}
        return self._chunk({}, results, self.finish_reason)

    def usage_chunk(self) -> dict[str, Any]:
        return {**self._envelope("chat.completion.chunk", []), "usage": self.usage()}

    def _chunk(
        self, delta: dict[str, Any], results: dict[str, Any], finish_reason: str | None = None
    ) -> dict[str, Any]:
        choice = {
            "index": 0,
            "delta": delta,
            "finish_reason": finish_reason,
            "logprobs": None,
            "content_filter_results": results,
        }
        return self._envelope("chat.completion.chunk", [choice])

    def _envelope(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": MODEL,
            "system_fingerprint": "fp_emulator",
            "choices": choices,
        }


def tokens_in(text: str) -> int:
    return len(text) // 4 + 1
