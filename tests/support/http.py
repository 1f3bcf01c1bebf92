"""HTTP for tests: all of it is unencrypted and on loopback.

The default of httpx reads the certificates of all the world's authorities for every client and every single request
(25 ms of CPU); a context without any costs nothing. No proxy of the machine is asked either.
"""

import ssl
from typing import Any

import httpx

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def request(method: str, url: str, **options: Any) -> httpx.Response:
    return httpx.request(method, url, verify=NO_AUTHORITIES, trust_env=False, **options)


def get(url: str, **options: Any) -> httpx.Response:
    return request("GET", url, **options)


def post(url: str, **options: Any) -> httpx.Response:
    return request("POST", url, **options)


def delete(url: str, **options: Any) -> httpx.Response:
    return request("DELETE", url, **options)


def async_client(**options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=NO_AUTHORITIES, trust_env=False, **options)
