"""An execution environment's life, as AWS documents it: init, invoke, timeout, crash, reset.

- Init starts with the environment and may take 10 s. If it fails or takes longer, it's run again
  inside the first invocation, within the function's timeout ("suppressed init").
- An invocation that times out, or whose runtime dies, resets the environment: the next one finds
  a new runtime, whose init counts against its own timeout.

Not here: processes (`sandbox`), HTTP (`runtime_api`), LocalStack (`executor`).
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from devenv.emulator.functions import log_lines
from devenv.emulator.functions.runtime_api import (
    Event,
    Exited,
    InitFailed,
    Invocation,
    Ready,
    Replied,
    RuntimeApi,
)
from devenv.emulator.functions.sandbox import Sandbox, SandboxFactory

INIT_LIMIT = 10.0
"""Seconds that init may take before Lambda cuts it."""


@dataclass(frozen=True)
class FunctionLimits:
    """What the function is configured with. Seconds and MB."""

    timeout: float
    memory_size: int
    version: str = "$LATEST"
    init_limit: float = INIT_LIMIT


@dataclass(frozen=True)
class Request:
    """One invocation as it arrives."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str = ""


@dataclass(frozen=True)
class Result:
    """What the caller gets, and what goes to CloudWatch Logs."""

    payload: bytes
    is_error: bool
    logs: str


@dataclass
class _Runtime:
    """One runtime process with its Runtime API; replaced as a whole, never repaired."""

    api: RuntimeApi
    sandbox: Sandbox
    started: float
    idle: bool = False
    """It has asked for an event, and has none."""

    def next_event(self, deadline: float) -> Event | None:
        """The next thing that happens, or None when `deadline` (monotonic) passes first."""
        try:
            return self.api.events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def await_idle(self, deadline: float) -> bool:
        """Whether it lives and is idle, at the latest at `deadline`. A runtime may end after its
        reply: Python's does when Lambda refuses a response as too large."""
        while event := self.next_event(0.0 if self.idle else deadline):
            if isinstance(event, Exited):
                return False
            self.idle = self.idle or isinstance(event, Ready)
        return self.idle

    def close(self) -> None:
        self.sandbox.kill()
        self.api.close()


@dataclass(frozen=True)
class _Init:
    """What the init that an environment begins with wrote, and its milliseconds; None if it
    failed."""

    log: list[str]
    duration: float | None


@dataclass(frozen=True)
class _Failure:
    """Why an invocation got no reply: Lambda's error object and what REPORT and the log say."""

    payload: bytes
    status: str
    error_type: str | None
    line: str | None = None


class Environment:
    """Runs invocations one after the other; `stop` may come from another thread at any time."""

    def __init__(
        self,
        sandboxes: SandboxFactory,
        limits: FunctionLimits,
        make_api: Callable[[], RuntimeApi] = RuntimeApi,
    ) -> None:
        self._sandboxes = sandboxes
        self._limits = limits
        self._make_api = make_api
        self._runtime: _Runtime | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self._first_init: _Init | None = None
        self._invoked = False

    def start(self) -> None:
        """Begin init and return at once; the first invocation waits for its end."""
        self._start_runtime()

    def await_init(self) -> str | None:
        """Wait for the end of init, as is done for provisioned concurrency before any invocation.
        What it wrote if it failed, None if it's well."""
        self._first_init = self._await_first_init()
        return None if self._first_init.duration is not None else _joined(self._first_init.log)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
        self._discard_runtime()

    def invoke(self, request: Request) -> Result:
        init = _Init([], None)
        if not self._invoked:
            init = self._first_init or self._await_first_init()
        self._invoked, self._first_init = True, None
        log = init.log
        began = time.monotonic()
        deadline = began + self._limits.timeout
        outcome = self._run(request, deadline, log)
        duration = (time.monotonic() - began) * 1000
        runtime = self._runtime
        if runtime is not None:
            runtime.sandbox.freeze()
        report = log_lines.Report(
            request_id=request.request_id,
            duration=duration,
            memory_size=self._limits.memory_size,
            max_memory=min(_measured(runtime), self._limits.memory_size),
            init_duration=init.duration,
        )
        if isinstance(outcome, Replied):
            payload = outcome.payload
            if outcome.error_type is not None and runtime is not None:
                payload = _named_as_on_lambda(payload, runtime)
            log += [self._logs(), log_lines.end(request.request_id), str(report)]
            return Result(payload, outcome.error_type is not None, _joined(log))
        self._discard_runtime()
        log += [self._logs(runtime), outcome.line or "", log_lines.end(request.request_id)]
        log.append(str(replace(report, status=outcome.status, error_type=outcome.error_type)))
        return Result(outcome.payload, True, _joined(log))

    def _await_first_init(self) -> _Init:
        """Wait for the init that `start` began."""
        runtime = self._runtime
        if runtime is None:
            return _Init([], None)
        event = runtime.next_event(runtime.started + self._limits.init_limit)
        duration = (time.monotonic() - runtime.started) * 1000
        if isinstance(event, Ready):
            runtime.idle = True
            runtime.sandbox.end_boost()
            runtime.sandbox.freeze()
            return _Init([self._logs()], duration)
        self._discard_runtime()
        return _Init([self._logs(runtime), _init_report(event, duration, "init", runtime)], None)

    def _run(self, request: Request, deadline: float, log: list[str]) -> Replied | _Failure:
        """Init again where there's need, then the handler, all before `deadline`."""
        start = log_lines.start(request.request_id, self._limits.version)
        runtime = self._living_runtime(deadline, log)
        if runtime is None:
            runtime = self._start_runtime()
            event = runtime.next_event(deadline)
            log.append(self._logs(runtime))
            if not isinstance(event, Ready):
                duration = (time.monotonic() - runtime.started) * 1000
                log.append(_init_report(event, duration, "invoke", runtime))
                log.append(start)
                return self._failure(request, event, runtime)
            runtime.sandbox.end_boost()
        runtime.idle = False
        runtime.sandbox.thaw()
        log.append(start)
        runtime.api.dispatch(
            Invocation(
                request_id=request.request_id,
                payload=request.payload,
                function_arn=request.function_arn,
                trace_id=request.trace_id,
                deadline_ms=int((time.time() + deadline - time.monotonic()) * 1000),
            )
        )
        event = runtime.next_event(deadline)
        return event if isinstance(event, Replied) else self._failure(request, event, runtime)

    def _failure(self, request: Request, event: Event | None, runtime: _Runtime) -> _Failure:
        if isinstance(event, InitFailed):
            payload = _named_as_on_lambda(event.payload, runtime)
            return _Failure(payload, "error", event.error_type)
        if isinstance(event, Exited):
            kind = _exit_kind(runtime)
            words = log_lines.exit_words(event.reason)
            return _Failure(
                log_lines.error_payload(request.request_id, kind, words),
                "error",
                kind,
                log_lines.exited(request.request_id, event.reason),
            )
        timeout = self._limits.timeout
        words = f"Task timed out after {timeout:.2f} seconds"
        return _Failure(
            log_lines.error_payload(request.request_id, "Sandbox.Timedout", words),
            "timeout",
            None,
            log_lines.timed_out(request.request_id, timeout),
        )

    def _living_runtime(self, deadline: float, log: list[str]) -> _Runtime | None:
        """The runtime, ready for an event, unless it's gone or has died since its last reply."""
        runtime = self._runtime
        if runtime is None or runtime.await_idle(deadline):
            return runtime
        self._discard_runtime()
        log.append(self._logs(runtime))
        return None

    def _start_runtime(self) -> _Runtime:
        with self._lock:
            if self._stopped:
                raise RuntimeError("The execution environment was stopped.")
            api = self._make_api()
            try:
                sandbox = self._sandboxes(api.address, lambda why: api.events.put(Exited(why)))
                api.admit(sandbox.owns)
            except BaseException:
                api.close()
                raise
            self._runtime = _Runtime(api, sandbox, time.monotonic())
            return self._runtime

    def _discard_runtime(self) -> None:
        with self._lock:
            runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.sandbox.max_memory()
            runtime.close()

    def _logs(self, runtime: _Runtime | None = None) -> str:
        runtime = runtime or self._runtime
        return runtime.sandbox.read_logs() if runtime else ""


def _named_as_on_lambda(error: bytes, runtime: _Runtime) -> bytes:
    """An error object, whose stack trace names files."""
    return runtime.sandbox.as_on_lambda(error.decode("utf-8", "replace")).encode()


def _measured(runtime: _Runtime | None) -> int:
    return runtime.sandbox.max_memory() if runtime else 0


def _exit_kind(runtime: _Runtime) -> str:
    """Lambda's error type for a runtime that has ended by itself, or was ended for its memory."""
    return "Runtime.OutOfMemory" if runtime.sandbox.ran_out_of_memory() else "Runtime.ExitError"


def _init_report(event: Event | None, duration: float, phase: str, runtime: _Runtime) -> str:
    if isinstance(event, InitFailed):
        return log_lines.init_report(duration, phase, "error", event.error_type)
    if isinstance(event, Exited):
        return log_lines.init_report(duration, phase, "error", _exit_kind(runtime))
    return log_lines.init_report(duration, phase, "timeout", None)


def _joined(parts: list[str]) -> str:
    return "".join(f"{part.rstrip()}\n" for part in parts if part.strip())
