"""LocalStack's timers of environments, without a thread for each."""

import threading

from devenv.emulator.functions.io_loop import io_loop
from devenv.emulator.functions.loop_timer import LoopTimer


def in_the_loop() -> None:
    """Return when all that the loop was told before has been done."""
    done = threading.Event()
    io_loop().call_soon_threadsafe(done.set)
    assert done.wait(timeout=5)


def test_it_calls_when_its_time_has_come() -> None:
    """In another thread, since what it calls may take its time."""
    called: list[str] = []
    done = threading.Event()

    def end() -> None:
        called.append(threading.current_thread().name)
        done.set()

    LoopTimer(0.01, end).start()
    assert done.wait(timeout=5)
    assert called == ["functions-timer"]


def test_a_cancelled_one_calls_nothing() -> None:
    """Before it was started, or after; a later one shows that its time has passed."""
    called: list[int] = []
    before, after = (
        LoopTimer(0.01, lambda: called.append(1)),
        LoopTimer(0.01, lambda: called.append(2)),
    )
    before.cancel()
    before.start()
    after.start()
    after.cancel()
    done = threading.Event()
    LoopTimer(0.05, done.set).start()
    assert done.wait(timeout=5)
    assert called == []


def test_many_take_no_threads() -> None:
    """One for each idle environment, before."""
    in_the_loop()
    before = threading.active_count()
    timers = [LoopTimer(600, lambda: None) for _ in range(50)]
    for timer in timers:
        timer.start()
    in_the_loop()
    assert threading.active_count() == before
    for timer in timers:
        timer.cancel()
