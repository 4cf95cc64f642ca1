"""An emulator alone, to be killed and started again."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

from devenv.settings import Settings, read_settings
from devenv.stack import function_packages, services
from devenv.stack.embedded import Embedded
from devenv.wait import wait_for

from ..conftest import ROOT, instance_variables


@dataclass(frozen=True)
class Emulator:
    """The emulator of an environment in which nothing else runs."""

    settings: Settings

    @property
    def embedded(self) -> Embedded:
        return Embedded(self.settings, lambda _: None)

    @property
    def log(self) -> str:
        return self.embedded.registry.log_file("emulator").read_text()

    @property
    def contents(self) -> Path:
        return self.settings.s3_folder / "contents"

    def start(self) -> Any:
        """Start it and wait until it answers; a client of its S3."""
        packages = function_packages.ensure(self.settings.root, lambda _: None)
        service = services.emulator(self.settings, packages)
        self.embedded.registry.spawn(service.name, service.url, service.command, service.environ)
        self.embedded.wait(service)
        return self.s3()

    def s3(self) -> Any:
        return self.client("s3")

    def client(self, service: str) -> Any:
        """A client that doesn't try again what failed."""
        return boto3.client(
            service,
            endpoint_url=self.settings.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def kill(self) -> None:
        """kill -9, and wait until it's gone."""
        if running := self.embedded.registry.find("emulator"):
            psutil.Process(running.pid).kill()
            wait_for(
                lambda: self.embedded.registry.find("emulator") is None,
                timeout=10,
                failure="The emulator outlived kill -9.",
            )
        self.embedded.registry.kill_leftovers()

    def restarted(self) -> Any:
        """The S3 of the emulator after kill -9."""
        self.kill()
        return self.start()


@contextmanager
def emulator(home: Path, root: Path = ROOT) -> Iterator[Emulator]:
    """Of the checkout `root`."""
    variables = instance_variables(home)
    instance = Emulator(read_settings(variables, root))
    try:
        yield instance
    finally:
        instance.embedded.stop()


def shown(s3: Any, bucket: str, key: str, **version: str) -> dict[str, Any]:
    """All that S3 says of an object, its bytes hashed."""
    answer = s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **version)
    answer.pop("ResponseMetadata")
    answer["Body"] = hashlib.sha256(answer["Body"].read()).hexdigest()
    tags = s3.get_object_tagging(Bucket=bucket, Key=key, **version)["TagSet"]
    return {**answer, "tags": tags}


def listed(s3: Any, bucket: str) -> dict[str, Any]:
    """All that S3 lists in a bucket."""
    plain = s3.list_objects_v2(Bucket=bucket)
    versions = s3.list_object_versions(Bucket=bucket)
    uploads = s3.list_multipart_uploads(Bucket=bucket)
    return {
        "objects": plain.get("Contents"),
        "versions": versions.get("Versions"),
        "markers": versions.get("DeleteMarkers"),
        "uploads": uploads.get("Uploads"),
    }
