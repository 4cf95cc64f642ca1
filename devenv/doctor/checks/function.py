"""A function that was made from what lambda_function.py was yesterday answers as yesterday."""

import re

from devenv.bootstrap.image import image_tag
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong
from devenv.errors import NotFound

NAME = "The function is active, and made from the code that is here"

CONTENT = re.compile("[0-9a-f]{12}")
"""A tag that the bootstrap made; others say nothing of what the image is made from."""


def check(facts: Facts) -> Finding:
    settings, state = facts.settings, facts.system.function
    if state.state == "Missing":
        return wrong(
            f"there is no function {state.name} in {settings.region}", "Run `devenv bootstrap`."
        )
    if "Failed" in (state.state, state.last_update):
        return wrong(f"{state.name} is {state.state}: {state.reason}", "Run `devenv bootstrap`.")
    if state.state != "Active":
        return wrong(f"{state.name} is {state.state}", "Wait a moment, then try again.")
    if _is_old(facts):
        return wrong(
            f"{state.name} runs {state.image_uri}, made before lambda_function.py or Pipfile.lock "
            "was changed",
            "Run `devenv bootstrap` (on AWS `devenv publish` first): an edit changes nothing until "
            "then.",
        )
    return well(f"{state.name}, {state.image_uri}")


def _is_old(facts: Facts) -> bool:
    """Whether an image that the bootstrap named by its content has another content by now."""
    repository, _, tag = str(facts.system.function.image_uri).rpartition(":")
    ours = f"/{repository}".endswith(f"/{facts.settings.image_repository}")
    if facts.settings.image_uri or not ours or not CONTENT.fullmatch(tag):
        return False
    try:
        return tag != image_tag(facts.settings.root)
    except NotFound:
        return False
