"""Requests that must be refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

BAD_VALUE = ("InvalidParameterValueException", "ValidationException")
"""Which of the two AWS answers depends on whether its API's model or Lambda itself objects."""


@contextmanager
def refused(*codes: str, status: int = 400, says: str = "") -> Iterator[None]:
    """The body must be refused with `status` and one of `codes`, in words that contain `says`."""
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, caught.value
    assert answer["Error"]["Code"] in (codes or BAD_VALUE), caught.value
    assert says in answer["Error"]["Message"]
