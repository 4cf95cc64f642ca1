"""What stands in for `devenv.aws.Aws`: the clients that a test gives, and an endpoint's name."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


@dataclass
class FakeAws:
    """Clients as the code under test asks for them."""

    kinesis: Any = None
    logs: Any = None
    functions: Any = None
    sqs: Any = None
    invocations: Any = None
    ecr: Any = None
    endpoint: str = "http://127.0.0.1:4566"
    is_aws: bool = False


def client_error(code: str, operation: str = "GetRecords") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
