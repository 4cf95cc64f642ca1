"""What checks are handed: settings, this machine, and what the endpoint says, each asked for once.

A fact that can't be had raises `Unknown` with the reason, so that the checks which need it are
skipped, and only the one whose matter it is says what's wrong.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from devenv.aws import (
    BAD_CONFIGURATION,
    NO_CREDENTIALS,
    NOT_AWS,
    NOT_FOUND,
    UNREACHABLE,
    Aws,
    Signer,
    error_code,
    profile,
    signer,
)
from devenv.bootstrap.image import content_digest, image_content
from devenv.bootstrap.registry import Registry
from devenv.doctor import function_log, image_files
from devenv.doctor.diagnosis import Failed
from devenv.doctor.endpoint import PATIENCE, Endpoint, Get, get_page, identify
from devenv.doctor.finding import Unknown
from devenv.doctor.function_log import Invocation
from devenv.doctor.machine import Machine
from devenv.place import Commands, Place, commands
from devenv.settings import Settings, is_amazons
from devenv.system import SystemState, read_system

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import GetFunctionResponseTypeDef


class NoAnswer(Unknown):
    """The endpoint doesn't answer."""


class Stranger(NoAnswer):
    """Something answers, and it isn't AWS's API."""


class fact[T]:
    """A property that is asked for once, by one thread; what it raises is kept, too."""

    def __init__(self, ask: Callable[[Any], T]) -> None:
        self._ask = ask
        self.__doc__ = ask.__doc__

    def __get__(self, facts: "Facts", owner: type) -> T:
        known, name = facts.known, self._ask.__name__
        if not facts.locks.setdefault(name, threading.Lock()).acquire(blocking=False):
            raise Unknown(f"an earlier check still waits for it ({name})")
        try:
            if name not in known:
                known[name] = self._outcome(facts)
        finally:
            facts.locks[name].release()
        value, error = known[name]
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]

    def _outcome(self, facts: "Facts") -> tuple[T | None, Exception | None]:
        try:
            return self._ask(facts), None
        except Exception as error:
            return None, error


@dataclass(frozen=True)
class Identity:
    """Whom the endpoint takes us for."""

    account: str
    arn: str
    date: str | None
    """The endpoint's clock, as HTTP's Date has it."""


@dataclass(frozen=True)
class Champion:
    """The model version that has the alias."""

    version: str
    artifact_uri: str


@dataclass
class Facts:
    settings: Settings
    environ: Mapping[str, str]
    machine: Machine = field(default_factory=Machine)
    connect: Callable[[Settings], Aws] = Aws
    get: Get = get_page
    look: Callable[[Settings, Mapping[str, str]], Commands] = commands
    known: dict[str, tuple[Any, Exception | None]] = field(default_factory=dict)
    locks: dict[str, threading.Lock] = field(default_factory=dict)

    @property
    def is_aws(self) -> bool:
        """Whether it's AWS that the commands speak to."""
        url = self.settings.endpoint_url
        return url is None or is_amazons(url)

    @fact
    def commands(self) -> Commands:
        """What to type, where this environment runs."""
        return self.look(self.settings, self.environ)

    @fact
    def endpoint(self) -> Endpoint:
        """What answers. Raises `NoAnswer`."""
        url = self.settings.endpoint_url
        if url is None or self.is_aws:
            return self._aws_itself()
        try:
            found = identify(url, self.get)
        except OSError as error:
            raise NoAnswer("the endpoint does not answer") from error
        if not found.is_known:
            try:
                _ = self.identity
            except (*NOT_AWS, *UNREACHABLE) as error:
                raise Stranger(f"the endpoint is {found.what}") from error
        return found

    def _aws_itself(self) -> Endpoint:
        try:
            identity = self.identity
        except UNREACHABLE as error:
            raise NoAnswer("the endpoint does not answer") from error
        except ClientError:  # Of the credentials: a check of its own.
            return Endpoint("AWS")
        return Endpoint(f"AWS, account {identity.account}, as {identity.arn}")

    @fact
    def signer(self) -> Signer:
        """Whose credentials requests are signed with."""
        found = signer(self.settings)
        if found is None:
            raise Unknown("there are no credentials")
        return found

    @fact
    def profile(self) -> Mapping[str, object]:
        """What ~/.aws/config has for AWS_PROFILE, or by default."""
        try:
            return profile()
        except BAD_CONFIGURATION as error:
            raise Unknown("the profile can't be read") from error

    @fact
    def clients(self) -> Aws:
        """For requests that need not wait for the endpoint to be known."""
        if self.settings.region is None:
            raise Unknown("there is no region")
        try:
            made_up = self.signer.is_made_up
        except (*NO_CREDENTIALS, *BAD_CONFIGURATION) as error:
            raise Unknown("there are no usable credentials") from error
        if made_up and self.is_aws:
            raise Unknown("the credentials are an emulator's: AWS is not asked")
        return self.connect(self.settings)

    @property
    def aws(self) -> Aws:
        """Clients of an endpoint that answers."""
        _ = self.endpoint
        if self.is_aws:
            try:
                _ = self.identity
            except ClientError as error:
                raise Unknown("AWS refuses the credentials") from error
        return self.clients

    @fact
    def identity(self) -> Identity:
        """By STS; raises botocore's errors."""
        answer = self.clients.sts.get_caller_identity()
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        return Identity(answer["Account"], answer["Arn"], date)

    @fact
    def system(self) -> SystemState:
        return read_system(self.settings, self.aws)

    @fact
    def function(self) -> "GetFunctionResponseTypeDef":
        try:
            return self.aws.functions.get_function(FunctionName=self.settings.function_name)
        except ClientError as error:
            if error_code(error) not in NOT_FOUND:
                raise
            raise Unknown(f"there is no function {self.settings.function_name}") from error

    @property
    def failed(self) -> Failed:
        """The function, for the cures of what it has logged."""
        return Failed.of(dict(self.function["Configuration"]), self.settings, self.commands)

    @property
    def is_zip(self) -> bool:
        """Whether the function is made from a zip, and so not the bootstrap's."""
        try:
            return self.failed.is_zip
        except Unknown:
            return False

    @property
    def variables(self) -> Mapping[str, str]:
        """The function's."""
        return self.function["Configuration"].get("Environment", {}).get("Variables", {})

    @property
    def deployed_run(self) -> str | None:
        """The run whose model the function has because RUN_ID said so; None if the alias did, or if
        there is no function."""
        try:
            variables = self.variables
        except Unknown:
            return None
        run = variables.get("RUN_ID") or None
        by_alias = "MODEL_URI" in variables and variables.get("MODEL_ALIAS") != ""
        return None if by_alias and variables.get("MODEL_VERSION") != run else run

    @fact
    def image_is_current(self) -> bool:
        """Whether the function's image is made from the code that is here. Raises `Unknown`."""
        here = image_content(self.settings.root)
        digest = self.function["Configuration"].get("CodeSha256", "")
        match self.commands.place:
            case Place.EMBEDDED:
                return content_digest(here) == digest
            case Place.COMPOSE:
                return image_files.read(self.docker, f"sha256:{digest}") == here
        raise Unknown("only this machine's images can be looked into")

    @fact
    def invocations(self) -> list[Invocation]:
        """The last ones of the function as it's now: what was before its last change is past."""
        changed = self.function["Configuration"].get("LastModified", "")
        since = datetime.fromisoformat(changed).timestamp() * 1000 if changed else 0
        return function_log.last_invocations(self.settings.function_name, self.aws, int(since))

    @fact
    def champion(self) -> Champion | None:
        """What MLflow has under the alias. Raises `Unreachable` and the like."""
        if self.settings.mlflow_tracking_uri is None:
            raise Unknown("MLFLOW_TRACKING_URI is not set")
        registry = Registry(self.settings.mlflow_tracking_uri, timeout=PATIENCE)
        found = registry.version_with_alias(self.settings.model_name, self.settings.model_alias)
        return Champion(found.version, registry.artifact_uri(found)) if found else None

    @fact
    def docker(self) -> Any:
        """A client of the Docker engine, checked."""
        import docker

        try:
            client = docker.from_env(timeout=3)
            client.ping()
        except (docker.errors.DockerException, OSError) as error:
            raise Unknown("no Docker engine answers") from error
        return client
