"""What Azure OpenAI refuses before any work: key, path, version, headers and body keys."""

import re
from typing import Any

from aiohttp import web

from emulators.azure_openai import shapes
from emulators.door import body_json, foreign_headers

KEY = "emulator-key"
WARMEST = 2
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
NAMESPACE = ("x-ms-", "azure-", "azureml-", "openai-", "ocp-apim-")
KNOWN_HEADERS = {
    "x-ms-client-request-id",
    "x-ms-useragent",
    "openai-organization",
    "openai-project",
    "openai-beta",
}
BODY_KEYS = {
    *(
        "messages",
        "model",
        "stream",
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
    ),
    *("n", "stop", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "seed"),
    *("response_format", "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"),
    *(
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "metadata",
        "store",
        "service_tier",
        "reasoning_effort",
    ),
    *("modalities", "audio", "prediction", "data_sources", "user_security_context", "verbosity"),
}


def refusal(request: web.Request) -> web.Response | None:
    if request.headers.get("api-key") != KEY:
        return shapes.refuse(401)
    if not VERSION.fullmatch(request.query.get("api-version", "")):
        return shapes.refuse(404)
    if request.match_info["deployment"].startswith("missing-"):
        return shapes.deployment_missing()
    foreign = foreign_headers(request, NAMESPACE, KNOWN_HEADERS)
    if foreign:
        return shapes.invalid(f"Unrecognized request header supplied: {foreign[0]}")
    return _body_refusal(body_json(request))


def _body_refusal(body: Any) -> web.Response | None:
    if not isinstance(body, dict):
        return shapes.invalid("We could not parse the JSON body of your request.")
    unknown = sorted(set(body) - BODY_KEYS)
    if unknown:
        return shapes.invalid(f"Unrecognized request argument supplied: {', '.join(unknown)}")
    return _messages_refusal(body.get("messages")) or _settings_refusal(body)


def _messages_refusal(messages: Any) -> web.Response | None:
    if messages is None:
        return shapes.invalid("Missing required parameter: 'messages'.", "messages")
    if not isinstance(messages, list) or not messages:
        return shapes.invalid("Invalid 'messages': empty array. Expected an array with minimum length 1.", "messages")
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            return shapes.invalid(f"Invalid value for 'messages[{number}].role'.", f"messages[{number}].role")
        if not isinstance(message.get("content"), str | list):
            return shapes.invalid(f"Invalid type for 'messages[{number}].content'.", f"messages[{number}].content")
    return None


def _settings_refusal(body: dict[str, Any]) -> web.Response | None:
    if "max_tokens" in body and "max_completion_tokens" in body:
        return shapes.invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    if not isinstance(body.get("stream", False), bool | None):
        return shapes.invalid("Invalid type for 'stream': expected a boolean.", "stream")
    if body.get("stream_options") is not None and not body.get("stream"):
        return shapes.invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    for name in ("max_tokens", "max_completion_tokens"):
        limit = body.get(name)
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            return shapes.invalid(f"Invalid '{name}': integer below minimum value. Expected a value >= 1.", name)
    temperature = body.get("temperature")
    if temperature is not None and not (isinstance(temperature, int | float) and 0 <= temperature <= WARMEST):
        return shapes.invalid("Invalid 'temperature': expected a number between 0 and 2.", "temperature")
    return None


def texts(body: dict[str, Any], *roles: str) -> list[str]:
    """The plain text of the messages of these roles, in order."""
    found = []
    for message in body["messages"]:
        if message["role"] in roles:
            content = message["content"]
            parts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
            found.append("\n".join(parts))
    return found
