"""boto3 sends requests by HTTP_PROXY, those to this machine too, unless NO_PROXY forbids it."""

from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong
from devenv.settings import is_loopback

NAME = "No proxy stands between here and the endpoint"


def check(facts: Facts) -> Finding:
    url = facts.settings.endpoint_url
    if not is_loopback(url):
        return skipped("the endpoint is not on this machine")
    parts = urlsplit(str(url))
    given = {name.lower(): value for name, value in facts.environ.items()}
    proxy = given.get(f"{parts.scheme}_proxy")
    if not proxy:
        return well("none is set")
    if proxy_bypass_environment(parts.netloc, {"no": given.get("no_proxy", "")}):
        return well("NO_PROXY leaves out the endpoint")
    return wrong(
        f"{parts.scheme.upper()}_PROXY={proxy} would get the requests to {url}",
        f"`export NO_PROXY={parts.hostname},localhost` (add to it what is there).",
    )
