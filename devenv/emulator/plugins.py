"""What LocalStack loads of ours, named in pyproject.toml's entry points.

Kept light: LocalStack imports this module to find the plugins, whether it uses them or not.
"""

import json
from typing import Any

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Runs functions as processes of this machine; chosen by LAMBDA_RUNTIME_EXECUTOR."""

    name = "devenv-process"

    def load(self, *args: Any, **kwargs: Any) -> type:
        from devenv.emulator.functions.executor import ProcessExecutor

        return ProcessExecutor


@hooks.on_infra_start()
def serve_plugins_page() -> None:
    """Answer `/_devenv/plugins` with what was really loaded.

    LocalStack only warns when it can't find an executor and then takes another: `devenv up`
    reads this page to be sure.
    """
    from localstack.http import Response
    from localstack.services.edge import ROUTER
    from localstack.services.lambda_.invocation.runtime_executor import get_runtime_executor

    def plugins(request: object) -> Response:
        loaded = {"runtime_executor": get_runtime_executor().__name__}
        return Response(json.dumps(loaded), mimetype="application/json")

    ROUTER.add("/_devenv/plugins", plugins)


@aws_provider(api="s3", name="devenv")
def durable_s3() -> Service:
    """S3 whose buckets and objects outlive the emulator; chosen by PROVIDER_OVERRIDE_S3."""
    from devenv.emulator.s3.service import make_service

    return make_service()


@hooks.on_infra_start()
def resolve_images_here() -> None:
    """Have `create_function` take images from the image store rather than from Docker."""
    from localstack.services.lambda_ import provider

    from devenv.emulator.functions.images import resolve_image

    provider.create_image_code = resolve_image
