"""The durable S3 put together, as LocalStack's service manager wants it."""

from localstack.services.plugins import Service

from devenv.emulator.s3.content_files import ContentFiles
from devenv.emulator.s3.provider import DurableS3Provider
from devenv.emulator.s3.records import FILE_NAME, Records
from devenv.settings import from_process


def make_service() -> Service:
    """S3 on the files under DEVENV_HOME/emulator/s3."""
    folder = from_process().s3_folder
    records = Records(folder / FILE_NAME)  # First: it may move aside the contents, too.
    provider = DurableS3Provider(ContentFiles(folder / "contents"), records)
    return Service.for_provider(provider, DurableS3Provider.dispatch_table)
