"""Tumbling windows"""

import re
from typing import Any

import pytest

from .cloud import Cloud
from .conftest import Map
from .observed import Seen
from .source import Source

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html"
)

BATCHES = {"BatchSize": 2, "TumblingWindowInSeconds": 3}


def finals(seen: Seen) -> Seen:
    return [one for one in seen if one.event.get("isFinalInvokeForWindow") and one.finished]


@pytest.fixture(scope="module")
def window(module_cloud: Cloud, witness: str) -> tuple[Source, Seen]:
    """Six records in batches of two, and the invocations up to the last window's end."""
    source = module_cloud.source()
    source.put(*range(6))
    module_cloud.map(witness, source.arn, **BATCHES)

    def all_over(seen: Seen) -> bool:
        ids = [id for one in finals(seen) for id in all_ids(one.event)]
        return sorted(ids) == list(range(6))

    return source, source.watch.until(all_over, "a final invocation with all records' state")


def all_ids(event: dict[str, Any]) -> list[Any]:
    """The ids of the window so far: of earlier batches, in its state, and of this one."""
    return (event.get("state") or {}).get("ids", [])


Window = tuple[Source, Seen]


def test_state(window: Window) -> None:
    """The state that the function returns comes with the window's next batch"""
    _, seen = window
    by_window: dict[str, list[Any]] = {}
    for one in [one for one in seen if not one.event["isFinalInvokeForWindow"]]:
        ids = by_window.setdefault(one.event["window"]["start"], [])
        assert all_ids(one.event) == ids
        ids += one.ids
    assert sorted(id for ids in by_window.values() for id in ids) == list(range(6))


def test_first_state(window: Window) -> None:
    """A window begins with the state {}"""
    assert window[1][0].event["state"] == {}


def test_final(window: Window) -> None:
    """At a window's end the function is called with isFinalInvokeForWindow and the last state"""
    last = finals(window[1])[-1]
    assert last.event["isWindowTerminatedEarly"] is False
    assert last.event["Records"] == []


def test_fields(window: Window) -> None:
    """The event has window, state, shardId, eventSourceARN and the two flags besides Records"""
    source, seen = window
    event = seen[0].event
    assert set(event) == {
        *("Records", "window", "state", "shardId", "eventSourceARN"),
        *("isFinalInvokeForWindow", "isWindowTerminatedEarly"),
    }
    assert event["shardId"] == "shardId-000000000000"
    assert event["eventSourceARN"] == source.arn
    for edge in ("start", "end"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["window"][edge])


def test_missing_state(source: Source, map_to_witness: Map) -> None:
    """A response without state is a failure"""
    source.put({"id": 1, "do": {"respond": {"batchItemFailures": []}, "times": 1}})
    map_to_witness(source, **BATCHES)
    seen = source.watch.until(
        lambda seen: len([one for one in seen if one.ids == [1]]) >= 2, "a second attempt"
    )
    assert [one.ids for one in seen if one.ids] == [[1], [1]]


def test_large_state(source: Source, map_to_witness: Map) -> None:
    """State over 1 MB ends the window early"""
    source.put({"id": 1, "do": {"grow": 1_100_000}})
    map_to_witness(source, BatchSize=1, TumblingWindowInSeconds=60)
    source.watch.until(
        lambda seen: any(one.event.get("isWindowTerminatedEarly") for one in seen),
        "isWindowTerminatedEarly",
    )
