"""The embedded environment as a whole: start and stop its services together.

`start` may be repeated: what runs is left alone. If anything fails, what this call had started is
stopped again, so that nothing is left half up.
"""

import socket
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import psutil

from devenv.disk import shortage
from devenv.errors import BadInput, DevenvError
from devenv.place import Place, commands
from devenv.settings import Settings, address, is_loopback
from devenv.stack import function_packages, private, registry_file, services
from devenv.stack.lock import locked
from devenv.stack.process import Registry, Running, named_in_errors
from devenv.stack.services import Service
from devenv.wait import wait_for

NAMES = ("emulator", "mlflow")
NOTICE = "devenv: "
GRACE = 8.0
"""Seconds that services get to end by themselves: LocalStack needs 1–3."""

PORT_PATIENCE = 3.0
"""Seconds that a port may take to become free once its process is dead."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Embedded:
    """One instance: the processes whose state is under `settings.home`."""

    settings: Settings
    say: Say

    @property
    def registry(self) -> Registry:
        return Registry(self.settings.home)

    def start(self) -> list[Service]:
        """Start what isn't running and return those services, without waiting for them.

        Raises `DevenvError` for a taken port or a missing program; nothing is left running then.
        """
        packages = function_packages.ensure(self.settings.root, self.say)
        wanted = [services.emulator(self.settings, packages)]
        if server := services.mlflow_server(self.settings):
            wanted.append(server)
        missing = [service for service in wanted if not self._runs(service)]
        if missing:
            self.registry.kill_leftovers()
        for service in missing:
            self._require_port(service)
        if any(service.name == "mlflow" for service in missing):
            registry_file.check(registry_file.place(self.settings.home), self.say)
        if missing and (full := shortage(self.settings.home)):
            raise DevenvError(full)
        for service in missing:
            self.say(f"Starting {service.name} at {service.url} …")
            self.registry.spawn(service.name, service.url, service.command, service.environ)
        return missing

    def wait(self, service: Service) -> None:
        """Return when `service` answers. Raises `DevenvError` if it dies or takes too long."""

        def probe() -> Running | None:
            running = self.registry.find(service.name)
            if running is None:
                raise DevenvError(self._obituary(service))
            return running if service.is_healthy() else None

        running = wait_for(
            probe,
            timeout=service.timeout,
            failure=f"{service.name} at {service.url} did not answer within "
            f"{service.timeout:.0f} s. See `devenv logs {service.name}`.",
        )
        if service.name == "emulator":
            services.check_plugins(service.url)
            for line in notices(self.registry.log_file(service.name)):
                self.say(line)
        elif service.name == "mlflow":
            registry_file.note_use(registry_file.place(self.settings.home))
        self.say(f"{service.name} is up after {time.time() - running.created:.1f} s")

    def running(self) -> list[str]:
        """The names of the services that run."""
        return [running.name for running in self.running_services()]

    def running_services(self) -> tuple[Running, ...]:
        """The services that run: which processes they are, not only their names."""
        return tuple(found for name in NAMES if (found := self.registry.find(name)))

    def expects(self, name: str) -> bool:
        """Whether `name` is one of this instance's processes, rather than a server elsewhere."""
        return name != "mlflow" or is_loopback(self.settings.mlflow_tracking_uri)

    def stop(self, spared: Collection[Running] = ()) -> list[str]:
        """Stop everything of this instance but the services `spared`; the names of what ran."""
        kept = {running.name for running in self.running_services() if running in spared}
        stopped = self.registry.stop([name for name in NAMES if name not in kept], GRACE)
        self.registry.kill_leftovers()
        return stopped

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold while starting or stopping: one command at a time does that to an instance."""
        with named_in_errors():
            for folder in (self.settings.home, self.settings.home / "run"):
                private.ensure(folder)
        with locked(
            self.settings.home / "run" / "lock",
            lambda: self.say(
                f"Another devenv is starting or stopping {self.settings.home}: waiting …"
            ),
        ):
            yield

    def _runs(self, service: Service) -> bool:
        running = self.registry.find(service.name)
        if running is not None and running.url != service.url:
            raise BadInput(
                f"{service.name} of {self.settings.home} runs at {running.url}, but "
                f"{service.setting} is {service.url}: run `devenv down` first."
            )
        return running is not None

    def _require_port(self, service: Service) -> None:
        """As `check_port_free`, with what to do where it's the same environment in containers."""
        try:
            check_port_free(service)
        except DevenvError as error:
            there = commands(self.settings)
            if there.place is not Place.COMPOSE:
                raise
            raise DevenvError(
                f"{service.name} of this environment runs in a container, at {service.url}: "
                f"{there.start} completes what is missing, {there.compose('down')} stops it."
            ) from error

    def _obituary(self, service: Service) -> str:
        log = self.registry.log_file(service.name)
        if ours := notices(log):
            return f"{service.name} did not start: {' '.join(ours)}"
        if full := shortage(self.settings.home):
            return f"{service.name} ended while starting. {full}"
        last = [line for line in _tail(log, 4096).splitlines() if line.strip()][-3:]
        words = " | ".join(line.strip() for line in last)[-500:] or "it wrote nothing"
        return f"{service.name} ended while starting. Its last words, from {log}: {words}"


def check_port_free(service: Service) -> None:
    """Raise `DevenvError`, naming the other program where it can be seen, if the port is taken.

    A process that was killed a moment ago may hold it a little longer: that is waited for.
    """
    host, port = address(service.url, service.setting)

    def refusal(words: str) -> str:
        return (
            f"{service.name} can't listen at {host}:{port} ({words}). "
            f"Stop what is there, or set {service.setting} to another port in .env."
        )

    deadline = time.monotonic() + PORT_PATIENCE
    while (error := _bind_error(host, port)) is not None:
        if holder := listener(port):
            taken = f"taken by {holder.name()}, {holder.pid}"
            raise DevenvError(refusal(f"{error.strerror}; {taken}")) from error
        if time.monotonic() > deadline:
            raise DevenvError(refusal(str(error.strerror))) from error
        time.sleep(0.1)


def _bind_error(host: str, port: int) -> OSError | None:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(infos[0][0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error
    return None


def listener(port: int) -> psutil.Process | None:
    """The process that listens there, as far as this account may see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            taken = connection.laddr and connection.laddr.port == port
            if taken and connection.status == psutil.CONN_LISTEN and connection.pid:
                return psutil.Process(connection.pid)
    except psutil.Error:
        pass
    return None


def notices(log: Path) -> list[str]:
    """What the emulator has to say to whoever starts it: the first lines of its log, which begin
    with this project's name."""
    try:
        with log.open(encoding="utf-8", errors="replace") as file:
            ours = takewhile(lambda line: line.startswith(NOTICE), file)
            return [line.removeprefix(NOTICE).strip() for line in ours]
    except FileNotFoundError:
        return []


def _tail(path: Path, size: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
