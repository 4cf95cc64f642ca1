"""Where the environment at AWS_ENDPOINT_URL runs, and the commands that put it right there.

A message names what has to be done next, and that differs: `devenv up` starts an embedded
environment, `docker compose up` one in containers, and AWS is just there. Looking costs a request,
and where nothing answers one to Docker: it's done when a message is needed, and not before.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from devenv.pages import PLUGINS_PAGE, fetch
from devenv.pipelines import DEFAULT
from devenv.settings import Settings, address, is_amazons

COMPOSE = "com.docker.compose."
"""What the labels of a compose project's containers begin with."""

EMULATOR = "localstack"
INSIDE = "4566/tcp"
"""The emulator's service of compose.yaml, and its port there."""

USUAL_PROJECT = "devenv"
"""The name that compose.yaml gives itself."""


CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
KEY_ID_LENGTH = 16
"""Characters that an access key id of AWS has at least, by IAM's API model."""


class Place(StrEnum):
    """What is behind the endpoint."""

    EMBEDDED = "embedded"
    """Processes of this machine, or nothing yet."""
    COMPOSE = "compose"
    """Containers of `docker compose`; or this is one of them."""
    AWS = "aws"
    ELSEWHERE = "elsewhere"
    """An emulator on another machine."""


@dataclass(frozen=True)
class Project:
    """A project of `docker compose`, of which something runs."""

    name: str
    folder: str
    """Where its compose.yaml is."""


@dataclass(frozen=True)
class Commands:
    """What to type for each purpose, as it stands in a sentence."""

    place: Place
    pipeline: str = DEFAULT
    project: Project | None = None
    folder: str = ""
    """The one that commands are typed in."""
    project_name: str = USUAL_PROJECT
    """Of the project that `docker compose` means there."""
    aws_options: str = ""
    """What `aws` needs to ask this endpoint and region, whatever the shell has exported."""
    aws_variables: str = ""
    """An emulator's credentials, to be put before `aws`."""

    def devenv(self, words: str) -> str:
        """`devenv WORDS`, for the pipeline that is meant."""
        chosen = "" if self.pipeline == DEFAULT else f" --pipeline {self.pipeline}"
        return f"`devenv {words}{chosen}`"

    def compose(self, words: str, *, pipeline: bool = False) -> str:
        """`docker compose WORDS`, for the project that is meant; with `pipeline` for that, too."""
        chosen = f"PIPELINE={self.pipeline} " if pipeline and self.pipeline != DEFAULT else ""
        which, where = "", ""
        if self.project is not None:
            which = "" if self.project.name == self.project_name else f" -p {self.project.name}"
            where = "" if self.project.folder == self.folder else f" in {self.project.folder}"
        return f"`{chosen}docker compose{which} {words}`{where}"

    def aws(self, words: str) -> str:
        """`aws WORDS`, to be pasted into a shell that has nothing exported."""
        return f"`{self.aws_variables}aws {words}{self.aws_options}`"

    @property
    def start(self) -> str | None:
        """What starts emulator and MLflow; None where that's not this machine's business."""
        match self.place:
            case Place.EMBEDDED:
                return self.devenv("up -d")
            case Place.COMPOSE:
                return self.compose("up -d --wait", pipeline=True)
        return None

    @property
    def start_mlflow(self) -> str:
        """The same of the MLflow server alone, as a sentence's beginning."""
        return f"Start it with {self.start}" if self.start else "Start it (docs/aws.md shows how)"

    @property
    def restart(self) -> str:
        """What starts the emulator anew, with what has been installed or built since."""
        if self.place is Place.COMPOSE:
            return self.compose("up -d --wait --build", pipeline=True)
        return f"`devenv down` and {self.devenv('up -d')}"

    @property
    def make(self) -> str:
        """What makes streams, role, function and mapping where they are missing, and puts right
        what isn't as the settings say."""
        if self._is_compose:
            return self.compose("up -d --wait", pipeline=True)
        return self.devenv("bootstrap")

    @property
    def deploy(self) -> str:
        """What brings a change of the function's code or packages to the function."""
        match self.place:
            case Place.COMPOSE:
                return self.compose("up -d --wait --build", pipeline=True)
            case Place.AWS:
                return f"`devenv publish`, then {self.make}"
        return self.make

    @property
    def purge(self) -> str:
        """What deletes all state."""
        return self.compose("down -v") if self._is_compose else "`devenv down --purge`"

    def logs(self, service: str) -> str:
        """What shows the log of emulator, mlflow or function."""
        if self._is_compose and service != "function":
            return self.compose(f"logs {EMULATOR if service == 'emulator' else service}")
        return self.devenv("logs function") if service == "function" else f"`devenv logs {service}`"

    @property
    def _is_compose(self) -> bool:
        return self.place is Place.COMPOSE


Fetch = Callable[[str], bytes | None]
FindProject = Callable[[int], Project | None]


def compose_project(port: int) -> Project | None:
    """The project whose emulator is published at `port`, if any of its containers runs.

    None as well where no Docker engine answers.
    """
    import docker  # A tenth of a second, which most commands never need.
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=3)
        try:
            emulators = {"label": f"{COMPOSE}service={EMULATOR}"}
            for listed in client.api.containers(all=True, filters=emulators):
                found = client.api.inspect_container(listed["Id"])
                bound = (found["HostConfig"].get("PortBindings") or {}).get(INSIDE) or []
                labels = found["Config"]["Labels"]
                name = labels.get(f"{COMPOSE}project", "")
                if str(port) in [b.get("HostPort") for b in bound] and client.api.containers(
                    filters={"label": f"{COMPOSE}project={name}"}
                ):
                    return Project(name, labels.get(f"{COMPOSE}project.working_dir", ""))
        finally:
            client.close()
    except (DockerException, OSError):
        return None
    return None


def commands(
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    fetch: Fetch = fetch,
    find_project: FindProject = compose_project,
) -> Commands:
    """The commands for the environment that `settings` name."""
    place, project = _place(settings, environ, fetch, find_project)
    return Commands(
        place,
        settings.pipeline,
        project,
        str(settings.root),
        environ.get("COMPOSE_PROJECT_NAME") or USUAL_PROJECT,
        aws_options="".join(
            f" {option} {value}"
            for option, value in (
                ("--region", settings.region),
                ("--endpoint-url", settings.endpoint_url),
            )
            if value
        ),
        aws_variables=_made_up_credentials(environ),
    )


def _made_up_credentials(environ: Mapping[str, str]) -> str:
    """Those of `environ`, if they can only be an emulator's; nobody's own are ever shown."""
    found = {name: environ.get(name, "") for name in CREDENTIALS}
    if not all(0 < len(value) < KEY_ID_LENGTH for value in found.values()):
        return ""
    return "".join(f"{name}={value} " for name, value in found.items())


def _place(
    settings: Settings, environ: Mapping[str, str], fetch: Fetch, find_project: FindProject
) -> tuple[Place, Project | None]:
    url = settings.endpoint_url
    if url is None or is_amazons(url):
        return Place.AWS, None
    if environ.get("DEVENV_FUNCTIONS") == "containers":  # As devenv.Dockerfile sets it.
        return Place.COMPOSE, None
    if not settings.is_local:
        return Place.ELSEWHERE, None
    plugins = fetch(f"{url}{PLUGINS_PAGE}") or b""
    if b"ProcessExecutor" in plugins:
        return Place.EMBEDDED, None
    if not plugins and (settings.home / "run" / "emulator.json").is_file():
        return Place.EMBEDDED, None  # Its emulator has died, or isn't ready yet.
    project = find_project(address(url, "AWS_ENDPOINT_URL")[1])
    in_containers = b"ContainerExecutor" in plugins or project is not None
    return (Place.COMPOSE if in_containers else Place.EMBEDDED), project
