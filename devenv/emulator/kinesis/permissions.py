"""What an operation needs of a role: its action, on the stream or consumer that it is about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesis.html
"""

from functools import lru_cache

from localstack.aws.api.kinesis import AccessDeniedException

from devenv.emulator.iam.enforcement import Denied, Need, enforcement
from devenv.emulator.kinesis.records import iterators
from devenv.emulator.kinesis.service import Caller, Kinesis, Request, read_page_token

ARN_PARAMETERS = ("ConsumerARN", "StreamARN", "ResourceARN")


def require(kinesis: Kinesis, caller: Caller, operation: str, request: Request) -> None:
    """Raise AccessDeniedException if the caller is a session whose role does not allow it."""
    if caller.session is None:
        return
    if (caller.service, operation) == ("logs", "DescribeStream"):
        # A subscription filter's destination is tried on AWS by a control message that is put.
        operation = "PutRecord"
    need = _need(f"kinesis:{operation}", _resource(kinesis, caller, request))
    try:
        enforcement().check(caller.session, need, caller.region)
    except Denied as e:
        raise AccessDeniedException(str(e)) from e


_need = lru_cache(1024)(Need)


def _resource(kinesis: Kinesis, caller: Caller, request: Request) -> str:
    """An operation that is about no stream is about all of them."""
    for parameter in ARN_PARAMETERS:
        if arn := request.get(parameter):
            return str(arn)
    name = request.get("StreamName")
    if name is None and (token := request.get("ShardIterator")):
        iterator = iterators.decode(token, kinesis.store.secret)
        name = iterator.stream_name if iterator else None
    elif name is None and (token := request.get("NextToken")):
        # One that is none is refused by the operation itself, in AWS's words.
        name = read_page_token(kinesis.clock(), token).get("request", {}).get("StreamName")
    return f"arn:aws:kinesis:{caller.region}:{caller.account}:stream/{name or '*'}"
