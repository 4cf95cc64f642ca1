"""Where LocalStack's Lambda API answers otherwise than AWS's, and is put right here.

Invoke's limits, zips that reach beyond their folder, updates of a function that has failed, and of
one that is just being updated. Wording as AWS's, recorded by LocalStack's own tests where they
cover it.
"""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.lambda_ import (
    InvalidParameterValueException,
    InvocationType,
    LastUpdateStatus,
    ResourceConflictException,
    State,
)
from localstack.services.lambda_ import api_utils, provider
from localstack.services.lambda_.invocation import (
    execution_environment,
    lambda_service,
    version_manager,
)
from localstack.services.lambda_.invocation.lambda_models import Function, FunctionVersion
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager
from localstack.services.lambda_.lambda_utils import HINT_LOG
from localstack.utils.threads import start_thread

from devenv.emulator.functions.log_text import as_lines
from devenv.emulator.functions.loop_timer import LoopTimer
from devenv.emulator.functions.zip_links import trouble

PAYLOAD_LIMITS = {
    InvocationType.RequestResponse: 6 * 1024 * 1024,
    # Since October 2025; 256 KB before.
    InvocationType.Event: 1024 * 1024,
}
"""Bytes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

UPDATE_SECONDS = 0.5
"""How long an update takes at least, so that code which doesn't wait for its end fails here, too.
On AWS it's one second or more."""

BAD_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


def install() -> None:
    """Put it all in LocalStack's place."""
    LambdaService.invoke = _with_limits(LambdaService.invoke)
    LambdaService.update_version = _update_version
    LambdaService.stop_version = _stop_version(LambdaService.stop_version)
    LambdaVersionManager.start = _not_at_once(LambdaVersionManager.start)
    HINT_LOG.addFilter(_without_docker)
    # Each invocation's metrics are sent by a thread that LocalStack remembers until it ends.
    version_manager.start_thread = functools.partial(start_thread, _shutdown_hook=False)
    execution_environment.Timer = LoopTimer
    store = _refusing_links(lambda_service.store_lambda_archive)
    lambda_service.store_lambda_archive = provider.store_lambda_archive = store
    for operation in ("update_function_code", "update_function_configuration"):
        original = getattr(provider.LambdaProvider, operation)
        setattr(provider.LambdaProvider, operation, _one_at_a_time(original))


def check_payload(size: int, invocation_type: str | None) -> None:
    """Raise Lambda's error for what is larger than may be handed to a function."""
    kind = invocation_type or InvocationType.RequestResponse
    limit = PAYLOAD_LIMITS.get(kind)
    if limit is not None and size > limit:
        raise CommonServiceException(
            "RequestEntityTooLargeException",
            f"{size} byte payload is too large for the {kind} invocation type "
            f"(limit {limit} bytes)",
            status_code=413,
            sender_fault=True,
        )


def check_not_updating(version: FunctionVersion) -> None:
    """Raise Lambda's error for what can't be updated at the moment."""
    config = version.config
    words = "The operation cannot be performed at this time."
    arn = version.id.unqualified_arn()
    if config.last_update and config.last_update.status == LastUpdateStatus.InProgress:
        raise ResourceConflictException(
            f"{words} An update is in progress for resource: {arn}", Type="User"
        )
    if config.state and config.state.state == State.Pending:
        raise ResourceConflictException(
            f"{words} The function is currently in the following state: Pending", Type="User"
        )


def _without_docker(record: logging.LogRecord) -> bool:
    """LocalStack's advice for a function that failed is to mount Docker's socket."""
    if "docker.sock" in record.getMessage():
        record.msg, record.args = "A function that has failed was invoked: see its StateReason.", ()
    return True


def _with_limits(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def limited(service: Any, *, payload: bytes | None, **request: Any) -> Any:
        check_payload(len(payload or b""), request.get("invocation_type"))
        result = invoke(service, payload=payload, **request)
        if result is not None and result.logs:  # What LogResult is made of.
            result.logs = as_lines(result.logs)
        return result

    return limited


def _refusing_links(store: Callable[..., Any]) -> Callable[..., Any]:
    def checked(archive_file: bytes, *parameters: Any, **named: Any) -> Any:
        if reason := trouble(archive_file):
            raise InvalidParameterValueException(f"{BAD_ZIP} ({reason})", Type="User")
        return store(archive_file, *parameters, **named)

    return checked


def _update_version(service: LambdaService, new_version: FunctionVersion) -> Any:
    """LocalStack raises unless an older one runs, so that what had failed stayed so."""
    return service.create_function_version(function_version=new_version)


def _stop_version(stop: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    def stop_if_any(service: LambdaService, qualified_arn: str) -> None:
        """A version that failed is neither running nor starting; LocalStack raises for it."""
        there = {*service.lambda_running_versions, *service.lambda_starting_versions}
        if qualified_arn in there:
            stop(service, qualified_arn)

    return stop_if_any


def _not_at_once(start: Callable[..., Any]) -> Callable[..., Any]:
    def start_after_a_while(manager: LambdaVersionManager) -> Any:
        began = time.monotonic()
        state = start(manager)
        config = manager.function_version.config
        if config.last_update and config.last_update.status == LastUpdateStatus.InProgress:
            manager.shutdown_event.wait(UPDATE_SECONDS - (time.monotonic() - began))
        return state

    return start_after_a_while


def _one_at_a_time(update: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(update)  # LocalStack finds its operations by their attributes.
    def update_unless_updating(service: Any, context: Any, request: Any) -> Any:
        function = _function(context, request["FunctionName"])
        if function is not None:
            check_not_updating(function.latest())
        return update(service, context, request)

    return update_unless_updating


def _function(context: Any, name: str) -> Function | None:
    account, region = api_utils.get_account_and_region(name, context)
    plain, _ = api_utils.get_name_and_qualifier(name, None, context)
    function: Function | None = lambda_stores[account][region].functions.get(plain)
    return function
