"""Times in CBOR: milliseconds, in and out, exactly."""

from datetime import UTC, datetime

import pytest
from cbor2._decoder import loads, semantic_decoders
from cbor2._encoder import default_encoders, dumps
from cbor2._types import CBORDecodeValueError, CBORTag

from devenv.emulator import localstack_seams
from devenv.emulator.kinesis.wire import cbor_times

pytestmark = pytest.mark.evidence("inference", "what the AWS SDK for Java sends and reads")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours, for one test."""
    monkeypatch.setitem(semantic_decoders, cbor_times.TIME, None)
    monkeypatch.setitem(default_encoders, datetime, None)
    localstack_seams.apply(localstack_seams.TIMES)


def test_times_come_and_go_as_milliseconds() -> None:
    for milliseconds in range(1_795_000_000_000, 1_795_000_003_000):
        sent = dumps(CBORTag(1, milliseconds))
        moment = loads(sent)
        assert moment == datetime.fromtimestamp(milliseconds / 1000, UTC)
        assert dumps(moment, datetime_as_timestamp=True) == sent


@pytest.mark.parametrize("value", ["yesterday", 2**70, [1], None])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(CBORDecodeValueError, match="is not a time in milliseconds"):
        loads(dumps(CBORTag(1, value)))


def test_times_as_text_stay_what_they_are() -> None:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    assert loads(dumps(moment)) == moment
