"""Calling the function: in this process, by LocalStack's Lambda service, as bytes.

Versions, aliases, concurrency, throttling and logs are LocalStack's as with any invocation.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localstack.aws.api import ServiceException
from localstack.services.lambda_.api_utils import function_locators_from_arn

from devenv.emulator.mapping.outcomes import NotRun

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answered:
    """The function ran; `payload` is what it returned, or Lambda's error object."""

    request_id: str
    payload: bytes
    is_error: bool
    version: str


type Invoke = Callable[[bytes], Answered | NotRun]


def invoker(lambda_service: Any, function_arn: str) -> Invoke:
    """What calls the function of an ARN and waits for its answer."""
    name, qualifier, account, region = function_locators_from_arn(function_arn)

    def invoke(payload: bytes) -> Answered | NotRun:
        request_id = str(uuid.uuid4())
        try:
            result = lambda_service.invoke(
                function_name=name,
                qualifier=qualifier,
                region=region,
                account_id=account,
                invocation_type="RequestResponse",
                client_context=None,
                request_id=request_id,
                payload=payload,
                trace_context={},
            )
        except ServiceException as e:
            return NotRun(f"{e.code}: {e.message}")
        except Exception as e:  # LocalStack's environments raise what they please.
            log.debug("Invocation of %s did not start", function_arn, exc_info=True)
            return NotRun(f"{type(e).__name__}: {e}")
        return Answered(request_id, result.payload, result.is_error, result.executed_version)

    return invoke
