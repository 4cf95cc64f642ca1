"""Reading a stream in the name of the function's role, as Lambda does on AWS.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
"""

from collections.abc import Callable

from localstack.aws.api.lambda_ import ResourceNotFoundException
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.provider_utils import get_function_version_from_arn

from devenv.emulator.iam.enforcement import Denied, Need, enforcement, is_on
from devenv.emulator.iam.principals import Session

ON_STREAM = ("DescribeStream", "ListShards", "GetShardIterator", "GetRecords")
ON_STREAM_OF_CONSUMER = ("DescribeStream", "ListShards")
ON_CONSUMER = ("SubscribeToShard",)


def access_error_message(source_arn: str) -> str:
    """Return AWS's message for a role that may not read the stream."""
    return (
        f"Cannot access stream {source_arn}. Please ensure the role can perform the GetRecords, "
        "GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in "
        "IAM."
    )


def read_refusal(function_arn: str, source_arn: str) -> Callable[[], str | None]:
    """Return a function that looks the function's role up and says why it may not read the stream;
    None if it may, or if roles aren't enforced."""
    name, region = function_locators_from_arn(function_arn)[0], source_arn.split(":")[3]
    needs = _needs(source_arn)

    def refusal() -> str | None:
        if not is_on():
            return None
        try:
            role = get_function_version_from_arn(function_arn).config.role
        except ResourceNotFoundException:  # Invocations will say so.
            return None
        try:
            for need in needs:
                enforcement().check(Session(role, name), need, region)
        except Denied as e:
            return str(e)
        return None

    return refusal


def _needs(source_arn: str) -> list[Need]:
    stream, consumer, _ = source_arn.partition("/consumer/")
    if not consumer:
        return [Need(f"kinesis:{name}", stream) for name in ON_STREAM]
    return [
        *(Need(f"kinesis:{name}", stream) for name in ON_STREAM_OF_CONSUMER),
        *(Need(f"kinesis:{name}", source_arn) for name in ON_CONSUMER),
    ]
