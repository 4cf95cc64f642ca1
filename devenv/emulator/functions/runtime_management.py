"""When a runtime is updated: Get- and PutRuntimeManagementConfig, which LocalStack lacks.

Runtimes aren't updated here, so both of AWS's ways to have that done are kept and told. `Manual`
pins one version of a runtime, and isn't taken: there is no other to be had.
"""

import functools
from collections.abc import Callable
from typing import Any

from localstack.aws.api.lambda_ import InvalidParameterValueException, UpdateRuntimeOn
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.models import lambda_stores

KEPT = "devenv_update_runtime_on"
"""The attribute of LocalStack's functions with the mode by version."""


def getting(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)  # LocalStack finds its operations by their attributes.
    def get_runtime_management_config(
        provider: Any, context: Any, function_name: str, qualifier: str | None = None, **rest: Any
    ) -> dict[str, Any]:
        arn, modes = _found(provider, context, function_name, qualifier)
        mode = modes.get(arn, UpdateRuntimeOn.Auto)
        return {"UpdateRuntimeOn": mode, "FunctionArn": arn}

    return get_runtime_management_config


def putting(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def put_runtime_management_config(
        provider: Any,
        context: Any,
        function_name: str,
        update_runtime_on: str,
        qualifier: str | None = None,
        **rest: Any,
    ) -> dict[str, Any]:
        arn, modes = _found(provider, context, function_name, qualifier)
        if update_runtime_on == UpdateRuntimeOn.Manual:
            raise InvalidParameterValueException(
                "UpdateRuntimeOn Manual is not available here: an emulator has one version of each "
                "runtime. Use Auto or FunctionUpdate.",
                Type="User",
            )
        modes[arn] = update_runtime_on
        return {"UpdateRuntimeOn": update_runtime_on, "FunctionArn": arn}

    return put_runtime_management_config


def _found(
    provider: Any, context: Any, function_name: str, qualifier: str | None
) -> tuple[str, dict[str, str]]:
    """The version's ARN, and the modes of its function. Raises Lambda's error for none."""
    config = provider.get_function_configuration(context, function_name, qualifier or "$LATEST")
    account, region = api_utils.get_account_and_region(function_name, context)
    function = lambda_stores[account][region].functions[config["FunctionName"]]
    modes: dict[str, str] = vars(function).setdefault(KEPT, {})
    return str(config["FunctionArn"]), modes
