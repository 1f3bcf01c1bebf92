"""Who may speak to a server on loopback: programs of this machine and its own pages, and no page from elsewhere.

A browser lets any page send simple requests to any address (Fetch standard, “CORS-safelisted request-header”), and a
page whose name is rebound to 127.0.0.1 read the answers. It says so itself: by `Origin`, by `Sec-Fetch-Site` (W3C
Fetch Metadata) and by the name in `Host`. Programs send neither of the first two.
"""

from urllib.parse import urlsplit

from aiohttp import hdrs, web

LOOPBACK_NAMES = {"127.0.0.1", "localhost"}
JSON = "application/json"


def why_refused(request: web.Request, *, takes_pages: bool = False) -> web.Response | None:
    """The answer for a request that a foreign page made, else nothing.

    `takes_pages`: pages of other servers on this machine may ask, as a browser does at the vendor itself.
    """
    if request.url.host not in LOOPBACK_NAMES:
        return web.json_response({"error": "this server answers to the names of loopback only"}, status=421)
    if _is_foreign(request, takes_pages=takes_pages):
        return web.json_response({"error": "a page from elsewhere may not ask this server"}, status=403)
    return None


def why_no_order(request: web.Request) -> web.Response | None:
    """The answer where a body does not say that it is JSON, which no page may send unasked; else nothing."""
    told = hdrs.CONTENT_TYPE in request.headers
    if (told or request.can_read_body) and request.content_type != JSON:
        return web.json_response({"error": f"an order is sent as {JSON}"}, status=415)
    return None


def _is_foreign(request: web.Request, *, takes_pages: bool) -> bool:
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        foreign = request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
        return foreign and not _is_visit(request)
    if takes_pages and urlsplit(origin).hostname in LOOPBACK_NAMES:
        return False
    return origin != f"http://{request.headers.get(hdrs.HOST)}"


def _is_visit(request: web.Request) -> bool:
    """Somebody followed a link: the page that held it cannot read what is shown."""
    shown = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"
    return shown and request.method == hdrs.METH_GET
