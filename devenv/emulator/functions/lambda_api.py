"""Where LocalStack's Lambda API answers otherwise than AWS's, and is put right here.

Invoke's limits, zips that reach beyond their folder, updates of a function that has failed, and of
one that is just being updated. Wording as AWS's, recorded by LocalStack's own tests where they
cover it.
"""

import functools
import logging
import os
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
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.lambda_models import Function, FunctionVersion
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager

from devenv.emulator.functions.log_text import as_lines
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


def image_resolver(_original: Callable[..., Any]) -> Callable[[str], Any]:
    """Return what finds a function's image: in Docker, or as this checkout."""
    if os.environ["LAMBDA_RUNTIME_EXECUTOR"] == "devenv-container":
        from devenv.emulator.functions.container_executor import resolve_image
    else:
        from devenv.emulator.functions.images import resolve_image
    return resolve_image


def forgotten_threads(start: Callable[..., Any]) -> Callable[..., Any]:
    """Have the threads that send metrics not be kept until the emulator stops."""
    return functools.partial(start, _shutdown_hook=False)


def without_docker_advice(log: logging.Logger) -> logging.Logger:
    """Have the log tell where to look, in place of LocalStack's advice."""
    log.addFilter(_without_docker)
    return log


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


def with_limits(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def limited(service: Any, *, payload: bytes | None, **request: Any) -> Any:
        check_payload(len(payload or b""), request.get("invocation_type"))
        result = invoke(service, payload=payload, **request)
        if result is not None and result.logs:  # What LogResult is made of.
            result.logs = as_lines(result.logs)
        return result

    return limited


def refusing_links(store: Callable[..., Any]) -> Callable[..., Any]:
    def checked(archive_file: bytes, *parameters: Any, **named: Any) -> Any:
        if reason := trouble(archive_file):
            raise InvalidParameterValueException(f"{BAD_ZIP} ({reason})", Type="User")
        return store(archive_file, *parameters, **named)

    return checked


def update_version(service: LambdaService, new_version: FunctionVersion) -> Any:
    """LocalStack raises unless an older one runs, so that what had failed stayed so."""
    return service.create_function_version(function_version=new_version)


def stop_version_if_any(stop: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    def stop_if_any(service: LambdaService, qualified_arn: str) -> None:
        """A version that failed is neither running nor starting; LocalStack raises for it."""
        there = {*service.lambda_running_versions, *service.lambda_starting_versions}
        if qualified_arn in there:
            stop(service, qualified_arn)

    return stop_if_any


def not_at_once(start: Callable[..., Any]) -> Callable[..., Any]:
    def start_after_a_while(manager: LambdaVersionManager) -> Any:
        began = time.monotonic()
        state = start(manager)
        config = manager.function_version.config
        if config.last_update and config.last_update.status == LastUpdateStatus.InProgress:
            manager.shutdown_event.wait(UPDATE_SECONDS - (time.monotonic() - began))
        return state

    return start_after_a_while


def one_at_a_time(update: Callable[..., Any]) -> Callable[..., Any]:
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
