"""boto3's errors in our words: kind, place and cure; and clients from the settings."""

from pathlib import Path
from typing import Any

import botocore.exceptions as boto
import pytest
from botocore.parsers import ResponseParserError

from devenv.aws import Aws, Signer, error_code, explain, is_amazons, profile, signer
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


def test_what_answers_otherwise_than_aws_is_another_program() -> None:
    """MLflow's address in AWS_ENDPOINT_URL, say."""
    ours = explained(ResponseParserError("Unable to parse response, invalid XML:\n<html>"))
    assert isinstance(ours, Unreachable)
    assert "answers, but not as AWS does" in str(ours)
    assert "Check AWS_ENDPOINT_URL" in str(ours)


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


@pytest.mark.parametrize(
    ("code", "message", "cure"),
    [
        ("RequestTimeTooSkewed", "The difference is too large", "clock is wrong"),
        ("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z", "clock is wrong"),
        ("ExpiredIteratorException", "Iterator expired.", "take a new one"),
        ("ProvisionedThroughputExceededException", "Rate exceeded", "add shards"),
        (
            "InvalidParameterValueException",
            "The image manifest, config or layer media type for the source image x is unsupported",
            "--provenance=false",
        ),
        (
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
            "trust policy",
        ),
    ],
)
def test_what_learners_meet_names_the_cure(code: str, message: str, cure: str) -> None:
    """AWS's words first."""
    ours = str(explained(client_error(code, message)))
    assert f"failed with {code}: {message.rstrip('.')}. " in ours
    assert cure in ours


def test_aws_that_does_not_answer_is_the_network_or_the_region() -> None:
    """Or the emulator was meant."""
    error = boto.EndpointConnectionError(endpoint_url="https://kinesis.us-esat-1.amazonaws.com")
    ours = str(explained(error, AWS_DEFAULT_REGION="us-esat-1"))
    assert "Check the network, and AWS_DEFAULT_REGION=us-esat-1" in ours
    assert ".env.example" in ours


@pytest.mark.parametrize(
    ("access_key", "token", "made_up"),
    [("test", "", True), ("000000000000", "", True), ("AKIAIOSFODNN7EXAMPLE", "x", False)],
)
def test_whose_credentials_they_are(
    access_key: str, token: str, made_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emulator takes an account's number, too; AWS's ids are longer."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    found = signer(read_settings(EMULATOR, Path("/checkout")))
    assert found == Signer(access_key, bool(token), "env")
    assert found.is_made_up is made_up


def test_the_profile_is_read_from_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of AWS_PROFILE; a name that isn't there is an error, none at all is empty."""
    config = tmp_path / "config"
    config.write_text("[default]\nregion = us-east-1\n[profile work]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    assert profile() == {"region": "us-east-1"}
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert profile() == {"region": "eu-west-1"}
    monkeypatch.setenv("AWS_PROFILE", "wrok")
    with pytest.raises(boto.ProfileNotFound):
        profile()
    monkeypatch.delenv("AWS_PROFILE")
    config.unlink()
    assert profile() == {}


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


def test_an_invocation_is_waited_for_and_made_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that runs for 15 minutes must not be cut, nor invoked again."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    aws: Any = Aws(read_settings(EMULATOR, Path("/checkout")))
    assert aws.invocations.meta.config.read_timeout > 900
    assert aws.invocations.meta.config.retries["total_max_attempts"] == 1
    assert aws.functions.meta.config.retries["total_max_attempts"] == 3


@pytest.mark.parametrize(
    ("url", "amazons"),
    [
        ("https://kinesis.eu-west-1.amazonaws.com", True),
        ("https://sts.cn-north-1.amazonaws.com.cn", True),
        ("https://lambda.us-east-1.api.aws/", True),
        ("http://127.0.0.1:4566", False),
        ("http://localhost.localstack.cloud:4566", False),
        ("https://amazonaws.com.example.org", False),
        ("https://notamazonaws.com", False),
    ],
)
def test_awss_own_endpoints_are_told_from_others(url: str, amazons: bool) -> None:
    """By what comes last in the host's name."""
    assert is_amazons(url) is amazons


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """The emulator's credentials, and no file of the developer's."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return monkeypatch


def test_an_emulators_credentials_never_go_to_aws(own: pytest.MonkeyPatch) -> None:
    """Nothing is sent: an access key id of AWS's has 16 characters at least."""
    with pytest.raises(Refused, match=r"AWS_ACCESS_KEY_ID=test\): nothing was sent"):
        Aws(read_settings({"AWS_DEFAULT_REGION": "us-east-1"}, Path("/checkout")))
    own.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    assert Aws(read_settings({"AWS_DEFAULT_REGION": "us-east-1"}, Path("/checkout"))).is_aws
    assert not Aws(read_settings(EMULATOR, Path("/checkout"))).is_aws


def test_a_profiles_endpoint_is_not_aws(own: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """boto3 goes there, too, where AWS_ENDPOINT_URL names none."""
    (tmp_path / "AWS_CONFIG_FILE").write_text("[default]\nendpoint_url = http://127.0.0.1:4566\n")
    assert not Aws(read_settings({"AWS_DEFAULT_REGION": "us-east-1"}, Path("/checkout"))).is_aws


def test_a_servers_page_for_a_message_is_one_line() -> None:
    """Proxies answer with HTML."""
    assert "502: <html> Bad" in str(explained(client_error("502", "<html>\n  Bad\n")))
