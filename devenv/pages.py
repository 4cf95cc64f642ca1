"""Pages of servers on this machine, read past any proxy: the emulator's and MLflow's own."""

import urllib.error
import urllib.request
from functools import cache
from urllib.parse import urlsplit

PATIENCE = 5.0
"""Seconds for one page."""


def fetch(url: str) -> bytes | None:
    """The body of a page; None while it can't be had."""
    try:
        with _direct(urlsplit(url).scheme).open(url, timeout=PATIENCE) as response:
            return bytes(response.read())
    except (urllib.error.URLError, OSError, ValueError):
        return None


@cache
def _direct(scheme: str) -> urllib.request.OpenerDirector:
    """Past any proxy. Only for https are the system's certificates read, which takes 25 ms."""
    if scheme == "https":
        return urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
