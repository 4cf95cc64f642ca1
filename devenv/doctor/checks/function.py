"""A function that was made from what lambda_function.py was yesterday answers as yesterday."""

import re

from devenv.bootstrap.image import image_tag
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, well, wrong
from devenv.errors import NotFound

NAME = "The function is active, and made from the code that is here"

CONTENT = re.compile("[0-9a-f]{12}")
"""A tag that the bootstrap made; others say nothing of what the image is made from."""


def check(facts: Facts) -> Finding:
    settings, state, commands = facts.settings, facts.system.function, facts.commands
    if state.state == "Missing":
        return wrong(
            f"there is no function {state.name} in {settings.region}", f"{commands.make} makes it."
        )
    if "Failed" in (state.state, state.last_update):
        again = facts.failed.code if facts.is_zip else commands.deploy
        return wrong(
            f"{state.name} is {state.state}: {state.reason}",
            f"Put right what that says; then {again}.",
        )
    if state.state != "Active":
        return wrong(f"{state.name} is {state.state}", "Wait a moment, then try again.")
    words = f"{state.name}, {state.made_from}"
    if facts.is_zip:
        return well(words)
    current = _is_current(facts)
    if current is None:
        return well(f"{words} (from which code that was built isn't known here)")
    if not current:
        return wrong(
            f"{words}, was made before lambda_function.py, serving/ or Pipfile.lock was changed",
            f"An edit changes nothing until {commands.deploy}.",
        )
    return well(words)


def _is_current(facts: Facts) -> bool | None:
    """Whether the function's image is made from what is here; None if that can't be known.

    The bootstrap's own tags tell; of any other image its content does, where it can be had.
    """
    repository, _, tag = str(facts.system.function.image_uri).rpartition(":")
    ours = f"/{repository}".endswith(f"/{facts.settings.image_repository}")
    try:
        if ours and CONTENT.fullmatch(tag):
            return tag == image_tag(facts.settings.root)
        return facts.image_is_current
    except (NotFound, Unknown):
        return None
