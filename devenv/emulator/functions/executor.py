"""Where LocalStack's Lambda calls us: one executor per execution environment."""

import functools
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import (
    FunctionVersion,
    InitializationType,
    InvocationResult,
)
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from devenv.emulator.functions import accounts, layers, pythons
from devenv.emulator.functions import code as function_code
from devenv.emulator.functions.environment import (
    INIT_LIMIT,
    Environment,
    FunctionLimits,
    Request,
)
from devenv.emulator.functions.log_file import LogFile
from devenv.emulator.functions.sandbox import ProcessSandboxes
from devenv.errors import DevenvError

PROVISIONED_INIT_LIMIT = 130.0
"""Seconds that init may take where concurrency is provisioned, or the function's timeout if that's
longer. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

LOG = logging.getLogger(__name__)


class ProcessExecutor(RuntimeExecutor):
    """Runs one environment as a process. LocalStack decides how many there are, and when."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._environment: Environment | None = None

    def start(self, env_vars: dict[str, Any]) -> None:
        code = function_code.locate(self.function_version)
        function_code.check(code)
        configured = self.function_version.config.environment or {}
        variables = function_code.variables(code, env_vars, configured)
        self._environment = Environment(
            ProcessSandboxes(
                code.command,
                code.folder,
                variables,
                function_code.lambda_folders(code),
                self.function_version.config.memory_size,
                accounts.next_account(),
            ),
            limits(self.function_version, provisioned=is_provisioned(env_vars)),
        )
        self._environment.start()
        if is_provisioned(env_vars):
            await_init(self._environment)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        assert self._environment is not None, "LocalStack invoked an environment it didn't start"
        request = Request(
            request_id=payload["invoke-id"],
            payload=payload["payload"].encode(),
            function_arn=payload["invoked-function-arn"],
            trace_id=payload["trace-id"],
        )
        result = self._environment.invoke(request)
        append_to_log_file(result.logs)
        return InvocationResult(request.request_id, result.payload, result.is_error, result.logs)

    def stop(self) -> None:
        if self._environment is not None:
            self._environment.stop()

    def get_logs(self) -> str:
        return "Logs are passed on with each invocation."

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """The host of AWS_ENDPOINT_URL, which in a container is the emulator's name there."""
        return os.environ["DEVENV_EMULATOR_HOST"]

    def get_runtime_endpoint(self) -> str:
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.code is not None:
            function_version.config.code.prepare_for_execution()
            layers.prepare(function_version.config.layers)
            if function_version.config.runtime not in (None, function_code.HERE):
                pythons.prepare(function_version.config.runtime)
        code = function_code.locate(function_version)
        function_code.check(code)
        if notice := function_code.version_notice(code):
            LOG.warning("Function %s: %s.", function_version.qualified_arn, notice)
        if accounts.are_used():
            for folder in filter(None, (code.folder, code.opt)):
                accounts.make_readable(folder, Path(tempfile.gettempdir()))

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing: snapshots are shared by content, and go with the emulator's folder."""


def limits(version: FunctionVersion, *, provisioned: bool = False) -> FunctionLimits:
    timeout = float(version.config.timeout)
    return FunctionLimits(
        timeout=timeout,
        memory_size=version.config.memory_size,
        version=version.id.qualifier,
        init_limit=max(PROVISIONED_INIT_LIMIT, timeout) if provisioned else INIT_LIMIT,
    )


def is_provisioned(env_vars: Mapping[str, Any]) -> bool:
    kind = env_vars["AWS_LAMBDA_INITIALIZATION_TYPE"]
    return bool(kind == InitializationType.provisioned_concurrency)


def await_init(environment: Environment) -> None:
    """Raise `DevenvError` if init fails: provisioned concurrency isn't ready before it's over."""
    if (log := environment.await_init()) is not None:
        append_to_log_file(log)
        environment.stop()
        raise DevenvError(f"Init failed, its environment isn't provisioned. Its log: {log}")


def append_to_log_file(logs: str) -> None:
    """Beside CloudWatch Logs: the file that `devenv up` shows with the services' own logs."""
    if path := os.environ.get("DEVENV_FUNCTION_LOG"):
        _log_file(Path(path)).append(logs)


@functools.cache
def _log_file(path: Path) -> LogFile:
    return LogFile(path)
