"""Functions made from images run in containers of them; chosen by DEVENV_FUNCTIONS=containers.

A zip function stays a process, in the emulator's own container: it has no image. What Docker
refuses (an image that is gone, a socket that isn't there) is told to whoever invokes, and tried
again by the next invocation.
"""

import logging
import os
from typing import Any

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.invocation.lambda_models import (
    FunctionVersion,
    ImageCode,
    InvocationResult,
)

from devenv.emulator.ecr.registry import running_registry
from devenv.emulator.functions import log_lines
from devenv.emulator.functions.code import without_localstacks
from devenv.emulator.functions.container_engine import container_engine
from devenv.emulator.functions.container_sandbox import ContainerSandboxes
from devenv.emulator.functions.environment import Environment
from devenv.emulator.functions.executor import (
    ProcessExecutor,
    await_init,
    is_provisioned,
    limits,
)
from devenv.emulator.functions.runtime_api import RuntimeApi
from devenv.errors import DevenvError

LOG = logging.getLogger(__name__)

HANDED_BY_THE_IMAGE = ("LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR")


class ContainerExecutor(ProcessExecutor):
    """Runs one environment as a container, if the function has an image."""

    def start(self, env_vars: dict[str, Any]) -> None:
        if self.function_version.config.image is None:
            super().start(env_vars)
            return
        self._variables = without_localstacks(env_vars)
        for name in HANDED_BY_THE_IMAGE:
            self._variables.pop(name, None)
        self._provisioned = is_provisioned(env_vars)
        try:
            self._start_container()
        except DevenvError as error:
            if self._provisioned:
                raise
            LOG.error("%s", error)  # The invocation that is to come tries again, and says so.

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        if self._environment is None:
            try:
                self._start_container()
            except DevenvError as error:
                return _refusal(payload["invoke-id"], str(error))
        try:
            return super().invoke(payload)
        except DevenvError as error:  # A new container, in place of one that had ended.
            return _refusal(payload["invoke-id"], str(error))

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.image is None:
            super().prepare_version(function_version)
        else:
            container_engine().image(f"sha256:{function_version.config.image.code_sha256}")

    def _start_container(self) -> None:
        config, version = self.function_version.config, self.function_version
        override = config.image_config
        engine = container_engine()
        image = engine.image(f"sha256:{config.image.code_sha256}")
        sandboxes = ContainerSandboxes(
            engine,
            version.id.function_name,
            str(image.id),
            self._variables,
            config.memory_size,
            scale_cpu=os.environ.get("DEVENV_FUNCTION_CPU_LIMIT", "1") != "0",
            command=(override.command or None) if override else None,
            entry_point=(override.entrypoint or None) if override else None,
            working_dir=(override.working_directory or None) if override else None,
        )
        environment = Environment(
            sandboxes,
            limits(version, provisioned=self._provisioned),
            lambda: RuntimeApi(engine.address),
        )
        environment.start()
        if self._provisioned:
            await_init(environment)
        self._environment = environment


def remove_leftovers() -> None:
    """What an emulator of this name left; without Docker there's nothing to remove, and the first
    function says why."""
    try:
        count = container_engine().remove_leftovers()
    except DevenvError as error:
        LOG.error("%s", error)
    else:
        LOG.info("Removed %d containers of functions", count)


def resolve_image(image_uri: str) -> ImageCode:
    """The image behind a tag at this moment, by its digest; Lambda's own error if there's none."""
    try:
        registry = running_registry()
        if registry is not None and (pinned := registry.pinned(image_uri)) is not None:
            image = container_engine().image(pinned, registry.login)
        else:
            image = container_engine().image(image_uri)
    except DevenvError as error:
        raise InvalidParameterValueException(
            f"Source image {image_uri} does not exist. Provide a valid source image. ({error})",
            Type="User",
        ) from error
    digest = str(image.id).removeprefix("sha256:")
    return ImageCode(image_uri=image_uri, code_sha256=digest, repository_type="ECR")


def _refusal(request_id: str, words: str) -> InvocationResult:
    logs = "\n".join((log_lines.start(request_id, "$LATEST"), words, log_lines.end(request_id)))
    payload = log_lines.error_payload(request_id, "Sandbox.Failed", words)
    return InvocationResult(request_id, payload, True, f"{logs}\n")
