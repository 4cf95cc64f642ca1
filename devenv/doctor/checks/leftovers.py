"""What a run that was killed, or a machine that was switched off, has left behind."""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, well, wrong
from devenv.stack.embedded import NAMES
from devenv.stack.process import Registry

NAME = "Nothing is left of an old run"

OWNER = "devenv.emulator"
"""The label of functions' containers: the name of the emulator's container that made them."""


def check(facts: Facts) -> Finding:
    home, registry = facts.settings.home, Registry(facts.settings.home)
    if holder := facts.machine.lock_holder(home / "run" / "lock"):
        return wrong(
            f"process {holder} is starting or stopping {home}",
            f"Wait until it is done; if it hangs, end it (`kill {holder}`).",
        )
    dead = [n for n in NAMES if registry.remembers(n) and registry.find(n) is None]
    found = [f"{name} has ended without `devenv down`" for name in dead]
    found += [f"{program} runs on" for program in facts.machine.leftovers(home)]
    if found:
        start = facts.commands.start
        afresh = f"; {start} starts afresh" if start else ""
        return wrong("; ".join(found), f"Run `devenv down`{afresh}.")
    if containers := _containers(facts):
        return wrong(
            f"containers of functions whose emulator is gone: {', '.join(containers)}",
            f"Remove them: `docker rm -f {' '.join(containers)}`.",
        )
    return well(f"neither processes nor locks in {home}")


def _containers(facts: Facts) -> list[str]:
    """Names of functions' containers whose emulator's container doesn't run."""
    try:
        docker = facts.docker
    except Unknown:
        return []
    listed = docker.api.containers(all=True, filters={"label": OWNER})
    running = {name.strip("/") for c in docker.api.containers() for name in c["Names"]}
    return [c["Names"][0].strip("/") for c in listed if c["Labels"][OWNER] not in running]
