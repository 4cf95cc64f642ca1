"""What can be switched on to meet AWS's bad days and its limits on purpose; all off by default."""

from collections.abc import Mapping
from dataclasses import dataclass

from devenv.errors import BadInput


@dataclass(frozen=True)
class Options:
    """Read from DEVENV_KINESIS_… variables."""

    delay: float = 0.0
    """Seconds that a stream is CREATING, UPDATING or DELETING."""
    shard_limit: int = 500
    enforce_throughput: bool = False
    """Per shard: 1,000 records/s and 1 MiB/s in; 2 MiB/s and 5 reads/s out."""
    fault_rate: float = 0.0
    """The fraction of puts and reads that fail (of `PutRecords`: of its records)."""

    @property
    def refuse(self) -> bool:
        """Whether any record may be refused."""
        return self.enforce_throughput or self.fault_rate > 0


def read_options(environ: Mapping[str, str]) -> Options:
    defaults = Options()
    return Options(
        delay=_number(environ, "DEVENV_KINESIS_DELAY", defaults.delay),
        shard_limit=int(_number(environ, "DEVENV_KINESIS_SHARD_LIMIT", defaults.shard_limit)),
        enforce_throughput=environ.get("DEVENV_KINESIS_LIMITS", "0") not in ("", "0"),
        fault_rate=_number(environ, "DEVENV_KINESIS_FAULT_RATE", defaults.fault_rate),
    )


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise BadInput(f"{name}={text} is not a number from 0 up.")
    return value
