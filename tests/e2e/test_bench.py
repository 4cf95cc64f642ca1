"""`devenv bench`, on an environment that's up and beside another emulator."""

import json

from .conftest import Shell


def bench_leftovers(shell: Shell) -> list[str]:
    """What of the bench's own is still at the endpoint."""
    found: list[str] = []
    for service, operation, field in (
        ("kinesis", "list-streams", "StreamNames[]"),
        ("lambda", "list-functions", "Functions[].FunctionName"),
        ("lambda", "list-event-source-mappings", "EventSourceMappings[].FunctionArn"),
        ("iam", "list-roles", "Roles[].RoleName"),
    ):
        done = shell.run("aws", service, operation, "--query", field, "--output", "json")
        assert done.code == 0, done.err
        found += json.loads(done.out)
    return [name for name in found if "bench" in name]


def test_an_endpoint_and_a_peer_are_measured_and_left_as_they_were(running: Shell) -> None:
    before = sorted(running.processes())
    done = running.devenv("bench", "--quick", "--rides", "500", "--against", "ministack", "--json")
    assert done.code == 0, done.err
    here, peer = done.json_lines()
    assert (here["subject"], peer["subject"]) == ("here", "ministack")
    assert here["median"].keys() == peer["median"].keys()
    assert len(here["median"]) == 13
    assert all(figure > 0 for name, figure in here["median"].items() if "replay:" not in name)
    assert here["median"]["replay: rides lost"] == 0
    assert here["median"]["replay: predicted twice"] == 0
    assert bench_leftovers(running) == []
    assert sorted(running.processes()) == before


def test_without_a_system_there_is_nothing_to_measure(running: Shell) -> None:
    done = running.devenv("bench", "--quick", FUNCTION_NAME="nobody")
    assert done.code == 6
    assert "no function nobody to measure" in done.err
    assert "devenv bootstrap" in done.err
