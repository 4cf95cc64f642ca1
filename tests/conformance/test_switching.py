"""Disabling, enabling and updating"""

import pytest

from .cloud import Cloud
from .conftest import Map
from .observed import succeeded
from .source import Source

pytestmark = pytest.mark.evidence("inference", "what the API's words for the operation mean")


@pytest.mark.evidence("guide", "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html")
def test_disable_and_enable(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """Disable, then enable, goes on from the checkpoint"""
    uuid = map_to_witness(source, BatchSize=1)
    source.put(1, 2, 3)
    source.watch.until_ids(1, 2, 3)
    cloud.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    cloud.settled(uuid, "Disabled")
    source.put(4, 5, 6)
    assert succeeded(source.watch.quiet(2)) == [1, 2, 3]
    cloud.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert succeeded(source.watch.until_ids(4, 5, 6)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.evidence("model", "https://github.com/boto/botocore/tree/develop/botocore/data/lambda")
def test_made_disabled(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """A mapping made with Enabled=false delivers nothing until it is enabled"""
    uuid = map_to_witness(source, Enabled=False)
    cloud.settled(uuid, "Disabled")
    source.put(1)
    assert source.watch.quiet(2) == []
    cloud.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    source.watch.until_ids(1)


def test_update(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """An update takes effect while the mapping runs, from the checkpoint on"""
    uuid = map_to_witness(source, BatchSize=1)
    source.put(1, 2, 3)
    source.watch.until_ids(1, 2, 3)
    cloud.settled(uuid, "Enabled")
    cloud.functions.update_event_source_mapping(
        UUID=uuid, BatchSize=3, MaximumBatchingWindowInSeconds=20
    )
    cloud.settled(uuid, "Enabled")
    source.put(4, 5, 6)
    seen = source.watch.until_ids(4, 5, 6)
    assert [one.ids for one in seen] == [[1], [2], [3], [4, 5, 6]]


def test_delete(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """A deleted mapping delivers nothing more"""
    uuid = map_to_witness(source)
    source.put(1)
    source.watch.until_ids(1)
    cloud.functions.delete_event_source_mapping(UUID=uuid)
    cloud.unmapped(uuid)
    source.put(2)
    assert succeeded(source.watch.quiet(2)) == [1]
