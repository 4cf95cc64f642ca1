"""Whether S3 has all of a model: its description, and the files that this names, with their bytes.

Sizes in a listing are what S3 remembers. So the last byte of every file is read, which is an error
where the bytes are gone.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped]
from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, Aws, error_code
from devenv.errors import BadInput

DESCRIPTION = "MLmodel"
NOTHING = "nothing there"
FILE_KEYS = ("pickled_model", "model_path", "model_data", "data")
"""What flavors call the file, or folder, that holds the model itself."""


def defect(aws: Aws, uri: str) -> str | None:
    """What S3 has at `uri` instead of a whole model, as in "S3 has …"; None if all of it is there.

    Raises `BadInput` for a URI that isn't S3's.
    """
    place = urlsplit(uri)
    if place.scheme != "s3":
        raise BadInput(
            f"The model's files are at {uri}, and the function reads from S3. Run the MLflow "
            "server with --no-serve-artifacts and --default-artifact-root s3://BUCKET/."
        )
    bucket, prefix = place.netloc, f"{place.path.strip('/')}/"
    try:
        sizes = dict(_listed(aws, bucket, prefix))
        if DESCRIPTION not in sizes:
            return f"no {DESCRIPTION} there" if sizes else NOTHING
        for name, size in sizes.items():
            if size:
                aws.s3.get_object(Bucket=bucket, Key=prefix + name, Range="bytes=-1")["Body"].read()
        text = aws.s3.get_object(Bucket=bucket, Key=prefix + DESCRIPTION)["Body"].read()
    except ClientError as e:
        if error_code(e) in NOT_FOUND:
            return NOTHING
        if error_code(e) == "InternalError":
            return f"a file there that it can't read: {e.response['Error'].get('Message')}"
        raise
    try:
        wanted = set(_named_files(yaml.safe_load(text)))
    except (yaml.YAMLError, TypeError, AttributeError, LookupError):
        return f"an {DESCRIPTION} there that describes no model"
    missing = sorted(n for n in wanted if not any(f == n or f.startswith(f"{n}/") for f in sizes))
    return f"no {' and no '.join(missing)} there" if missing else None


def _listed(aws: Aws, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
    """Name and size of every file under `prefix`."""
    for page in aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            yield item["Key"].removeprefix(prefix), item["Size"]


def _named_files(description: object) -> Iterator[str]:
    flavors = description["flavors"]  # type: ignore[index]
    for flavor in flavors.values():
        for key in FILE_KEYS:
            if isinstance(name := (flavor or {}).get(key), str):
                yield name.rstrip("/")
