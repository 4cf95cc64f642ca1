"""Requests to Kinesis by hand, for what boto3 refuses to send and formats that it doesn't speak."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

from devenv.settings import Settings

JSON, CBOR = "application/x-amz-json-1.1", "application/x-amz-cbor-1.1"
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential={key}/20261121/us-east-1/kinesis/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


def post(
    system: Settings,
    operation: str,
    body: bytes,
    kind: str,
    access_key: str = "test",
    encoding: str = "identity",
) -> tuple[int, bytes]:
    """Status and body of the answer."""
    request = Request(
        str(system.endpoint),
        data=body,
        headers={
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
            "Content-Type": kind,
            "Content-Encoding": encoding,
            "Authorization": AUTHORIZATION.format(key=access_key),
        },
    )
    try:
        with urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except HTTPError as e:
        with e:
            return e.code, e.read()
