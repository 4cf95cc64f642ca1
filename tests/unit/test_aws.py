"""boto3's errors in our words: kind, place and cure; and clients from the settings."""

from pathlib import Path
from typing import Any

import botocore.exceptions as boto
import pytest

from devenv.aws import Aws, error_code, explain
from devenv.errors import BadInput, DevenvError, NotFound, Refused, Unreachable
from devenv.settings import read_settings

EMULATOR = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_DEFAULT_REGION": "us-east-1"}


def explained(error: Exception, **environ: str) -> DevenvError:
    """`explain` in the emulator's environment, or in that of `environ`."""
    ours = explain(error, read_settings(environ or EMULATOR, Path("/checkout")))
    assert ours is not None
    assert "\n" not in str(ours)
    return ours


def client_error(code: str, message: str = "It went wrong.") -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": message}}, "PutRecords")


@pytest.mark.parametrize(
    "error",
    [
        boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"),
        boto.ConnectTimeoutError(endpoint_url="http://127.0.0.1:4566"),
        boto.ReadTimeoutError(endpoint_url="http://127.0.0.1:4566"),
        boto.ConnectionClosedError(endpoint_url="http://127.0.0.1:4566"),
        boto.SSLError(endpoint_url="http://127.0.0.1:4566", error="bad certificate"),
        boto.ProxyConnectionError(proxy_url="http://proxy:3128"),
    ],
)
def test_an_endpoint_that_does_not_answer_is_unreachable(error: Exception) -> None:
    """The emulator can be started; another endpoint can only be mistaken."""
    local = explained(error)
    assert isinstance(local, Unreachable)
    assert str(local).startswith("http://127.0.0.1:4566 does not answer")
    assert "devenv up -d" in str(local)
    elsewhere = explained(error, AWS_ENDPOINT_URL="http://emulator:4566")
    assert "http://emulator:4566" in str(elsewhere)
    assert "Check AWS_ENDPOINT_URL" in str(elsewhere)


def test_no_region_names_the_setting() -> None:
    """boto3 says only that there's none."""
    ours = explained(boto.NoRegionError())
    assert isinstance(ours, BadInput)
    assert "AWS_DEFAULT_REGION" in str(ours)


@pytest.mark.parametrize(
    "error",
    [
        boto.NoCredentialsError(),
        boto.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        boto.CredentialRetrievalError(provider="sso", error_msg="expired"),
        boto.TokenRetrievalError(provider="sso", error_msg="expired"),
        boto.UnauthorizedSSOTokenError(),
    ],
)
def test_absent_credentials_are_refused_naming_the_settings(error: Exception) -> None:
    """With the emulator any will do, and that is said."""
    ours = explained(error)
    assert isinstance(ours, Refused)
    assert "http://127.0.0.1:4566" in str(ours)
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in str(ours)
    assert "any value will do" in str(ours)
    assert "aws configure" in str(explained(error, AWS_DEFAULT_REGION="us-east-1"))


def test_partial_credentials_say_which_is_missing() -> None:
    """The other one is there."""
    ours = explained(boto.PartialCredentialsError(provider="env", cred_var="THE_MISSING_ONE"))
    assert "THE_MISSING_ONE" in str(ours)


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "NoSuchEntity", "NoSuchBucket", "NoSuchKey", "404"]
)
def test_what_is_not_there_asks_for_region_and_bootstrap(code: str) -> None:
    """The two usual reasons."""
    ours = explained(client_error(code, "Stream rides not found."))
    assert isinstance(ours, NotFound)
    assert "PutRecords at http://127.0.0.1:4566 in us-east-1: Stream rides not found." in str(ours)
    assert "AWS_DEFAULT_REGION=us-east-1" in str(ours)
    assert "devenv bootstrap" in str(ours)


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "403"])
def test_what_is_denied_says_what_to_do(code: str) -> None:
    """S3's HEAD requests have a bare status for a code."""
    ours = explained(client_error(code, "User: x is not authorized"))
    assert isinstance(ours, Refused)
    assert "PutRecords at http://127.0.0.1:4566 in us-east-1 was denied: User: x" in str(ours)
    assert "Allow it" in str(ours)


@pytest.mark.parametrize(
    "code", ["UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken"]
)
def test_bad_credentials_are_refused_by_code(code: str) -> None:
    """The code tells a mistyped key from an expired token."""
    ours = explained(client_error(code))
    assert isinstance(ours, Refused)
    assert code in str(ours)
    assert "Check AWS_*" in str(ours)


def test_any_other_answer_is_a_failure_in_awss_words() -> None:
    """Place, code and message; no more is known."""
    ours = explained(client_error("LimitExceededException", "Too many streams."))
    assert ours.exit_code == 1
    assert str(ours) == (
        "PutRecords at http://127.0.0.1:4566 in us-east-1 failed with LimitExceededException: "
        "Too many streams."
    )


def test_a_parameter_that_can_not_be_one_is_bad_input_in_one_line() -> None:
    """boto3 lists them on lines of their own."""
    ours = explained(boto.ParamValidationError(report="Invalid length for StreamName\nvalue: 0"))
    assert isinstance(ours, BadInput)
    assert "Invalid length for StreamName value: 0" in str(ours)
    assert isinstance(explained(boto.InvalidRegionError(region_name="us east")), BadInput)


@pytest.mark.parametrize(
    "error",
    [
        boto.ProfileNotFound(profile="work"),
        boto.ConfigParseError(path="/home/me/.aws/config"),
        boto.InvalidConfigError(error_msg="bad"),
    ],
)
def test_bad_configuration_names_profile_and_file(error: Exception) -> None:
    """A mistyped profile is no bug of ours."""
    ours = explained(error)
    assert isinstance(ours, BadInput)
    assert "AWS_PROFILE" in str(ours)
    assert "~/.aws/config" in str(ours)


def test_what_is_not_boto3s_is_not_explained() -> None:
    """It is a bug, then."""
    assert explain(ValueError("x"), read_settings(EMULATOR, Path("/checkout"))) is None


def test_an_error_without_code_has_an_empty_one() -> None:
    """Some proxies answer with no more than a status."""
    assert error_code(boto.ClientError({}, "PutRecord")) == ""
    assert error_code(client_error("404")) == "404"


def test_clients_have_the_settings_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_REGION too, which boto3 doesn't read by itself."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    aws: Any = Aws(read_settings({"AWS_REGION": "eu-west-1"}, Path("/checkout")))
    assert aws.kinesis.meta.region_name == "eu-west-1"


def test_the_functions_client_waits_and_asks_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that runs for 15 minutes must not be cut, nor invoked again."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    aws: Any = Aws(read_settings(EMULATOR, Path("/checkout")))
    assert aws.functions.meta.config.read_timeout > 900
    assert aws.functions.meta.config.retries["total_max_attempts"] == 1
