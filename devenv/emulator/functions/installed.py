"""What functions run on: told to the emulator by whoever starts it, in its environment."""

import os

from devenv.errors import DevenvError


def installed(variable: str) -> str:
    """The value of `variable`. Raises `DevenvError` if the emulator was started without it."""
    value = os.environ.get(variable)
    if not value:
        raise DevenvError(
            f"This emulator can't run functions, since it was started without {variable}: start it "
            "with `devenv up`, which installs what they run on."
        )
    return value
