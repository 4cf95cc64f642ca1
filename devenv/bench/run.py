"""A run of the bench: every subject in turn, round by round, so that a busy moment hits all, and
the other way round every second time. Peers are paused while it isn't their turn."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from devenv.aws import Aws
from devenv.bench import peers, rates, rides
from devenv.bench.figures import (
    DOUBLED,
    GET_RECORDS,
    LOST,
    MEMORY,
    MEMORY_OTHERS,
    PUT_RECORD,
    PUT_RECORD_PLAIN,
    PUT_RECORDS,
    READY,
    REPLAY,
    Figures,
)
from devenv.bench.subject import (
    Subject,
    bench_settings,
    copy_model,
    deployed,
    stream_for_rates,
    system,
    zipped_function,
)
from devenv.pipelines import pipeline_named
from devenv.pipelines.pipeline import SampleEvent
from devenv.settings import Settings
from devenv.stack.process import Registry, resident_bytes

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionCodeTypeDef

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is done of each."""

    replayed_rides: int = 20_000
    replays: int = 3
    replay_limit: float = 120.0
    """Seconds after which a replay is counted as it stands, and not repeated."""
    single_rides: int = 100
    rounds: int = 9
    round_seconds: float = 1.0


def run(
    settings: Settings, aws: Aws, say: Say, against: Sequence[str], plan: Plan
) -> list[Figures]:
    """Measure the endpoint at hand and then its peers; the figures in that order."""
    with _subjects(settings, aws, say, against) as subjects:
        figures = {s.name: Figures(s.name) for s in subjects}
        for subject in subjects:
            if subject.ready_seconds is not None:
                figures[subject.name].add(READY, subject.ready_seconds)
        _measure_rates(subjects, figures, plan, say)
        _measure_rides(subjects, figures, plan, say)
        for subject in subjects:
            if subject.pid is not None:
                own, others = resident_bytes(subject.pid)
                figures[subject.name].add(MEMORY, own // 2**20)
                figures[subject.name].add(MEMORY_OTHERS, others // 2**20)
    return list(figures.values())


def _measure_rates(
    subjects: Sequence[Subject], figures: dict[str, Figures], plan: Plan, say: Say
) -> None:
    measures = {
        PUT_RECORD: rates.put_record_rate,
        PUT_RECORD_PLAIN: rates.put_record_plain_rate,
        PUT_RECORDS: rates.put_records_rate,
        GET_RECORDS: rates.get_records_rate,
    }
    with ExitStack() as stack:
        streams = {s.name: stack.enter_context(stream_for_rates(s)) for s in subjects}
        for kind, measure in measures.items():
            say(f"{kind.name} …")
            for s in subjects:  # Once for nothing: first calls set things up on both sides.
                measure(s.aws, streams[s.name], 0)
            for number in range(plan.rounds):
                for s in subjects[:: 1 if number % 2 else -1]:
                    with _others_paused(s, subjects):
                        rate = measure(s.aws, streams[s.name], plan.round_seconds)
                    figures[s.name].add(kind, rate)


def _measure_rides(
    subjects: Sequence[Subject], figures: dict[str, Figures], plan: Plan, say: Say
) -> None:
    pipeline = pipeline_named(subjects[0].settings.pipeline)
    say("one ride at a time …")
    singles: dict[str, list[float]] = {s.name: [] for s in subjects}
    for subject in subjects:  # The first ride starts the function.
        _singles(subject, rides.sample_rides(pipeline, 1, first_id=1))
    each = max(1, plan.single_rides // plan.rounds)
    for number in range(plan.rounds):
        samples = rides.sample_rides(pipeline, each, first_id=2 + number * each)
        for subject in subjects:
            with _others_paused(subject, subjects):
                singles[subject.name] += _singles(subject, samples)
    for name, seconds in singles.items():
        figures[name].add_rides(seconds)
    slow: set[str] = set()
    for number in range(plan.replays):
        say(f"replay {number + 1} of {plan.replays} …")
        first_id = 1_000_000 + number * plan.replayed_rides
        samples = rides.sample_rides(pipeline, plan.replayed_rides, first_id)
        for subject in [s for s in subjects if s.name not in slow]:
            with _others_paused(subject, subjects):
                done = rides.replay(samples, subject.settings, subject.aws, plan.replay_limit)
            figures[subject.name].add(REPLAY, done.rate)
            figures[subject.name].add(LOST, done.lost)
            figures[subject.name].add(DOUBLED, done.doubled)
            if done.lost:
                say(
                    f"{subject.name}: {done.predicted:,} of {done.rides:,} rides predicted in "
                    f"{done.seconds:.0f} s, then nothing came or the time was over"
                )
                slow.add(subject.name)


def _singles(subject: Subject, samples: list[SampleEvent]) -> list[float]:
    return rides.single_rides(samples, subject.settings, subject.aws)


@contextmanager
def _others_paused(subject: Subject, subjects: Sequence[Subject]) -> Iterator[None]:
    """Some keep a core busy with looking for records, which is no part of another's figures. The
    endpoint at hand, which is the user's, goes on."""
    others = [s for s in subjects if s is not subject and s.name in peers.PEERS]
    with peers.paused([s.pid for s in others if s.pid is not None]):
        yield


@contextmanager
def _subjects(
    settings: Settings, aws: Aws, say: Say, against: Sequence[str]
) -> Iterator[list[Subject]]:
    """The endpoint at hand and its peers, each with a system; all removed at the end."""
    found = deployed(settings, aws)
    label = uuid4().hex[:6]
    with ExitStack() as stack:
        here = Subject(
            name="here",
            settings=bench_settings(settings, label, settings.endpoint_url),
            aws=aws,
            pid=None,
            ready_seconds=None,
        )
        emulator = Registry(settings.home).find("emulator") if settings.is_local else None
        if emulator is not None:
            say("Starting another emulator, to see how long it takes …")
            with peers.another(settings, say) as second:
                here = replace(here, pid=emulator.pid, ready_seconds=second.ready_seconds)
        subjects = [here]
        code: FunctionCodeTypeDef = {"ImageUri": found.image_uri}
        stack.enter_context(system(here, code, found))
        for name in against:
            started = stack.enter_context(peers.PEERS[name](settings, say))
            peer = Subject(
                name=name,
                settings=bench_settings(settings, label, started.url),
                aws=Aws(settings, started.url),
                pid=started.pid,
                ready_seconds=started.ready_seconds,
            )
            say(f"{name} is up after {started.ready_seconds:.1f} s")
            copy_model(found.model_uri, aws, peer)
            zipped = name == "ministack"  # It runs images in Docker only.
            stack.enter_context(system(peer, zipped_function(settings) if zipped else code, found))
            subjects.append(peer)
        yield subjects
