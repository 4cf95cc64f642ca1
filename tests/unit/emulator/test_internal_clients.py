"""LocalStack's clients to itself share their connections."""

import boto3
from botocore.config import Config

from devenv.emulator.internal_clients import share


def client(key: str, read_timeout: int = 60) -> object:
    """As LocalStack makes one for each session of a role; it sends nothing here."""
    return boto3.Session(key, "secret", region_name="us-east-1").client(
        "logs", endpoint_url="http://127.0.0.1:1", config=Config(read_timeout=read_timeout)
    )


def test_clients_of_different_sessions_have_one_pool() -> None:
    """256 of them had one each, with connections that the server had closed."""
    first, second = share(client("a")), share(client("b"))
    assert first._endpoint.http_session is second._endpoint.http_session
    assert first._request_signer._credentials.access_key == "a"
    assert second._request_signer._credentials.access_key == "b"


def test_clients_with_other_timeouts_have_another() -> None:
    """A function's invocation may take 15 minutes."""
    patient, other = share(client("a", read_timeout=900)), share(client("b"))
    assert patient._endpoint.http_session is not other._endpoint.http_session
