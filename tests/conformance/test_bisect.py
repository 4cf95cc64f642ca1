"""BisectBatchOnFunctionError"""

import pytest

from .cloud import Cloud
from .conftest import Map
from .failures import next_failure, to
from .observed import succeeded
from .source import Source

pytestmark = pytest.mark.evidence(
    "guide",
    "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html",
)
GUIDE = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html"
)

EIGHT = {"BatchSize": 8, "MaximumBatchingWindowInSeconds": 20, "BisectBatchOnFunctionError": True}


@GUIDE
def test_halves(source: Source, map_to_witness: Map) -> None:
    """A batch that fails is split in two, and each half tried again"""
    records = [{"id": n} for n in range(8)]
    records[5]["do"] = {"raise": "poison", "times": 1}
    source.put(*records)
    map_to_witness(source, **EIGHT)
    seen = source.watch.until_ids(*range(8))
    assert [one.ids for one in seen] == [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [4, 5, 6, 7]]


def test_retries_kept(source: Source, map_to_witness: Map, cloud: Cloud) -> None:
    """Splitting uses up no retries: the bad record ends alone, the others succeed"""
    queue = cloud.queue()
    records: list[dict] = [{"id": n} for n in range(8)]
    records[5]["do"] = {"raise": "poison"}
    sequences = source.put(*records)
    map_to_witness(source, MaximumRetryAttempts=1, **EIGHT, **to(queue))
    info = next_failure(queue, source.watch.patience)["KinesisBatchInfo"]
    # AWS may gather several failed parts in one record, so the range may be wider.
    first, last = int(info["startSequenceNumber"]), int(info["endSequenceNumber"])
    assert first <= int(sequences[5]) <= last
    good = {0, 1, 2, 3, 4, 6, 7}
    assert set(succeeded(source.watch.until_ids(*good))) == good


@GUIDE
def test_off(source: Source, map_to_witness: Map) -> None:
    """Without BisectBatchOnFunctionError a batch is never split"""
    source.put(*range(3), {"id": 3, "do": {"raise": "poison", "times": 2}})
    map_to_witness(source, BatchSize=4, MaximumBatchingWindowInSeconds=20)
    seen = source.watch.until_ids(*range(4))
    assert [one.ids for one in seen] == [[0, 1, 2, 3]] * 3


def test_with_partial(source: Source, map_to_witness: Map) -> None:
    """With partial responses on, a returned number is where it splits; the remainder is retried"""
    records = [{"id": n} for n in range(8)]
    records[3]["do"] = {"report": True, "times": 1}
    source.put(*records)
    map_to_witness(source, FunctionResponseTypes=["ReportBatchItemFailures"], **EIGHT)
    seen = source.watch.until(lambda seen: 7 in [id for o in seen[1:] for id in o.ids], "a retry")
    assert seen[0].ids == list(range(8))
    assert [id for one in seen[1:] for id in one.ids] == [3, 4, 5, 6, 7]
    assert all(min(one.ids) >= 3 for one in source.watch.quiet(2)[1:])


@pytest.mark.evidence("inference", "each option says what an exception does")
def test_exception_with_partial(source: Source, map_to_witness: Map) -> None:
    """With partial responses on, an exception still splits the batch in two"""
    records = [{"id": n} for n in range(8)]
    records[5]["do"] = {"raise": "poison", "times": 1}
    source.put(*records)
    map_to_witness(source, FunctionResponseTypes=["ReportBatchItemFailures"], **EIGHT)
    seen = source.watch.until_ids(*range(8))
    assert [one.ids for one in seen][1:] == [[0, 1, 2, 3], [4, 5, 6, 7]]
