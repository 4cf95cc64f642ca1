"""The deployed function in an environment of its own, with TEST_RUN=True: it predicts, and
publishes nothing, as the tutorials run their image.

Its role, variables, packages and limits are the deployed function's; its log goes to the function's
log file, and not to CloudWatch Logs. The environment is kept until the function changes, or no
event has come for ten minutes.
"""

import dataclasses
import logging
import uuid
from datetime import datetime
from typing import Any

from localstack.constants import DEFAULT_AWS_ACCOUNT_ID
from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment
from localstack.services.lambda_.invocation.lambda_models import (
    FunctionVersion,
    InitializationType,
    Invocation,
)
from localstack.services.lambda_.invocation.models import lambda_stores

from devenv.emulator.function_port.backend import Reply, trouble

LOG = logging.getLogger(__name__)
TEST_RUN = {"TEST_RUN": "True"}


class ByItself:
    """A backend for the function `name` of a region."""

    def __init__(self, name: str, region: str) -> None:
        self._name = name
        self._region = region
        self._kept: tuple[str, ExecutionEnvironment] | None = None
        """The revision of the function, and what runs it."""

    def answer(self, event: bytes) -> Reply:
        version = self._deployed()
        if version is None:
            return trouble(
                404,
                "ResourceNotFoundException",
                f"There is no function {self._name} in {self._region}: `devenv bootstrap` makes "
                "it, and FUNCTION_NAME, when the emulator starts, names another.",
            )
        if (state := version.config.state.state) != "Active":
            reason = version.config.state.reason or "wait until it is Active"
            return trouble(503, "ResourceConflictException", f"{self._name} is {state}: {reason}")
        try:
            environment = self._environment(version)
            environment.reserve()
            result = environment.invoke(_invocation(version, event))
            environment.release()
        except Exception as error:  # LocalStack's environments raise what they please.
            LOG.warning("%s by itself failed", self._name, exc_info=True)
            self.stop()
            return trouble(500, type(error).__name__, str(error))
        return Reply(200, result.payload or b"")  # AWS's emulator says 200 to errors, too.

    def stop(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                kept[1].stop()
            except Exception:  # It has stopped already.
                LOG.debug("%s by itself was stopped before", self._name, exc_info=True)

    def _deployed(self) -> FunctionVersion | None:
        function = lambda_stores[DEFAULT_AWS_ACCOUNT_ID][self._region].functions.get(self._name)
        return function.latest() if function else None

    def _environment(self, version: FunctionVersion) -> ExecutionEnvironment:
        """The one that there is, if it's of this revision; else a new one."""
        revision = version.config.revision_id
        if self._kept is not None and self._kept[0] == revision:
            return self._kept[1]
        self.stop()
        variables = {**(version.config.environment or {}), **TEST_RUN}
        config = dataclasses.replace(version.config, environment=variables)
        environment = ExecutionEnvironment(
            function_version=dataclasses.replace(version, config=config),
            initialization_type=InitializationType.on_demand,
            on_timeout=self._forget,
            version_manager_id="by-itself",
        )
        environment.start()
        self._kept = (revision, environment)
        return environment

    def _forget(self, manager_id: str, environment_id: str) -> None:
        """It has ended, since it had nothing to do."""
        if self._kept is not None and self._kept[1].id == environment_id:
            self._kept = None


def _invocation(version: FunctionVersion, event: bytes) -> Invocation:
    parameters: dict[str, Any] = {
        "payload": event,
        "invoked_arn": version.id.unqualified_arn(),
        "client_context": None,
        "invocation_type": "RequestResponse",
        "invoke_time": datetime.now(),
        "request_id": str(uuid.uuid4()),
        "trace_context": {},
    }
    return Invocation(**parameters)
