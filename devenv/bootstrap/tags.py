"""The tag that everything has which the bootstrap makes: by it `devenv teardown` knows it again."""

from collections.abc import Iterable, Mapping
from typing import TypedDict

TAG = "devenv"
"""Its value is the function's name: two systems of one account are told apart."""


class Pair(TypedDict):
    """A tag as S3, IAM, Kinesis and ECR write it; others take a plain object."""

    Key: str
    Value: str


def tags(function_name: str) -> dict[str, str]:
    return {TAG: function_name}


def tag_list(function_name: str) -> list[Pair]:
    return [{"Key": TAG, "Value": function_name}]


def unlisted(pairs: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """What `tag_list` makes, the other way round."""
    return {str(pair["Key"]): str(pair["Value"]) for pair in pairs}
