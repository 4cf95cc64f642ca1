"""The mapping operations of Lambda's API, for Kinesis sources.

`localstack_seams` puts ours before those of LocalStack's provider; what isn't about a Kinesis
source goes on to them. Mappings stand among LocalStack's own, so that lists, tags and other
services see them.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import ServiceException
from localstack.aws.api.lambda_ import (
    InvalidParameterValueException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.event_source_mapping.esm_config_factory import EsmConfigFactory
from localstack.services.lambda_.invocation.models import lambda_stores

from devenv.emulator.kinesis.provider import kinesis
from devenv.emulator.mapping import requests
from devenv.emulator.mapping.make_context import ContextMaker, forget, open_source
from devenv.emulator.mapping.options import read_options
from devenv.emulator.mapping.role import access_error_message, read_refusal
from devenv.emulator.mapping.source import SourceGone, find_source
from devenv.emulator.mapping.supervisor import DesiredState, MappingSupervisor

log = logging.getLogger(__name__)

CHANGING = threading.Lock()
"""Lock around making, changing and deleting a mapping."""
SUPERVISORS: dict[str, MappingSupervisor] = {}
"""All Kinesis mappings of this process, for the status page."""
CHANGEABLE = (*requests.RANGES, "FunctionResponseTypes", "DestinationConfig", "FilterCriteria")
CHANGEABLE += ("BisectBatchOnFunctionError",)


def create(provider: Any, context: Any, request: dict[str, Any]) -> dict[str, Any]:
    requests.check(request, new=True)
    with CHANGING:
        arn, state = _function(provider, context, request)
        _check_role(arn, request["EventSourceArn"])
        entry = dict(EsmConfigFactory(request, context, arn).get_esm_config())
        tags = entry.pop("Tags", None)
        entry["LastModified"] = datetime.now(UTC)
        enabled = request.get("Enabled") is not False
        options = read_options(entry)
        mapping = MappingSupervisor(
            entry, DesiredState(options, enabled), ContextMaker(provider), Removal(provider)
        )
        if enabled:  # What is put from now on is for this mapping, whatever happens.
            open_source(mapping, options)
        shown = dict(entry)
        state.event_source_mappings[mapping.uuid] = entry
        provider.esm_workers[mapping.uuid] = SUPERVISORS[mapping.uuid] = mapping
    if tags:
        provider._store_tags(entry["EventSourceMappingArn"], tags)
    mapping.create()
    return shown


def update(
    provider: Any, context: Any, mapping: MappingSupervisor, request: dict[str, Any]
) -> dict[str, Any]:
    with CHANGING:
        if mapping.desired.deleted:
            raise ResourceInUseException(
                f"The event source mapping {mapping.uuid} is being deleted.", Type="User"
            )
        desired, changes = mapping.desired, {n: request[n] for n in CHANGEABLE if n in request}
        requests.check(request, new=False)
        merged = {**mapping.entry, **changes}
        requests.check(merged, new=False)
        if name := request.get("FunctionName"):
            merged["FunctionName"] = name
        arn, _ = _function(provider, context, merged)
        merged.pop("FunctionName", None)
        merged["FunctionArn"] = arn
        if not (merged.get("FilterCriteria") or {}).get("Filters"):
            merged.pop("FilterCriteria", None)
        enabled = desired.enabled if request.get("Enabled") is None else request["Enabled"]
        merged["LastModified"] = datetime.now(UTC)
        mapping.entry.update(merged)
        for name in mapping.entry.keys() - merged.keys():
            del mapping.entry[name]
        state = "Updating"
        if enabled != desired.enabled:
            state = "Enabling" if enabled else "Disabling"
        mapping.change(replace(desired, options=read_options(merged), enabled=enabled), state)
        return {**mapping.entry, "State": state}


def _function(provider: Any, context: Any, request: dict[str, Any]) -> tuple[str, Any]:
    """The function's ARN, and the store that its mappings are in, if LocalStack takes the request.

    For a version or alias that isn't there it raises a plain Exception, answered with 500.
    """
    try:
        arn, _, state, _, _ = provider.validate_event_source_mapping(context, request)
    except ServiceException:
        raise
    except Exception as e:
        name = request.get("FunctionName") or request.get("FunctionArn")
        raise ResourceNotFoundException(f"Function not found: {name}", Type="User") from e
    return arn, state


def _check_role(function_arn: str, source_arn: str) -> None:
    """A mapping that couldn't read is not made; that it no longer may, it says itself."""
    if refusal := read_refusal(function_arn, source_arn)():
        log.error("Mapping %s → %s was not made. %s", source_arn, function_arn, refusal)
        raise InvalidParameterValueException(access_error_message(source_arn), Type="User")


def delete(provider: Any, mapping: MappingSupervisor) -> dict[str, Any]:
    with CHANGING:
        mapping.change(replace(mapping.desired, deleted=True), "Deleting")
        provider._remove_all_tags(mapping.entry["EventSourceMappingArn"])
        forget(mapping)
        return {**mapping.entry, "State": "Deleting"}


class Removal:
    """Takes a deleted mapping out of LocalStack's lists, and its checkpoints out of the file."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def __call__(self, mapping: MappingSupervisor) -> None:
        forget(mapping)
        SUPERVISORS.pop(mapping.uuid, None)
        self._provider.esm_workers.pop(mapping.uuid, None)
        for _, _, store in lambda_stores.iter_stores():
            store.event_source_mappings.pop(mapping.uuid, None)


def _before(ours: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what puts `ours`, which gets LocalStack's method as its second argument, before it."""

    def wrap(theirs: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return ours(self, theirs, *args, **kwargs)

        return method

    return wrap


def _create(provider: Any, theirs: Callable[..., Any], context: Any, request: Any) -> Any:
    if not _is_kinesis(request.get("EventSourceArn")):
        return theirs(provider, context, request)
    return create(provider, context, dict(request))


def _update(provider: Any, theirs: Callable[..., Any], context: Any, request: Any) -> Any:
    mapping = provider.esm_workers.get(request.get("UUID"))
    if not isinstance(mapping, MappingSupervisor):
        return theirs(provider, context, request)
    return update(provider, context, mapping, dict(request))


def _delete(provider: Any, theirs: Callable[..., Any], context: Any, uuid: str, **more: Any) -> Any:
    mapping = provider.esm_workers.get(uuid)
    if not isinstance(mapping, MappingSupervisor):
        return theirs(provider, context, uuid, **more)
    return delete(provider, mapping)


def _list(provider: Any, theirs: Callable[..., Any], context: Any, **request: Any) -> Any:
    """LocalStack takes any mapping whose function's ARN has the name somewhere in it."""
    function = request.get("function_name")
    answer = theirs(provider, context, **request)
    if function:
        found = answer["EventSourceMappings"]
        answer["EventSourceMappings"] = list(_of_function(found, function))
    return answer


def _of_function(mappings: Iterable[Any], function: str) -> Iterable[Any]:
    name, qualifier, *_ = function_locators_from_arn(function)
    for each in mappings:
        mapped, mapped_qualifier, *_ = function_locators_from_arn(each["FunctionArn"])
        if mapped == name and qualifier in (None, mapped_qualifier):
            yield each


def _check_source(
    provider: Any, theirs: Callable[..., Any], service: str, arn: str, *more: Any, **named: Any
) -> None:
    if service != "kinesis":
        theirs(provider, service, arn, *more, **named)
        return
    try:
        find_source(kinesis(), arn)
    except SourceGone as e:
        raise InvalidParameterValueException(f"Stream not found: {arn}", Type="User") from e


def _is_kinesis(arn: str | None) -> bool:
    return arn is not None and arn.split(":")[2:3] == ["kinesis"]


creating, updating, deleting = _before(_create), _before(_update), _before(_delete)
listing, checking_source = _before(_list), _before(_check_source)
