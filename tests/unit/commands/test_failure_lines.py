"""Failures and redriven ones as people and programs read them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from devenv.commands.failures import lines, require_some, shown
from devenv.commands.redrive import line
from devenv.errors import BadInput
from devenv.readers.failures import Data, Failure, Foreign
from devenv.readers.records import Record
from devenv.redrive import Redriven

SENT = datetime(2026, 11, 25, 10, 15, tzinfo=UTC)
NUMBER = "4" * 44 + "123456789012"
RECORD = Record("rides", "shardId-000000000000", NUMBER, "k", SENT, b'{"a": 1}', {"a": 1}, "json")
FAILURE = Failure(
    id="3f2a9c01-message",
    sent=SENT,
    condition="RetryAttemptsExhausted",
    function="arn:aws:lambda:us-east-1:000000000000:function:f",
    request_id="r",
    attempts=3,
    error="Unhandled",
    stream_arn="arn:aws:kinesis:us-east-1:000000000000:stream/rides",
    shard_id="shardId-000000000000",
    first_sequence_number=NUMBER,
    last_sequence_number=NUMBER,
    count=1,
    first_arrived="2026-11-25T10:15:00.000Z",
    last_arrived="2026-11-25T10:15:00.000Z",
    data=Data.WHOLE,
    why=None,
    records=(RECORD,),
)


def test_a_failure_is_shown_with_its_data() -> None:
    when = f"{SENT.astimezone():%Y-%m-%d %H:%M:%S}"
    assert list(lines(FAILURE)) == [
        f"3f2a9c01  {when}  RetryAttemptsExhausted (3 attempts), Unhandled",
        "          rides shard-0  …123456789012",
        "          k  a=1",
    ]


def test_many_records_are_cut_short() -> None:
    """And a record that is long; nothing gets to the terminal as it is."""
    long = replace(RECORD, value="x\x1b[2J" * 50)
    many = replace(FAILURE, count=9, records=(long,) * 9)
    found = list(lines(many))
    assert found[1] == "          rides shard-0  9 records, …123456789012 to …123456789012"
    assert found[-1] == "          … and 4 more (--json shows all)"
    assert max(map(len, found)) <= 80
    assert "\x1b" not in "".join(found)


def test_what_is_not_there_is_told() -> None:
    expired = replace(FAILURE, data=Data.EXPIRED, why="rides doesn't keep them.", records=())
    assert list(lines(expired))[2:] == ["          rides doesn't keep them."]
    (only,) = lines(Foreign("77", SENT, '{"hello": 1}'))
    assert only.endswith('tells of no records: {"hello": 1}')


def test_programs_get_all_of_it() -> None:
    found = json.loads(json.dumps(shown(FAILURE)))
    assert (found["data"], found["stream"], found["count"]) == ("WHOLE", "rides", 1)
    assert found["records"][0]["data"] == {"a": 1}
    assert shown(Foreign("77", SENT, "x")) == {
        "id": "77",
        "sent": SENT.isoformat(),
        "body": "x",
        "data": "FOREIGN",
    }


def test_what_became_of_each_is_told() -> None:
    sent = Redriven(FAILURE, True)
    assert line(sent, "stream", False) == "3f2a9c01  1 record sent to rides"
    assert line(sent, "function", True) == "3f2a9c01  1 record would be sent to f"
    part = Redriven(FAILURE, True, "rides keeps only 1 of 2 any more.")
    assert line(part, "stream", False).endswith("(rides keeps only 1 of 2 any more.)")
    assert line(Redriven(FAILURE, False, "No."), "stream", False) == "3f2a9c01  left: No."


@pytest.mark.parametrize(("ids", "everything"), [((), False), (("3f",), True)])
def test_it_must_be_said_which(ids: Any, everything: bool) -> None:
    with pytest.raises(BadInput, match="Say which"):
        require_some(ids, everything)
    require_some(("3f",), False)
    require_some((), True)
