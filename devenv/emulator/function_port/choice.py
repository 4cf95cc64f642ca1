"""Which backend the port has, by the variables that the emulator is started with."""

import os
from functools import cache

from devenv.emulator.function_port.backend import Backend

PORT_VARIABLE = "DEVENV_FUNCTION_PORT"
"""Where the function answers by itself; 0 is nowhere."""
URL_VARIABLE = "DEVENV_FUNCTION_URL"
"""Where a container of the function's image does, which is asked then."""
NAME_VARIABLE, REGION_VARIABLE = "DEVENV_FUNCTION_BY_ITSELF", "DEVENV_FUNCTION_REGION"


@cache
def chosen_backend() -> Backend:
    """Made when the first event comes: Lambda's parts of LocalStack take half a second to load."""
    environ = os.environ
    if url := environ.get(URL_VARIABLE):
        from devenv.emulator.function_port.image import ImageBackend

        return ImageBackend(url)
    from devenv.emulator.function_port.by_itself import ByItself

    return ByItself(environ[NAME_VARIABLE], environ[REGION_VARIABLE])


def stop() -> None:
    """End what it runs, if any event has come."""
    if chosen_backend.cache_info().currsize:
        chosen_backend().stop()
