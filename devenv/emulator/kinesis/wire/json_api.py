"""Kinesis as JSON over HTTP: a request's body in, a response's status and body out.

Both places that see JSON before LocalStack's parser answer with this: `server.kinesis_connection`
and `json_handler`. A value of the wrong type is refused as on AWS; LocalStack's parser answers
that with 500. CBOR and event streams are LocalStack's.
"""

import time
from binascii import b2a_base64
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import ServiceException
from localstack.aws.handlers.region import RegionRewriter
from localstack.constants import DEFAULT_AWS_ACCOUNT_ID

from devenv.emulator.door.chain import session_of, unsigned_is_allowed
from devenv.emulator.door.credentials import Credential, from_header
from devenv.emulator.door.refusal import Reason, Refused, code_and_status
from devenv.emulator.door.unsigned import CURE
from devenv.emulator.iam.enforcement import is_on
from devenv.emulator.kinesis.operations import FOR_JSON, OPERATIONS, call
from devenv.emulator.kinesis.service import Caller, Kinesis
from devenv.emulator.kinesis.wire.errors import serialization_error
from devenv.emulator.kinesis.wire.requests import checked

TARGET = "Kinesis_20131202."
CONTENT_TYPES = frozenset(("application/x-amz-json-1.1", "application/json"))
STREAMING = "SubscribeToShard"
WITH_OUTPUT = frozenset(name for name in OPERATIONS if name.startswith(("List", "Describe", "Get")))


class Answer(NamedTuple):
    status: int
    body: bytes
    error: str | None = None
    """The error's type, if it is one."""


def answer(kinesis: Kinesis, caller: Caller, operation: str, body: bytes) -> Answer | None:
    """What AWS would answer; None for a good SubscribeToShard, whose answer is an event stream."""
    try:
        request = _parsed(body)
        if operation == STREAMING:
            checked(operation, request)
            return None
        result = call(kinesis, caller, operation, request, FOR_JSON)
    except ServiceException as e:
        return _error(e.status_code, e.code, e.message)
    except NotImplementedError as e:
        return _error(501, "InternalFailure", str(e))
    return Answer(200, _encoded(result) if result or operation in WITH_OUTPUT else b"")


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body or b"{}")
    except ValueError as e:
        raise serialization_error(f"The request is not valid JSON: {e}") from e


@cache
def known_regions() -> tuple[frozenset[str], str]:
    """Those that LocalStack knows, and the one that it takes all others for."""
    rewriter = RegionRewriter().region_rewriter_strategy
    return frozenset(rewriter.available_regions), str(rewriter.default_region)


class Callers:
    """Who makes a request, by its Authorization header. `of` raises Refused."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._regions, self._default_region = known_regions()
        self._by_credential: Callable[[str], Caller] = lru_cache(1024)(self._caller)

    def of(self, authorization: str) -> Caller:
        # The rest, headers and signature, differs from request to request.
        caller = self._by_credential(authorization.partition(",")[0])
        if caller.session is not None and self._clock() >= caller.session.expires:
            raise Refused(Reason.EXPIRED, "The security token included in the request is expired")
        return caller

    def _caller(self, credential: str) -> Caller:
        found = from_header(credential)
        if found is None and not unsigned_is_allowed():
            raise Refused(Reason.UNSIGNED, f"Missing Authentication Token: {CURE}.")
        found = found or Credential(DEFAULT_AWS_ACCOUNT_ID)
        # LocalStack takes unknown regions for the default one.
        region = found.region or self._default_region
        region = region if region in self._regions else self._default_region
        session = session_of(found, self._clock())
        account = get_account_id_from_access_key_id(found.access_key)
        return Caller(account, region, session if is_on() else None)


def refusal(refused: Refused) -> Answer:
    """The answer to a request whose caller isn't known."""
    code, status = code_and_status("json", refused.reason)
    return _error(status, code, str(refused))


def _error(status: int, code: str, message: str | None) -> Answer:
    # Recorded: what AWS's front end says stands under Message, all else under message.
    key = "Message" if code == "SerializationException" else "message"
    return Answer(status, _encoded({"__type": code, key: message or ""}), code)


def _encoded(result: Any) -> bytes:
    return orjson.dumps(result, _scalar, orjson.OPT_PASSTHROUGH_DATETIME)


def _scalar(value: Any) -> Any:
    """Blobs in base64, timestamps in seconds: what JSON has no kind for."""
    if isinstance(value, bytes):
        return b2a_base64(value, newline=False).decode("ascii")
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value)} has no place in a response.")
