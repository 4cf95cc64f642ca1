"""The only place that makes clients of AWS, and that puts botocore's errors into our words.

They are botocore's own, which boto3's are too: boto3 itself takes longer to import, and adds
nothing that is used here. Endpoint, region, credentials and CA bundle come from the environment.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import botocore.exceptions as boto
import botocore.session
from botocore.config import Config
from botocore.parsers import ResponseParserError

from devenv.disk import shortage
from devenv.errors import BadInput, DevenvError, NotFound, Refused, Unreachable
from devenv.place import KEY_ID_LENGTH, Commands, commands
from devenv.settings import Settings, is_amazons

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

NOT_FOUND = {
    "ResourceNotFoundException",
    "NoSuchEntity",
    "NoSuchBucket",
    "NoSuchKey",
    "RepositoryNotFoundException",
    "ImageNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "404",
}
NO_SUCH_API = {"InternalFailure", "NotImplemented", "UnknownOperationException", "InvalidAction"}
"""Answers of emulators that lack a service: LocalStack's free edition has no ECR."""

NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.SSOError,
)
BAD_CONFIGURATION = (boto.ProfileNotFound, boto.ConfigParseError, boto.InvalidConfigError)
NOT_AWS = (ResponseParserError, boto.ClientError)
"""How botocore fails on what some other program answers."""
UNREACHABLE = (boto.ConnectionError, boto.HTTPClientError)
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
BAD_CREDENTIALS = {
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "ExpiredTokenException",
    "ExpiredToken",
    "InvalidAccessKeyId",
}


CURES = (
    (
        "RequestTimeTooSkewed|RequestExpired|Signature expired|Signature not yet current",
        "This machine's clock is wrong: set it by NTP (`devenv doctor` says by how much).",
    ),
    ("ExpiredIterator", "A shard iterator lives 5 minutes: take a new one, and read at once."),
    (
        "ProvisionedThroughputExceeded",
        "A shard takes 1,000 records or 1 MB a second, and gives 5 reads: wait, or add shards "
        "(aws kinesis update-shard-count).",
    ),
    (
        "layer media type for the source image",
        "Lambda takes images of one platform, without attestations: docker buildx build --platform "
        "linux/amd64 --provenance=false.",
    ),
    (
        "cannot be assumed by Lambda",
        "Check the role's trust policy (lambda.amazonaws.com); a new role takes some seconds.",
    ),
)
"""What to do about errors, by a pattern for their code and message."""


class Aws:
    """Clients for one account and region, made when first asked for.

    Raises `Refused`, before any request, where an emulator's credentials would go to AWS.
    """

    def __init__(self, settings: Settings, endpoint_url: str | None = None) -> None:
        """`endpoint_url` is for an endpoint other than the one that the environment names."""
        self._session = botocore.session.get_session()
        # botocore itself reads AWS_DEFAULT_REGION, but not AWS_REGION.
        self._region = settings.region
        self._config = Config(
            connect_timeout=5,
            read_timeout=65,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=32,
        )
        self._endpoint_url = endpoint_url
        self.endpoint = endpoint_url or settings.endpoint
        self._named_endpoint = endpoint_url or settings.endpoint_url
        if self.is_aws:
            self._refuse_made_up_credentials()

    @cached_property
    def is_aws(self) -> bool:
        """Whether requests go to AWS itself, where things cost money and belong to others too.

        Where AWS_ENDPOINT_URL names none, a profile may: so the client is asked.
        """
        return is_amazons(self._named_endpoint or self.sts.meta.endpoint_url)

    @cached_property
    def kinesis(self) -> "KinesisClient":
        """Kinesis's client. What it's given is typed here, so that botocore, which would look at
        each record of a batch, needn't: that takes a third of a put's time."""
        trusted = self._config.merge(Config(parameter_validation=False))
        client: KinesisClient = self._client("kinesis", trusted)
        return client

    @cached_property
    def s3(self) -> "S3Client":
        client: S3Client = self._client("s3")
        return client

    @cached_property
    def iam(self) -> "IAMClient":
        client: IAMClient = self._client("iam")
        return client

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        client: CloudWatchClient = self._client("cloudwatch")
        return client

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        client: CloudWatchLogsClient = self._client("logs")
        return client

    @cached_property
    def sqs(self) -> "SQSClient":
        client: SQSClient = self._client("sqs")
        return client

    @cached_property
    def sts(self) -> "STSClient":
        client: STSClient = self._client("sts")
        return client

    @cached_property
    def ecr(self) -> "ECRClient":
        client: ECRClient = self._client("ecr")
        return client

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda's client, for all but Invoke."""
        client: LambdaClient = self._client("lambda")
        return client

    @cached_property
    def invocations(self) -> "LambdaClient":
        """Lambda's client for Invoke. A function may run for 15 minutes: that is waited for, and a
        call whose answer is lost isn't made again."""
        once = Config(read_timeout=910, retries={"total_max_attempts": 1})
        client: LambdaClient = self._client("lambda", self._config.merge(once))
        return client

    def _client(self, service: str, config: Config | None = None) -> Any:
        return self._session.create_client(
            service,
            region_name=self._region,
            config=config or self._config,
            endpoint_url=self._endpoint_url,
        )

    def _refuse_made_up_credentials(self) -> None:
        credentials = self._session.get_credentials()
        if credentials is None or len(credentials.access_key) >= KEY_ID_LENGTH:
            return
        raise Refused(
            f"{self.endpoint} is asked for, but the credentials are an emulator's "
            f"(AWS_ACCESS_KEY_ID={credentials.access_key}): nothing was sent. Set AWS_ENDPOINT_URL "
            "to the emulator's, or take your own credentials instead (docs/aws.md)."
        )


Look = Callable[[Settings], Commands]


def explain(error: Exception, settings: Settings, look: Look = commands) -> DevenvError | None:
    """`error` of boto3 as one of ours with place and cure; None if it isn't boto3's."""
    for kind, translate in TRANSLATIONS:
        if isinstance(error, kind):
            return translate(error, settings, look)
    return None


def error_code(error: boto.ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _unreachable(error: Exception, settings: Settings, look: Look) -> DevenvError:
    if settings.is_local and settings.home.exists() and (full := shortage(settings.home)):
        cure = full
    elif start := look(settings).start:
        cure = f"Start it with {start}."
    elif settings.endpoint_url is None:
        cure = (
            f"Check the network, and AWS_DEFAULT_REGION={settings.region}; for the emulator set "
            "AWS_ENDPOINT_URL (cp .env.example .env)."
        )
    else:
        cure = "Check AWS_ENDPOINT_URL."
    return Unreachable(f"{settings.endpoint} does not answer ({type(error).__name__}). {cure}")


def _not_aws(error: Exception, settings: Settings, look: Look) -> DevenvError:
    return Unreachable(
        f"{settings.endpoint} answers, but not as AWS does ({_words(error)[:200]}). Check "
        "AWS_ENDPOINT_URL: some other program may have that port (`devenv doctor` says which)."
    )


def _no_region(error: Exception, settings: Settings, look: Look) -> DevenvError:
    return BadInput(
        "No region: set AWS_DEFAULT_REGION (say, us-east-1) in .env or the shell; for a container, "
        "docker run -e AWS_DEFAULT_REGION."
    )


def _no_credentials(error: Exception, settings: Settings, look: Look) -> DevenvError:
    emulator = "any value will do for the emulator" if settings.is_local else "see `aws configure`"
    return Refused(
        f"No credentials for {settings.endpoint} ({_words(error)}): set AWS_ACCESS_KEY_ID and "
        f"AWS_SECRET_ACCESS_KEY in .env or the shell ({emulator})."
    )


def _client_error(error: Exception, settings: Settings, look: Look) -> DevenvError:
    assert isinstance(error, boto.ClientError)
    code = error_code(error)
    message = " ".join(error.response.get("Error", {}).get("Message", "").split()).rstrip(".")
    where = f"{error.operation_name} at {settings.endpoint} in {settings.region}"
    if code in NOT_FOUND:
        return NotFound(
            f"{where}: {message}. Is the region right (AWS_DEFAULT_REGION={settings.region})? If "
            f"it has not been made there: {look(settings).make}."
        )
    if code in DENIED:
        return Refused(
            f"{where} was denied: {message}. Allow it to whom AWS_ACCESS_KEY_ID or AWS_PROFILE "
            "names, or use other credentials."
        )
    if cure := next((cure for words, cure in CURES if re.search(words, f"{code}: {message}")), ""):
        return Refused(f"{where} failed with {code}: {message}. {cure}")
    if code in BAD_CREDENTIALS:
        return Refused(f"{where} refused the credentials ({code}): {message}. Check AWS_*.")
    return DevenvError(f"{where} failed with {code}: {message}.")


def _bad_parameter(error: Exception, settings: Settings, look: Look) -> DevenvError:
    return BadInput(_words(error))


def _bad_configuration(error: Exception, settings: Settings, look: Look) -> DevenvError:
    return BadInput(f"{_words(error)}. Check AWS_PROFILE and AWS_CONFIG_FILE (~/.aws/config).")


def _words(error: Exception) -> str:
    """boto3's own message, in one line."""
    return " ".join(str(error).split()).rstrip(".")


Translation = Callable[[Exception, Settings, Look], DevenvError]
TRANSLATIONS: list[tuple[type[Exception], Translation]] = [
    (boto.NoRegionError, _no_region),
    (boto.InvalidRegionError, _bad_parameter),
    *((kind, _no_credentials) for kind in NO_CREDENTIALS),
    (boto.ClientError, _client_error),
    (boto.ParamValidationError, _bad_parameter),
    *((kind, _bad_configuration) for kind in BAD_CONFIGURATION),
    *((kind, _unreachable) for kind in UNREACHABLE),
    (ResponseParserError, _not_aws),
]


@dataclass(frozen=True)
class Signer:
    """Whose credentials requests are signed with."""

    access_key: str
    temporary: bool
    """Whether a session token comes with it."""
    source: str
    """Where boto3 found it: env, shared-credentials-file, sso, iam-role …"""

    @property
    def is_made_up(self) -> bool:
        """Whether it can only be for an emulator."""
        return len(self.access_key) < KEY_ID_LENGTH


def signer(settings: Settings) -> Signer | None:
    """The credentials that boto3 finds; None if there are none. Raises boto3's errors."""
    found = botocore.session.get_session().get_credentials()
    if found is None:
        return None
    frozen = found.get_frozen_credentials()
    return Signer(frozen.access_key or "", bool(frozen.token), str(found.method))


def profile() -> Mapping[str, object]:
    """The lines of AWS_PROFILE, or of `default`, in ~/.aws/config; empty if there are none.

    Raises `ProfileNotFound` for a name that isn't there.
    """
    return dict(botocore.session.get_session().get_scoped_config())
