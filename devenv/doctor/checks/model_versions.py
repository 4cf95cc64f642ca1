"""A model that was saved by another scikit-learn or Python fails to load, or predicts otherwise.

What saved it stands in its MLmodel; what the function has, in Pipfile.lock. The bootstrap looks at
the same before it deploys.
"""

import json
from typing import Any
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped,unused-ignore]
from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, error_code
from devenv.bootstrap.loadable import unloadable
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, skipped, well, wrong
from devenv.doctor.known_errors import RETRAIN

NAME = "The function can load its model, by the versions that saved it"


def check(facts: Facts) -> Finding:
    lock = facts.settings.root / "Pipfile.lock"
    if not lock.is_file():
        return skipped(f"{facts.settings.root} has no Pipfile.lock")
    if facts.is_zip:
        return skipped("the function is made from a zip, which has packages of its own")
    flavors = _flavors(facts)
    if why := unloadable(flavors, json.loads(lock.read_text())):
        return wrong(why, RETRAIN.format(make=facts.commands.make))
    saved_by = {
        "scikit-learn": flavors.get("sklearn", {}).get("sklearn_version"),
        "Python": flavors.get("python_function", {}).get("python_version"),
    }
    return well(", ".join(f"{what} {version}" for what, version in saved_by.items() if version))


def _flavors(facts: Facts) -> dict[str, Any]:
    """Of the MLmodel that the function loads."""
    place = urlsplit(facts.variables.get("MODEL_URI", ""))
    if place.scheme != "s3":
        raise Unknown("the function's MODEL_URI names no place in S3")
    try:
        found = facts.aws.s3.get_object(Bucket=place.netloc, Key=f"{place.path.strip('/')}/MLmodel")
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            raise Unknown("S3 does not have the function's model") from error
        raise
    try:
        flavors = dict(yaml.safe_load(found["Body"].read())["flavors"])
        return {name: dict(flavor or {}) for name, flavor in flavors.items()}
    except (yaml.YAMLError, LookupError, TypeError, ValueError) as error:
        raise Unknown("the MLmodel of the function's model describes no model") from error
