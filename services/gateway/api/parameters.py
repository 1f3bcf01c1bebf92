"""The parameters of a request's path and query, and the form of document that it asks for."""

import re
from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from contracts.errors import ErrorKind, Refusal
from contracts.table import AnyCall, Http
from services.gateway.api.http_request import PARAMETERS_MAX, HttpRequest

PARAMETER_LENGTH_MAX = 300
ACCEPT_LENGTH_MAX = 500
LANGUAGE = "lang"  # the gateway's own
FORMS = {"application/json": "json", "text/html": "html"}
# What has a place of its own, said for the names that people try.
HEADERS = {"case_secret": "X-Case-Secret", "x-case-secret": "X-Case-Secret", "idempotency_key": "Idempotency-Key"}


class Parameters:
    """What one route takes from its address: of a GET or DELETE all its members, otherwise those of the path alone.

    Everything else stands in the body: an address is kept by browsers, proxies and logs.
    """

    def __init__(self, call: AnyCall, http: Http) -> None:
        members = set(call.request.model_fields) - set(re.findall(r"{(\w+)}", http.path))
        self._in_query = frozenset(members if http.method in {"GET", "DELETE"} else ())
        self._in_body = frozenset(members - self._in_query)
        self._has_form = "form" in self._in_query

    def of(self, request: HttpRequest) -> dict[str, str]:
        """The parameters.

        Raises:
            Refusal: INVALID, where a parameter is unknown, given twice or too long, or belongs elsewhere.
        """
        parameters = dict(request.parameters)
        if request.scope["query_string"]:
            parameters |= self._from_query(request.query)
        if self._has_form and "form" not in parameters:
            form = asked_form(request.headers.get("accept", ""))
            if form is not None:
                parameters["form"] = form
        if len(parameters) > PARAMETERS_MAX or any(map(_is_too_long, parameters.items())):
            raise Refusal(ErrorKind.INVALID, "parameters")
        return parameters

    def _from_query(self, query: Sequence[tuple[str, str]]) -> dict[str, str]:
        given = [(name, value) for name, value in query if name != LANGUAGE]
        misplaced = [self._misplaced(name) for name, _ in given if name not in self._in_query]
        if misplaced:
            raise Refusal(ErrorKind.INVALID, "query", errors=misplaced)
        parameters = dict(given)
        if len(parameters) < len(given):
            raise Refusal(ErrorKind.INVALID, "parameters")
        return parameters

    def _misplaced(self, name: str) -> dict[str, Any]:
        """Where a parameter belongs; one that we do not know is not named, since it may be a secret itself."""
        if name in self._in_body:
            return {"field": name, "code": "belongs-in-body", "detail": f"send {name} in the JSON body"}
        header = HEADERS.get(name.lower())
        if header is not None:
            return {"field": name, "code": "belongs-in-header", "detail": f"send it in the header {header}"}
        detail = "this address takes no such parameter; secrets belong in the body or in a header"
        return {"field": "", "code": "unknown-parameter", "detail": detail}


def asked_form(accept: str) -> str | None:
    """Which form of a document the header Accept prefers: a page, JSON, or (None) the contract's usual one."""
    for media_type, quality in parse_accept_header(accept[:ACCEPT_LENGTH_MAX], MIMEAccept):
        if quality > 0 and media_type.lower() in {*FORMS, "*/*"}:
            return FORMS.get(media_type.lower())
    return None


def _is_too_long(parameter: tuple[str, str]) -> bool:
    return len(parameter[0]) + len(parameter[1]) > PARAMETER_LENGTH_MAX
