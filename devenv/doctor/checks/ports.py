"""Two servers have to listen on this machine; something else may sit there already.

On macOS the AirPlay receiver has port 5000.
"""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, skipped, well, wrong
from devenv.settings import address, is_loopback
from devenv.stack import services

NAME = "The ports are free, or taken by this environment"


def check(facts: Facts) -> Finding:
    settings = facts.settings
    listening = (
        ("AWS_ENDPOINT_URL", settings.endpoint_url, "emulator"),
        ("MLFLOW_TRACKING_URI", settings.mlflow_tracking_uri, "mlflow"),
    )
    mine = [(name, url, server) for name, url, server in listening if url and is_loopback(url)]
    if not mine:
        return skipped("nothing has to listen on this machine")
    found = [_state(facts, name, url, server) for name, url, server in mine]
    taken = [words for free, words in found if not free]
    if not taken:
        return well("; ".join(words for _, words in found))
    names = [name for (name, _, _), (free, _) in zip(mine, found, strict=True) if not free]
    return wrong(
        "; ".join(taken),
        f"Stop what is there, or set {' or '.join(names)} to another port in .env. (Port 5000 on "
        "macOS is AirPlay Receiver's: switch that off.)",
    )


def _state(facts: Facts, setting: str, url: str, server: str) -> tuple[bool, str]:
    """Whether the port can be used, and what is there."""
    host, port = address(url, setting)
    listener = facts.machine.listener(port)
    if listener is None and not facts.machine.accepts(host, port):
        return True, f"{port} is free"
    if listener and listener.pid in facts.machine.children(facts.settings.home):
        return True, f"{port} is {server}'s"
    if _answers(facts, server):
        return True, f"{port} answers as {server}, not started by `devenv up`"
    return False, f"{port} is taken by {listener or 'a program that this account can not see'}"


def _answers(facts: Facts, server: str) -> bool:
    if server == "mlflow":
        url = f"{facts.settings.mlflow_tracking_uri}{services.MLFLOW_PAGE}"
        try:
            return facts.get(url).status == 200
        except OSError:
            return False
    try:
        _ = facts.endpoint
    except Unknown:
        return False
    return True
