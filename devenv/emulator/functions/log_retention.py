"""How much of a function's log is kept: CloudWatch Logs is in the emulator's memory.

AWS keeps all of it until the group's retention ends. Here each stream, which is an environment's,
keeps its last `EVENTS` events; the emulator's log says when the first ones have gone.
"""

import logging
from typing import Any

from moto.logs.models import logs_backends

LOG = logging.getLogger(__name__)

EVENTS = 100_000
"""Some 60 MB of ordinary lines."""
SLACK = 10_000
"""Events over it until the first ones are taken away, which moves all others."""


def trim(role_arn: str, region: str, group: str, stream: str) -> None:
    """Shorten the stream, in the account of the function's role, if it has become too long."""
    found = logs_backends[role_arn.split(":")[4]][region].groups.get(group)
    kept = found.streams.get(stream) if found is not None else None
    if kept is not None:
        shorten(kept, group)


def shorten(stream: Any, group: str) -> None:
    """Take away the first events of moto's `stream`."""
    surplus = len(stream.events) - EVENTS
    if surplus > SLACK:
        del stream.events[:surplus]
        LOG.warning(
            "The first %d events of %s in %s were dropped: of each log stream %d are kept.",
            surplus,
            stream.log_stream_name,
            group,
            EVENTS,
        )
