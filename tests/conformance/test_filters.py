"""Filters"""

import base64
import json
from typing import Any

import pytest

from .conftest import Map
from .observed import succeeded
from .source import Source

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html"
)


def criteria(*patterns: object) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(p)} for p in patterns]}}


WANTED = criteria({"data": {"kind": ["wanted"]}})


def test_data(source: Source, map_to_witness: Map) -> None:
    """Only records whose data matches a filter are delivered"""
    kinds = ["wanted", "other", "wanted", "other"]
    source.put(*({"id": n, "kind": kind} for n, kind in enumerate(kinds)))
    source.put(4, {"id": "last", "kind": "wanted"})
    map_to_witness(source, **WANTED)
    assert succeeded(source.watch.until_ids("last")) == [0, 2, "last"]


@pytest.mark.evidence("inference", "a filter decides on a record, nothing says that it changes one")
def test_untouched(source: Source, map_to_witness: Map) -> None:
    """A record that passes a filter is delivered with its data as it was put"""
    data = b'{ "id" : 1,  "kind":"wanted" , "number": 1.50}'
    source.put(data)
    map_to_witness(source, **WANTED)
    (record,) = source.watch.until_ids(1)[0].records
    assert base64.b64decode(record.raw["kinesis"]["data"]) == data


def test_not_json(source: Source, map_to_witness: Map) -> None:
    """Data that isn't JSON, against a filter on data, is dropped and counts as read"""
    source.put(b"not JSON", b"\xff\xfe", {"id": "wanted", "kind": "wanted"})
    map_to_witness(source, BatchSize=1, **WANTED)
    assert succeeded(source.watch.until_ids("wanted")) == ["wanted"]


def test_all_dropped(source: Source, map_to_witness: Map) -> None:
    """Batches of which nothing passes don't invoke the function"""
    source.put(*({"id": n, "kind": "other"} for n in range(5)))
    map_to_witness(source, BatchSize=2, **WANTED)
    assert source.watch.quiet(3) == []


def test_any_of(source: Source, map_to_witness: Map) -> None:
    """Of several filters, one that matches is enough"""
    source.put(*({"id": n, "kind": f"kind-{n}"} for n in range(4)))
    map_to_witness(
        source, **criteria({"data": {"kind": ["kind-1"]}}, {"data": {"kind": ["kind-3"]}})
    )
    assert succeeded(source.watch.until_ids(1, 3)) == [1, 3]
