"""The durable S3 put together, as LocalStack's service manager wants it."""

from localstack.services.plugins import Service

from devenv.emulator.s3.contents import Contents
from devenv.emulator.s3.provider import DurableS3Provider
from devenv.emulator.s3.records import Records
from devenv.settings import from_process


def make_service() -> Service:
    """S3 on the files under DEVENV_HOME/emulator/s3."""
    folder = from_process().s3_folder
    contents = Contents(folder / "contents")
    provider = DurableS3Provider(contents, Records(folder / "records.sqlite"))
    return Service.for_provider(provider, DurableS3Provider.dispatch_table)
