"""The bucket that MLflow keeps its artifacts in."""

from typing import Any

from botocore.exceptions import ClientError

from devenv.aws import DENIED, Aws, error_code
from devenv.bootstrap.tags import tag_list
from devenv.errors import BadInput
from devenv.settings import Settings


def ensure_bucket(settings: Settings, aws: Aws) -> str:
    """Make the bucket unless it's there; return what was found or made."""
    name = settings.model_bucket
    try:
        aws.s3.head_bucket(Bucket=name)
        return f"bucket {name}: there"
    except ClientError as error:
        if error_code(error) in DENIED:
            raise BadInput(
                f"Bucket {name} exists at {aws.endpoint}, and isn't yours to see. Bucket names are "
                "unique over all of AWS: set MODEL_BUCKET to one of your own."
            ) from error
        if error_code(error) not in {"404", "NoSuchBucket"}:
            raise
    # us-east-1 is the one region that S3 doesn't take as a location constraint.
    where: dict[str, Any] = {}
    region = aws.s3.meta.region_name
    if region != "us-east-1":
        where["CreateBucketConfiguration"] = {"LocationConstraint": region}
    aws.s3.create_bucket(Bucket=name, **where)
    aws.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [*tag_list(settings.function_name)]})
    return f"bucket {name}: made"
