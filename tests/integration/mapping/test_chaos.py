"""kill -9 of the function's process and of the emulator, at random moments of a replay.

Short here; a long one: DEVENV_CHAOS_ROUNDS=100 pytest tests/integration/mapping/test_chaos.py -s
"""

import base64
import contextlib
import json
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from devenv.wait import wait_for

from ..s3.emulator import Emulator, emulator
from ..zip_functions import processes_with
from .mapped import Mapped

ROUNDS = int(os.environ.get("DEVENV_CHAOS_ROUNDS", "2"))
PER_ROUND = 300
KEYS, POISON_EVERY = 10, 60
PATIENCE = 60.0

# Good records are written down once it's clear that no poison is among them.
BODY = """
    if any('poison' in text for text in data):
        raise ValueError('poison')
    with open({path!r}, 'a') as file:
        file.write(''.join(text + '\\n' for text in data))
"""


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Emulator]:
    with emulator(tmp_path / "home") as instance:
        instance.start()
        yield instance


def test_every_good_record_arrives_and_every_poison_record_is_told_of(
    fresh: Emulator, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    done = tmp_path / "done"
    mapped = Mapped(fresh, tmp_path)
    fresh.client("kinesis").create_stream(StreamName=mapped.name, ShardCount=2)
    fresh.s3().create_bucket(Bucket=mapped.name)
    make_function_and_mapping(mapped, done)
    texts = [
        f"{n % KEYS} {'poison' if n % POISON_EVERY == 7 else 'good'} {n}"
        for n in range(ROUNDS * PER_ROUND)
    ]
    producer = threading.Thread(target=produce, args=(mapped, texts), daemon=True)
    producer.start()
    for number in range(ROUNDS):
        target = len(lines(done)) + chance.randrange(20, PER_ROUND // 2)
        await_count(done, target)
        if number % 2:
            for pid in processes_with("AWS_LAMBDA_FUNCTION_NAME", mapped.name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        else:
            fresh.restarted()
            make_function_and_mapping(mapped, done)
    producer.join()  # It gives up by itself.
    good = [text for text in texts if "good" in text]
    await_all(done, set(good), f"lost, seed {seed}")
    poison = {text for text in texts if "poison" in text}
    wait_for(lambda: poison <= set(told(mapped)), timeout=PATIENCE, failure=f"untold, seed {seed}")
    assert set(told(mapped)) == poison, f"good records were given up, seed {seed}"
    first: dict[str, int] = {}
    for place, text in enumerate(lines(done)):
        first.setdefault(text, place)
    for key in range(KEYS):
        places = [first[text] for text in good if text.startswith(f"{key} ")]
        assert places == sorted(places), f"key {key} out of order, seed {seed}"
    twice = sum(count - 1 for count in Counter(lines(done)).values())
    print(f"{len(good)} records, {ROUNDS} kills, {twice} delivered again, seed {seed}")  # noqa: T201


def make_function_and_mapping(mapped: Mapped, done: Path) -> None:
    mapped.function(BODY.format(path=str(done)))
    mapped.map(
        BatchSize=20,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=3,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{mapped.name}"}},
    )


def produce(mapped: Mapped, texts: list[str]) -> None:
    """Put everything in order, again where the emulator didn't answer."""
    for start in range(0, len(texts), 10):
        part = texts[start : start + 10]
        records = [{"Data": text, "PartitionKey": text.split()[0]} for text in part]
        put = attempt(
            lambda records=records: mapped.client("kinesis").put_records(
                StreamName=mapped.name, Records=records
            )
        )
        wait_for(put, timeout=PATIENCE, failure="the emulator took no records")


def attempt(call: Callable[[], Any]) -> Callable[[], bool]:
    def probe() -> bool:
        try:
            call()
        except (BotoCoreError, ClientError):
            return False
        return True

    return probe


def lines(done: Path) -> list[str]:
    return done.read_text().splitlines() if done.exists() else []


def await_count(done: Path, count: int) -> None:
    wait_for(lambda: len(lines(done)) >= count, timeout=PATIENCE, failure=f"no {count} records")


def await_all(done: Path, wanted: set[str], failure: str) -> None:
    """Wait as long as more keep coming."""
    there: set[str] = set()
    while not wanted <= there:
        before = len(there)
        wait_for(
            lambda before=before: len(set(lines(done))) > before,  # type: ignore[misc]
            timeout=PATIENCE,
            interval=0.5,
            failure=f"{failure}: {len(wanted - there)} of {len(wanted)} records",
        )
        there = set(lines(done))


def told(mapped: Mapped) -> list[str]:
    """The records that the failure destination names, each alone with its own number."""
    s3, found = mapped.emulator.s3(), []
    for item in s3.list_objects_v2(Bucket=mapped.name).get("Contents", []):
        message = json.loads(s3.get_object(Bucket=mapped.name, Key=item["Key"])["Body"].read())
        [record] = message["payload"]["Records"]
        number = record["kinesis"]["sequenceNumber"]
        info = message["KinesisBatchInfo"]
        assert (info["startSequenceNumber"], info["endSequenceNumber"]) == (number, number)
        assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
        found.append(base64.b64decode(record["kinesis"]["data"]).decode())
    return found
