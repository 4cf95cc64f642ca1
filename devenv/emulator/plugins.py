"""What LocalStack loads of ours, named in pyproject.toml's entry points.

Kept light: LocalStack imports this module to find the plugins, whether it uses them or not.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from localstack.runtime import hooks
from localstack.runtime.server.core import RuntimeServerPlugin
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import SERVICE_PLUGINS, Service, aws_provider


def kinesis_is_ours() -> bool:
    return os.environ.get("PROVIDER_OVERRIDE_KINESIS") == "devenv"


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Runs functions as processes of this machine; chosen by LAMBDA_RUNTIME_EXECUTOR."""

    name = "devenv-process"

    def load(self, *args: Any, **kwargs: Any) -> type:
        from devenv.emulator.functions.executor import ProcessExecutor

        return ProcessExecutor


class ServerPlugin(RuntimeServerPlugin):
    """The server with a quicker way in to Kinesis; chosen by GATEWAY_SERVER."""

    name = "devenv"

    def load(self, *args: Any, **kwargs: Any) -> Any:
        from devenv.emulator.server.runtime_server import RuntimeServer

        return RuntimeServer()


class ContainerExecutorPlugin(RuntimeExecutorPlugin):
    """Runs functions made from images as containers of them, beside the emulator's own."""

    name = "devenv-container"

    def load(self, *args: Any, **kwargs: Any) -> type:
        from devenv.emulator.functions.container_executor import ContainerExecutor

        return ContainerExecutor


@aws_provider(api="kinesis", name="devenv")
def kinesis_service() -> Service:
    """Our Kinesis; chosen by PROVIDER_OVERRIDE_KINESIS."""
    from devenv.emulator.kinesis.provider import make_service

    return make_service()


@aws_provider(api="logs", name="devenv")
def logs_service() -> Service:
    """LocalStack's, with groups that can be protected; chosen by PROVIDER_OVERRIDE_LOGS."""
    from devenv.emulator.log_groups import make_service

    return make_service()


@aws_provider(api="cloudformation", name="devenv")
def cloudformation_service() -> Service:
    """LocalStack's, with our Kinesis resources; chosen by PROVIDER_OVERRIDE_CLOUDFORMATION."""
    from devenv.emulator.cloudformation.service import make_service

    return make_service()


@hooks.on_infra_start()
def serve_plugins_page() -> None:
    """Answer `/_devenv/plugins` with the plugins of ours that LocalStack has found.

    Where it can't find one it only warns and takes its own: `devenv up` reads this page to be
    sure.
    """
    from localstack.http import Response
    from localstack.services.edge import ROUTER
    from localstack.services.lambda_.invocation.runtime_executor import get_runtime_executor

    from devenv.emulator import request_log

    request_log.install()

    def plugins(request: object) -> Response:
        manager = SERVICE_PLUGINS.plugin_manager
        found = [name for name in ("kinesis:devenv", "s3:devenv") if manager.exists(name)]
        found.append(get_runtime_executor().__name__)
        return Response(json.dumps(found), mimetype="application/json")

    ROUTER.add("/_devenv/plugins", plugins)


@hooks.on_infra_start(should_load=kinesis_is_ours, priority=100)
def guard_the_door() -> None:
    """Ask of each request who signed it, before anything answers it; before all other hooks of
    ours. Which hosts and origins may ask at all, the server has looked at before."""
    from localstack.aws import handlers

    from devenv.emulator import localstack_seams
    from devenv.emulator.door import chain

    handlers.preprocess_request.handlers.insert(0, chain.authenticate)
    handlers.serve_custom_service_request_handlers.append(chain.authorize)
    handlers.run_custom_response_handlers.append(chain.isolate_pages)
    localstack_seams.apply(localstack_seams.DOOR)


@hooks.on_infra_start(should_load=kinesis_is_ours)
def answer_kinesis_early() -> None:
    """Answer Kinesis's JSON requests before LocalStack takes them apart, and a body that is not
    what its Content-Encoding says as the sender's fault."""
    from localstack.aws.handlers import preprocess_request

    from devenv.emulator import localstack_seams
    from devenv.emulator.kinesis.json_handler import JsonHandler
    from devenv.emulator.kinesis.provider import kinesis

    preprocess_request.append(JsonHandler(kinesis))
    localstack_seams.apply(localstack_seams.REQUESTS)


@hooks.on_infra_start(should_load=kinesis_is_ours)
def enforce_roles() -> None:
    """Ask a role's policies before a request that is signed with a session of the role is answered.

    `/_devenv/permissions` is what was asked for. Kinesis does the same for itself.
    """
    from localstack.aws import handlers
    from localstack.http import Response
    from localstack.services.edge import ROUTER

    from devenv.emulator.iam import chain
    from devenv.emulator.iam.enforcement import enforcement, is_on

    def permissions(request: object) -> Response:
        return Response(json.dumps(enforcement().record()), mimetype="application/json")

    ROUTER.add("/_devenv/permissions", permissions)
    if is_on():
        handlers.serve_custom_service_request_handlers.append(chain.check)
        handlers.run_custom_response_handlers.append(chain.notice)


@hooks.on_infra_start(should_load=kinesis_is_ours)
def map_kinesis_to_functions() -> None:
    """Event source mappings of Kinesis streams are ours; those of other sources LocalStack's.

    `/_devenv/mappings` is what `devenv status` shows of them, `/_devenv/batches` what became of
    their batches.
    """
    from localstack.http import Response
    from localstack.services.edge import ROUTER

    from devenv.emulator import localstack_seams
    from devenv.emulator.mapping import api
    from devenv.emulator.mapping.history import page, running

    def mappings(request: object) -> Response:
        shown = [mapping.shown() for mapping in list(api.SUPERVISORS.values())]
        return Response(json.dumps(shown), mimetype="application/json")

    localstack_seams.apply(localstack_seams.MAPPINGS + localstack_seams.FUNCTION_LOGS)

    def batches(request: Any) -> Response:
        status, content = page.batches(running.journal(), request.args.to_dict())
        return Response(json.dumps(content), status=status, mimetype="application/json")

    ROUTER.add("/_devenv/mappings", mappings)
    ROUTER.add("/_devenv/batches", batches)


@hooks.on_infra_start(priority=-1)
def read_times_of_cbor() -> None:
    """Have Kinesis's times in CBOR read and written as AWS does; after LocalStack's own hook."""
    from devenv.emulator import localstack_seams

    localstack_seams.apply(localstack_seams.TIMES)


@aws_provider(api="s3", name="devenv")
def durable_s3() -> Service:
    """S3 whose buckets and objects outlive the emulator; chosen by PROVIDER_OVERRIDE_S3."""
    from devenv.emulator.s3.service import make_service

    return make_service()


@hooks.on_infra_start()
def answer_lambda_as_aws() -> None:
    """Have `create_function` take images from where our executor does, and Lambda's API refuse and
    accept what AWS does; and LocalStack's clients to itself share their connections."""
    from devenv.emulator import localstack_seams

    localstack_seams.apply(localstack_seams.FUNCTIONS + localstack_seams.CLIENTS)


@hooks.on_infra_start()
def answer_http_as_aws() -> None:
    """Have function URLs ask who may call, and have names that resolve; and them and API Gateway
    pass on what was sent."""
    from devenv.emulator import localstack_seams

    localstack_seams.apply(localstack_seams.FUNCTION_URLS)


@aws_provider(api="ecr", name="devenv")
def ecr_service() -> Service:
    """ECR, which LocalStack's free edition doesn't have; chosen by PROVIDER_OVERRIDE_ECR."""
    from devenv.emulator.ecr.service import make_service

    return make_service()


@hooks.on_infra_start()
def prepare_registry() -> None:
    """Write the image registry's settings, where there is to be one."""
    from devenv.emulator.ecr.registry import running_registry

    running_registry()


@hooks.on_infra_start()
def remove_leftover_containers() -> None:
    """Remove functions' containers and temporary folders that an emulator which was killed has left
    behind."""
    from devenv.emulator.functions.sandbox import remove_leftover_folders

    remove_leftover_folders(Path(tempfile.gettempdir()))
    if _functions_are_containers():
        from devenv.emulator.functions.container_executor import remove_leftovers

        remove_leftovers()


@hooks.on_infra_shutdown()
def stop_function_by_itself() -> None:
    """End the environment behind DEVENV_FUNCTION_PORT."""
    from devenv.emulator.function_port import choice

    choice.stop()


@hooks.on_infra_shutdown(should_load=kinesis_is_ours)
def close_history() -> None:
    """Write what is still to be said of batches."""
    from devenv.emulator.mapping.history import running

    running.close()


@hooks.on_infra_shutdown()
def remove_containers() -> None:
    """Remove those that LocalStack hasn't stopped: its own shutdown doesn't wait for each."""
    remove_leftover_containers()


def _functions_are_containers() -> bool:
    return os.environ["LAMBDA_RUNTIME_EXECUTOR"] == ContainerExecutorPlugin.name
