"""Tags and resource policies, of streams and of consumers."""

import json

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from devenv.emulator.kinesis.consumers.registration import Resource, resource
from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.streams import tag_characters

MAX_TAGS = 50
PER_PAGE = 50


def add_tags_to_stream(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        found = Resource(kinesis.find_stream(caller, request), None)
        return _add(kinesis, found, request["Tags"])


def remove_tags_from_stream(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        found = Resource(kinesis.find_stream(caller, request), None)
        return _remove(kinesis, found, request["TagKeys"])


def list_tags_for_stream(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    stream, after = kinesis.find_stream(caller, request), request.get("ExclusiveStartTagKey", "")
    found = [tag for tag in _shown(Resource(stream, None)) if tag["Key"] > after]
    limit = request.get("Limit", PER_PAGE)
    return {"Tags": found[:limit], "HasMoreTags": len(found) > limit}


def tag_resource(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        found = resource(kinesis, caller, request["ResourceARN"])
        return _add(kinesis, found, request["Tags"])


def untag_resource(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        found = resource(kinesis, caller, request["ResourceARN"])
        return _remove(kinesis, found, request["TagKeys"])


def list_tags_for_resource(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    return {"Tags": _shown(resource(kinesis, caller, request["ResourceARN"]))}


def put_policy(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    try:
        document = json.loads(request["Policy"])
    except ValueError as e:
        raise InvalidArgumentException(f"The policy is not valid JSON: {e}") from e
    if not isinstance(document, dict) or "Statement" not in document:
        raise InvalidArgumentException("The policy has no Statement.")
    with kinesis.store.changing:
        found = resource(kinesis, caller, request["ResourceARN"])
        _require_active(kinesis, found)
        kinesis.store.save(found.changed(policy=request["Policy"]))
    return {}


def get_policy(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """An empty policy is `{}`, not an error."""
    found = resource(kinesis, caller, request["ResourceARN"])
    return {"Policy": found.target.policy or "{}"}


def delete_policy(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        found = resource(kinesis, caller, request["ResourceARN"])
        if found.target.policy is None:
            raise ResourceNotFoundException(
                f"No resource policy found for resource ARN {request['ResourceARN']}"
            )
        kinesis.store.save(found.changed(policy=None))
    return {}


def _require_active(kinesis: Kinesis, found: Resource) -> None:
    consumer, stream = found.consumer, found.stream
    if consumer is not None and kinesis.clock() < consumer.active_from:
        raise ResourceInUseException(
            f"Consumer {consumer.name} with creation timestamp {consumer.created} under stream "
            f"{stream.name} and account {stream.account} is not in ACTIVE status."
        )


def _add(kinesis: Kinesis, found: Resource, tags: dict[str, str]) -> Response:
    if reserved := [key for key in tags if key.lower().startswith("aws:")]:
        raise InvalidArgumentException(f"Tag keys beginning with aws: are AWS's own: {reserved[0]}")
    tag_characters.check([*tags, *tags.values()], found.stream)
    merged = {**found.target.tags, **tags}
    if len(merged) > MAX_TAGS:
        raise LimitExceededException(f"A resource has at most {MAX_TAGS} tags.")
    kinesis.store.save(found.changed(tags=merged))
    return {}


def _remove(kinesis: Kinesis, found: Resource, keys: list[str]) -> Response:
    tag_characters.check(keys, found.stream, "remove tags from")
    kept = {key: value for key, value in found.target.tags.items() if key not in keys}
    kinesis.store.save(found.changed(tags=kept))
    return {}


def _shown(found: Resource) -> list[Response]:
    return [{"Key": key, "Value": value} for key, value in sorted(found.target.tags.items())]
