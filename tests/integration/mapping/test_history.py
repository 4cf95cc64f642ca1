"""What became of batches, as the emulator's pages tell it."""

import json
import select
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest

from devenv.wait import wait_for

from ..door.attacks import WAYS, Target, Way, ask
from ..s3.emulator import Emulator
from ..zip_functions import READ_STREAMS
from .history import await_batch, batches, events, tree
from .mapped import READY, Mapped

POISON = "if 'poison' in data: raise ValueError('poison')"
MB = 2**20


def test_a_poison_record_leaves_a_tree(mapped: Mapped) -> None:
    """Each attempt with its records, its request id and what followed; found by each filter."""
    mapped.client("sqs").create_queue(QueueName=mapped.name)
    mapped.create(
        POISON,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={
            "OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:000000000000:{mapped.name}"}
        },
    )
    mapped.put("a", "b", "poison", "c", "d", key="k")
    mapped.await_data("a", "b", "c", "d")
    batch = await_batch(mapped)
    assert tree(batch) == [
        (None, 5, "ERROR", "SPLIT"),
        (1, 3, "ERROR", "SPLIT"),
        (2, 2, "OK", "DONE"),
        (2, 1, "ERROR", "RETRY"),
        (4, 1, "ERROR", "DISCARDED"),
        (1, 2, "OK", "DONE"),
    ]
    assert (batch["checkpoint_before"], batch["checkpoint_after"]) == (0, 5)
    assert (batch["mapping"], batch["shard"]) == (mapped.uuid, "shardId-000000000000")
    assert (batch["failed"], batch["discarded"], batch["attempts_made"]) == (True, 1, 6)
    given_up = batch["attempts"][4]
    assert (given_up["error_type"], given_up["error"]) == ("ValueError", "poison")
    assert (given_up["condition"], given_up["sent"]) == ("RetryAttemptsExhausted", True)
    assert given_up["destination"].endswith(f":{mapped.name}")
    numbers = [r["kinesis"]["sequenceNumber"] for r in mapped.events()[0]["Records"]]
    assert (batch["first_sequence_number"], batch["last_sequence_number"]) == (
        numbers[0],
        numbers[4],
    )
    assert given_up["first_sequence_number"] == numbers[2]
    for filters in (
        {"failed": 1},
        {"mapping": mapped.uuid},
        {"request_id": given_up["request_id"]},
        {"sequence_number": numbers[2]},
        {"shard": "shardId-000000000000", "since": batch["began"]},
        {"id": batch["id"]},
    ):
        assert [b["id"] for b in batches(mapped, **filters)] == [batch["id"]], filters
    assert batches(mapped, since=batch["ended"] + 1) == []
    assert batches(mapped, request_id="another") == []


def test_what_is_no_filter_is_answered_with_400(mapped: Mapped) -> None:
    page = f"{mapped.emulator.settings.endpoint_url}/_devenv/batches"
    with httpx2.Client(trust_env=False) as client:
        answer = client.get(page, params={"limit": "many"})
    assert answer.status_code == 400
    assert answer.json()["message"] == "limit=many is not a whole number from 0 up."


def test_a_batch_that_is_tried_for_ever_is_seen_meanwhile(mapped: Mapped) -> None:
    mapped.create(POISON)
    mapped.put("poison")

    def probe() -> bool:
        found = batches(mapped)
        return bool(found) and found[0]["state"] == "UNDER_WAY" and found[0]["attempts_made"] > 1

    wait_for(probe, timeout=READY, failure="it isn't seen")
    mapped.client("lambda").update_event_source_mapping(UUID=mapped.uuid, Enabled=False)
    mapped.await_state("Disabled")
    (batch,) = batches(mapped)
    assert (batch["state"], batch["checkpoint_after"]) == ("STOPPED", None)


def first_attempt(mapped: Mapped) -> dict[str, Any]:
    """Of the only batch, as soon as it's there."""

    def probe() -> dict[str, Any] | None:
        found = batches(mapped)
        return found[0]["attempts"][0] if found and found[0]["attempts"] else None

    return wait_for(probe, timeout=READY, failure="no attempt was made")


def test_a_timeout_is_told_as_one(mapped: Mapped) -> None:
    mapped.client("kinesis").create_stream(StreamName=mapped.name, ShardCount=1)
    mapped.function("import time; time.sleep(30)")
    functions = mapped.client("lambda")
    functions.update_function_configuration(FunctionName=mapped.name, Timeout=1)
    functions.get_waiter("function_updated_v2").wait(FunctionName=mapped.name)
    mapped.map(MaximumRetryAttempts=0)
    mapped.put("a")
    attempt = first_attempt(mapped)
    assert (attempt["result"], attempt["error_type"]) == ("TIMEOUT", "Sandbox.Timedout")
    assert attempt["error"].endswith("Task timed out after 1.00 seconds")
    assert attempt["duration_ms"] > 1000
    assert attempt["then"] == "DISCARDED"


def test_a_throttled_function_is_told_as_such(mapped: Mapped) -> None:
    mapped.client("kinesis").create_stream(StreamName=mapped.name, ShardCount=1)
    mapped.function()
    mapped.client("lambda").put_function_concurrency(
        FunctionName=mapped.name, ReservedConcurrentExecutions=0
    )
    mapped.map()
    mapped.put("a")
    attempt = first_attempt(mapped)
    assert (attempt["result"], attempt["then"]) == ("THROTTLED", "RETRY")
    assert (attempt["error_type"], attempt["request_id"]) == ("TooManyRequestsException", None)
    mapped.client("lambda").delete_function_concurrency(FunctionName=mapped.name)
    mapped.await_data("a")
    assert await_batch(mapped)["attempts"][-1]["result"] == "OK"


def test_a_role_that_may_not_read_is_told_until_it_may(mapped: Mapped) -> None:
    """With AWS's words on which action which policy lacks."""
    mapped.create()
    mapped.put("a")
    before = await_batch(mapped)
    iam, policy = mapped.client("iam"), {"RoleName": mapped.name, "PolicyArn": READ_STREAMS}
    iam.detach_role_policy(**policy)
    mapped.put("b")

    def refused() -> dict[str, Any] | None:
        found = [b for b in batches(mapped) if b["kind"] == "READ_REFUSED"]
        return found[0] if found else None

    entry = wait_for(refused, timeout=READY, failure="it isn't told")
    assert (entry["state"], entry["count"], entry["failed"]) == ("UNDER_WAY", 0, True)
    (attempt,) = entry["attempts"]
    assert (attempt["result"], attempt["then"]) == ("ROLE_REFUSED", "WAIT")
    assert "is not authorized to perform: kinesis:" in attempt["error"]
    iam.attach_role_policy(**policy)
    mapped.await_data("b")
    assert [(b["id"], b["state"]) for b in batches(mapped)][:2] == [
        (before["id"], "DONE"),
        (entry["id"], "DONE"),
    ]


def test_who_follows_sees_batches_as_they_happen(mapped: Mapped) -> None:
    mapped.create()
    with events(str(mapped.emulator.settings.endpoint_url)) as heard:
        mapped.put("a", "b", key="k")

        def done() -> bool:
            told = heard.get(timeout=READY)
            return (
                told["mapping"] == mapped.uuid
                and (told["state"], told["count"], len(told["attempts"])) == ("DONE", 2, 1)
            )  # fmt: skip

        wait_for(done, timeout=READY, interval=0, failure="nothing was told")


def test_a_deleted_mapping_is_forgotten(mapped: Mapped) -> None:
    """As its checkpoints are."""
    mapped.create()
    mapped.put("a")
    await_batch(mapped)
    mapped.client("lambda").delete_event_source_mapping(UUID=mapped.uuid)
    wait_for(lambda: not batches(mapped), timeout=READY, failure="it is still there")


def test_history_outlives_kill_9(running: Emulator, mapped: Mapped) -> None:
    """With what was under way; and goes on in the mapping that is made anew."""
    mapped.create(POISON)
    mapped.put("a")
    before = await_batch(mapped)
    mapped.put("poison")
    wait_for(
        lambda: any(b["attempts_made"] > 1 for b in batches(mapped, failed=1)),
        timeout=READY,
        failure="the poison record isn't tried again",
    )
    running.restarted()
    kept, interrupted = batches(mapped)
    assert kept == before
    assert (interrupted["state"], interrupted["attempts_made"] > 1) == ("INTERRUPTED", True)
    mapped.function()
    mapped.map()
    mapped.await_data("poison")
    after = wait_for(
        lambda: [b for b in batches(mapped) if b["mapping"] == mapped.uuid],
        timeout=READY,
        failure="the new mapping's batch isn't there",
    )
    assert all(b["id"] > interrupted["id"] for b in after)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_another_sites_page_may_not_follow(running: Emulator, way: Way) -> None:
    """The stream is answered before LocalStack; the guard stands before both."""
    events = Target("batches as they happen", "", path="/_devenv/events")
    answer = ask(str(running.settings.endpoint_url), events, way.headers)
    assert answer.status == 403
    assert "DEVENV_ALLOWED_" in answer.body


def test_http_2_can_follow(mapped: Mapped) -> None:
    """As a browser does over TLS."""
    mapped.create()
    page = f"{mapped.emulator.settings.endpoint_url}/_devenv/events"
    with (
        httpx2.Client(http1=False, http2=True, trust_env=False, timeout=READY) as client,
        client.stream("GET", page) as answer,
    ):
        assert (answer.status_code, answer.http_version) == (200, "HTTP/2")
        lines = answer.iter_lines()
        assert next(lines).startswith(":")
        mapped.put("a")
        assert any(mapped.uuid in line for line in lines if line.startswith("data: "))


def test_a_sessions_key_may_not_follow(running: Emulator, mapped: Mapped) -> None:
    """As with all pages of ours: no policy of a role can allow them."""
    role = mapped.role()
    account = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    mapped.client("iam").update_assume_role_policy(
        RoleName=mapped.name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": account}),
    )
    session = mapped.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    scope = f"{session['AccessKeyId']}/20260101/us-east-1/lambda/aws4_request"
    signed = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    }
    events = Target("batches as they happen", "", path="/_devenv/events")
    answer = ask(str(running.settings.endpoint_url), events, signed)
    assert (answer.status, "developer's own" in answer.body) == (403, True)


def test_who_follows_and_reads_nothing_is_cut_off(running: Emulator, mapped: Mapped) -> None:
    """Once what it leaves unread is more than the system and we keep for it. All records are
    delivered meanwhile, and it takes no memory."""
    process = running.embedded.registry.find("emulator")
    assert process is not None
    mapped.create("return 'x' * 900", BatchSize=1)
    mapped.put("0")
    mapped.await_data("0")
    address = urlsplit(str(running.settings.endpoint_url))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(READY)
        client.connect((str(address.hostname), int(address.port or 80)))
        client.sendall(b"GET /_devenv/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        before = psutil.Process(process.pid).memory_info().rss
        for start in range(1, 20_000, 500):
            texts = [f"{n}" for n in range(start, start + 500)]
            mapped.put(*texts)
            mapped.await_data(*texts)
            if is_cut_off(client):
                break
        else:
            pytest.fail("it is still being told")
        assert psutil.Process(process.pid).memory_info().rss - before < 100 * MB


def is_cut_off(client: socket.socket) -> bool:
    """Whether the other end has given the connection up, whatever there is still to be read."""
    ends = select.poll()
    ends.register(client, select.POLLERR | select.POLLHUP)
    return bool(ends.poll(0))


def test_the_page_is_what_a_reader_of_json_expects(mapped: Mapped) -> None:
    """Times in milliseconds, numbers as numbers, and nothing else than documented."""
    mapped.create()
    mapped.put("a")
    batch: Any = json.loads(json.dumps(await_batch(mapped)))
    assert 0 <= batch["ended"] - batch["began"] < READY * 1000
    (attempt,) = batch["attempts"]
    assert batch["began"] <= attempt["began"] <= batch["ended"]
    assert 0 < attempt["duration_ms"] < READY * 1000
