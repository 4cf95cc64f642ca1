"""Made-up events go onto a stream of the bootstrap's own alone."""

from typing import Any

import pytest
from fake_aws import FakeAws

from devenv.bootstrap.streams import require_own
from devenv.bootstrap.tags import tag_list
from devenv.errors import Refused
from devenv.settings import read_settings


class FakeKinesis:
    """One stream, with these tags."""

    def __init__(self, *tags: Any) -> None:
        self._tags = list(tags)

    def list_tags_for_stream(self, StreamName: str) -> dict[str, Any]:
        assert StreamName == "ride_events"
        return {"Tags": self._tags}


def require(tmp_path: Any, *tags: Any) -> None:
    aws: Any = FakeAws(kinesis=FakeKinesis(*tags))
    require_own(read_settings({}, tmp_path), aws)


def test_the_bootstraps_own_stream_is_taken(tmp_path: Any) -> None:
    """By the tag that it gives it."""
    require(tmp_path, {"Key": "team", "Value": "x"}, *tag_list("ride-duration-prediction"))


@pytest.mark.parametrize(
    ("tags", "whose"),
    [
        ([], "was not made by `devenv bootstrap`"),
        ([{"Key": "team", "Value": "x"}], "was not made by `devenv bootstrap`"),
        (tag_list("other-function"), "was made for function other-function"),
    ],
)
def test_anothers_is_refused_with_what_to_do(tmp_path: Any, tags: Any, whose: str) -> None:
    with pytest.raises(Refused, match=f"ride_events at .* {whose}: no made-up events .*") as e:
        require(tmp_path, *tags)
    assert "--tags devenv=ride-duration-prediction" in str(e.value)
