"""Files that were damaged: what was done about them, and what is left to do."""

from pathlib import Path

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong
from devenv.settings import address
from devenv.stack.embedded import notices
from devenv.stack.process import Registry

NAME = "The files that streams, S3 and the registry are kept in are whole"

FOLDERS = ("emulator/kinesis", "emulator/s3", "mlflow")


def check(facts: Facts) -> Finding:
    home = facts.settings.home
    if suspect := _found(home, "*.suspect"):
        return wrong(
            f"{suspect[0].with_suffix('')} was found damaged while it was in use",
            "Run `devenv down` and `devenv up -d`: the start looks through the file, and moves it "
            "aside if it can't be used.",
        )
    if refusal := _refusal(facts, home):
        return wrong(refusal, "Do what it says; then `devenv up -d`.")
    if aside := [p for p in _found(home, "*.damaged-*") if not p.name.endswith(("-wal", "-shm"))]:
        names = ", ".join(str(path) for path in aside)
        return well(f"moved aside when they were damaged: {names}. Delete what isn't needed")
    return well(f"nothing damaged in {home}")


def _found(home: Path, pattern: str) -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (home / folder).glob(pattern))


def _refusal(facts: Facts, home: Path) -> str | None:
    """Why the emulator would not start, if that was the last that it did."""
    registry = Registry(home)
    log = registry.log_file("emulator")
    said = notices(log)
    if not said or registry.find("emulator") or _is_taken(facts):
        return None
    ended_there = len(log.read_text(errors="replace").splitlines()) == len(said)
    return said[-1] if ended_there else None


def _is_taken(facts: Facts) -> bool:
    """Whether anything listens where the emulator would."""
    url = facts.settings.endpoint_url
    return url is None or facts.machine.accepts(*address(url, "AWS_ENDPOINT_URL"))
