"""Rides as `devenv put --file` takes them: JSON lines, one event, or an array."""

import io
import json
from pathlib import Path

import pytest

from devenv.commands.events import record_of, records_of
from devenv.commands.put import event_of, how_far
from devenv.errors import BadInput
from devenv.pipelines import PIPELINES
from devenv.producer import Record

SHAPE = PIPELINES["ride"].shape
RIDE = {"ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}, "ride_id": 156}


class Named(io.BytesIO):
    """A file with a name."""

    name = "rides.jsonl"


class Pipe(Named):
    """What gives one piece at each read, and then its end."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [*pieces, b""]

    def read1(self, size: int | None = -1, /) -> bytes:
        return self._pieces.pop(0)


def parsed(text: str) -> list[Record]:
    return [record for batch in records_of(Named(text.encode()), SHAPE) for record in batch]


def keys(text: str) -> list[str]:
    return [record.partition_key for record in parsed(text)]


def test_json_lines_are_one_record_a_line() -> None:
    """In their order, the ride's id as partition key."""
    lines = "".join(json.dumps({**RIDE, "ride_id": n}) + "\n" for n in (3, 1, 2))
    assert keys(lines) == ["3", "1", "2"]
    assert [json.loads(r.data)["ride_id"] for r in parsed(lines)] == [3, 1, 2]


def test_one_event_may_span_lines() -> None:
    """As an editor saves it."""
    assert keys(json.dumps(RIDE, indent=2)) == ["156"]
    assert json.loads(parsed(json.dumps(RIDE, indent=2))[0].data) == RIDE


def test_an_array_is_a_record_for_each_of_its_events() -> None:
    """An empty one is none."""
    assert keys(json.dumps([RIDE, {**RIDE, "ride_id": "a"}], indent=2)) == ["156", "a"]
    assert parsed("[]") == []


def test_blank_lines_are_passed_over() -> None:
    """So is an empty file."""
    assert keys(f"\n{json.dumps(RIDE)}\n  \n{json.dumps(RIDE)}\r\n\n") == ["156", "156"]
    assert parsed("") == []


def test_a_line_separator_inside_a_string_does_not_end_the_line() -> None:
    """JSON allows U+2028 there, which str.splitlines would break at."""
    ride = json.dumps({**RIDE, "note": "a\u2028b\x85c"}, ensure_ascii=False)
    assert len(parsed(f"{ride}\n{ride}\n")) == 2


def line(number: int) -> bytes:
    return json.dumps({**RIDE, "ride_id": number}).encode() + b"\n"


def test_lines_of_a_pipe_are_taken_as_they_come() -> None:
    """All that one read gives, and the end of a line with the next."""
    half = line(3)
    pipe = Pipe(b"\n", line(1) + line(2) + half[:9], half[9:], line(4)[:-1])
    batches = [[r.partition_key for r in batch] for batch in records_of(pipe, SHAPE)]
    assert batches == [["1", "2"], ["3"], ["4"]]


def test_a_bad_line_of_a_pipe_is_named_after_those_before_it() -> None:
    """They have been put by then."""
    batches = records_of(Pipe(line(1), b"{half\n"), SHAPE)
    assert [r.partition_key for r in next(batches)] == ["1"]
    with pytest.raises(BadInput, match="line 2 is not JSON"):
        next(batches)


def test_one_event_of_a_pipe_may_span_reads() -> None:
    """The first line isn't a whole event, so the rest is waited for."""
    text = json.dumps([RIDE, RIDE], indent=2).encode()
    (batch,) = records_of(Pipe(text[:20], text[20:60], text[60:]), SHAPE)
    assert len(batch) == 2


def test_what_is_not_json_names_the_line() -> None:
    """Counted with the blank ones, as an editor counts."""
    with pytest.raises(BadInput, match=r"^rides\.jsonl, line 3 is not JSON: "):
        parsed(f"{json.dumps(RIDE)}\n\n{{half\n{json.dumps(RIDE)}\n")


@pytest.mark.parametrize("event", ["5", '"ride"', "null", '{"ride": {}}', "[[]]"])
def test_what_is_no_ride_says_what_one_is(event: str) -> None:
    """JSON alone isn't enough."""
    with pytest.raises(
        BadInput, match=r'rides\.jsonl(, line 1)?: not an event of this pipeline: expected \{"ride"'
    ):
        parsed(event)


def test_a_line_that_is_no_ride_is_named() -> None:
    """Among others that are."""
    with pytest.raises(BadInput, match=r"rides\.jsonl, line 2: not an event"):
        parsed(f'{json.dumps(RIDE)}\n{{"trip": 1}}\n')


def test_what_is_not_text_is_bad_input(tmp_path: Path) -> None:
    """A parquet file, say, given where JSON lines are taken."""
    (tmp_path / "trips.parquet").write_bytes(b"PAR1\xff\xfe")
    with (
        (tmp_path / "trips.parquet").open("rb") as source,
        pytest.raises(BadInput, match=r"trips\.parquet is not text in UTF-8"),
    ):
        list(records_of(source, SHAPE))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("156", 156),
        ("0", 0),
        ("-5", -5),
        (str(2**53), 2**53),
        *((text, text) for text in ("007", "1.5", "1e3", "-0", "+5", "a1", "٣", " 5", "5\n")),
        (str(2**53 + 1), str(2**53 + 1)),
        ("9" * 40, "9" * 40),
    ],
)
def test_a_flags_id_is_a_number_if_it_reads_as_one(text: str, value: int | str) -> None:
    """As in the tutorials' events; the partition key is the same either way."""
    ride = PIPELINES["ride"]
    event = event_of(
        {"PULocationID": 1, "DOLocationID": 2, "trip_distance": 3.0, "ride_id": text}, ride
    )
    assert (event["ride_id"], type(event["ride_id"])) == (value, type(value))
    assert record_of(event, SHAPE).partition_key == text


def test_how_far_a_put_came() -> None:
    """What is sure, and what may be."""
    assert how_far(500, 2000, "s") == (
        "500 of 2,000 records are on s; up to 500 more, which were under way, may be."
    )
    assert "up to 2 more" in how_far(500, 502, "s")
    assert how_far(3, 3, "s") == "3 of 3 records are on s"


def test_the_ride_id_of_any_type_becomes_the_key() -> None:
    """Partition keys are text; the event stays as it is."""
    record = record_of({"ride_id": 1.5, "ride": {}}, SHAPE)
    assert record.partition_key == "1.5"
    assert json.loads(record.data)["ride_id"] == 1.5
