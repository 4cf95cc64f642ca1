"""Pages of servers on this machine, read past any proxy: the emulator's and MLflow's own."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

PLUGINS_PAGE = "/_devenv/plugins"
"""Which plugins of ours the emulator has loaded."""
PATIENCE = 5.0
"""Seconds for one page."""
SILENCE = 60.0
"""Seconds without a line of a page that goes on, after which it has ended."""


def fetch(url: str) -> bytes | None:
    """The body of a page; None while it can't be had."""
    try:
        with _direct(urlsplit(url).scheme).open(url, timeout=PATIENCE) as response:
            return bytes(response.read())
    except (urllib.error.URLError, OSError, ValueError):
        return None


def lines(url: str) -> Iterator[str]:
    """The lines of a page that goes on, as they come; none if it can't be had. Ends with it."""
    try:
        with _direct(urlsplit(url).scheme).open(url, timeout=SILENCE) as response:
            for line in response:
                yield line.decode("utf-8", "replace").rstrip("\r\n")
    except (urllib.error.URLError, OSError, ValueError, http.client.HTTPException):
        return


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
