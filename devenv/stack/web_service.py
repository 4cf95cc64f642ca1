"""The web service of the function's model, in the foreground, on the function's packages.

It is no part of an instance: `up` doesn't start it and `down` leaves it alone.
"""

import os
import subprocess
from collections.abc import Callable

from devenv.errors import DevenvError
from devenv.settings import Settings
from devenv.stack.embedded import check_port_free
from devenv.stack.function_packages import FunctionPackages
from devenv.stack.services import Service
from devenv.wait import wait_for

GRACE = 10.0
"""Seconds that it gets to finish the requests at hand."""


def web_service(settings: Settings, packages: FunctionPackages, port: int, workers: int) -> Service:
    """What runs it. The model is RUN_ID's or MODEL_URI's if that is set, or else the one that the
    function on the endpoint is configured with."""
    script = settings.root / "web_service.py"
    arguments = ("--port", str(port), "--workers", str(workers))
    return Service(
        name="web service",
        url=f"http://127.0.0.1:{port}",
        setting="DEVENV_WEB_PORT",
        command=(str(packages.image_python), str(script), *arguments),
        health_path="/health",
        timeout=60,
        variables={"FUNCTION_NAME": settings.function_name, "PIPELINE": settings.pipeline},
    )


def has_model_of_its_own(settings: Settings) -> bool:
    return settings.run_id is not None or bool(os.environ.get("MODEL_URI"))


def serve(service: Service, ready: Callable[[], None]) -> None:
    """Run `service` until this command is interrupted, and call `ready` once it answers.

    Raises `DevenvError` for a taken port, and if it ends by itself.
    """
    check_port_free(service)
    # All that it writes is progress: the answers go to who asked.
    with subprocess.Popen(service.command, env=service.environ, stdout=2) as child:
        try:
            wait_for(
                lambda: _answers(service, child),
                timeout=service.timeout,
                failure=f"The web service did not answer at {service.url} within "
                f"{service.timeout:.0f} s. What it says is above.",
            )
            ready()
            raise _ended(child.wait())
        finally:
            _stop(child)


def _answers(service: Service, child: "subprocess.Popen[bytes]") -> bool:
    if (code := child.poll()) is not None:
        raise _ended(code)
    return service.is_healthy()


def _ended(code: int) -> DevenvError:
    return DevenvError(f"The web service has ended with exit code {code}: see above.")


def _stop(child: "subprocess.Popen[bytes]") -> None:
    """From a terminal Ctrl-C has reached it too; a second signal does no harm."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
