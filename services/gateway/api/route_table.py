"""Finds the contract that a request asks for, without trying one route after the other."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.registry import ROUTES
from services.gateway.api.contract_routes import ContractEndpoint, ContractRoutes

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


@dataclass(frozen=True, slots=True)
class Found:
    """A route: its template, the endpoint that serves it, and the values of the parameters in its path."""

    template: str
    endpoint: ContractEndpoint
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Template:
    path: str
    segments: tuple[str, ...]
    endpoint: ContractEndpoint

    def match(self, segments: list[str]) -> dict[str, str] | None:
        parameters = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            if pattern.startswith("{"):
                parameters[pattern[1:-1]] = segment
            elif pattern != segment:
                return None
        return parameters if all(parameters.values()) else None


class RouteTable:
    """The contracts by method and path: whole paths first (/api/text/tools is no tool), then templates."""

    def __init__(self, routes: ContractRoutes) -> None:
        self._whole: dict[tuple[str, str], Found] = {}
        self._templates: dict[tuple[str, int], list[_Template]] = defaultdict(list)
        for call in ROUTES:
            if call.http is not None:
                endpoint = ContractEndpoint(routes, call, call.http)
                for path in filter(None, (call.http.path, call.http.alias)):
                    self._add(call.http.method, path, endpoint)

    def find(self, method: str, path: str) -> Found | None:
        """The route of a request; HEAD is served as GET, without its body."""
        method = "GET" if method == "HEAD" else method
        found = self._whole.get((method, path))
        if found is not None:
            return found
        segments = path.split("/")
        for template in self._templates.get((method, len(segments)), ()):
            parameters = template.match(segments)
            if parameters is not None:
                return Found(template.path, template.endpoint, parameters)
        return None

    def methods(self, path: str) -> set[str]:
        """The methods by which a path can be asked for."""
        return {method for method in METHODS if self.find(method, path) is not None}

    def paths(self) -> Iterable[str]:
        """Every path and template."""
        yield from (path for _, path in self._whole)
        yield from (template.path for templates in self._templates.values() for template in templates)

    def _add(self, method: str, path: str, endpoint: ContractEndpoint) -> None:
        if "{" in path:
            segments = tuple(path.split("/"))
            self._templates[method, len(segments)].append(_Template(path, segments, endpoint))
        else:
            self._whole[method, path] = Found(path, endpoint, {})
